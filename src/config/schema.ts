import * as v from 'valibot';

import {STOP_SIGNALS} from '../core/spec.ts';
import {
  baseUrl,
  choice,
  duration,
  environment,
  filePath,
  flag,
  giveUp,
  key,
  mountTemplate,
  names,
  octalMask,
  paths,
  portRange,
  status,
  text,
  userName,
  wholeNumber,
  words,
} from './keys.ts';

/*
 * Every key of every file, once: what validates is what the editors complete (schema/*.schema.json) and what the
 * reference prints. A new option is a new entry here.
 */

const SINCE = {since: '0.1.0'} as const;

const healthSchema = v.object({
  kind: key(choice(['http', 'tcp', 'none']), {
    description:
      'How readiness is proven: an HTTP answer, a TCP connection, or only by staying up for start_time.',
    defaultNote: '"http" for the program that listens, else "none"',
    example: '"tcp"',
    ...SINCE,
  }),
  path: key(text, {
    description: 'The page to ask for, below the mount.',
    default: '/',
    example: '"/health"',
    ...SINCE,
  }),
  host: key(text, {
    description: "The Host header to send, for apps that check it (Django's ALLOWED_HOSTS).",
    defaultNote: 'the public host, if base_url is known',
    example: '"eco.example.ac.uk"',
    ...SINCE,
  }),
  status: key(status, {
    description: 'Statuses that count as up.',
    defaultNote: 'all but 500, 502, 503 and 504',
    example: '[200, 302]',
    ...SINCE,
  }),
  timeout: key(duration('5s', 1), {
    description: 'How long one request may take.',
    unit: 'duration',
    default: '5s',
    example: '"10s"',
    ...SINCE,
  }),
});

const QUICK = {
  restart: key(choice(['always', 'on-failure', 'never']), {
    description:
      'When to start it again after it ended: always, only after a signal or a non-zero exit, or never.',
    default: 'always',
    example: '"on-failure"',
    ...SINCE,
  }),
  start_time: key(duration('1s'), {
    description: "A process that lives this long was a successful start (supervisord's startsecs).",
    unit: 'duration',
    default: '1s',
    example: '"5s"',
    ...SINCE,
  }),
  ready_timeout: key(duration('60s', 1), {
    description: 'A process that is not ready by then is stopped, and counts as failed.',
    unit: 'duration',
    default: '60s',
    example: '"2m"',
    ...SINCE,
  }),
  give_up: key(giveUp, {
    description: 'Quick failures in a row before it is left in the state fatal; "never" tries for ever.',
    default: 10,
    example: '"never"',
    ...SINCE,
  }),
  backoff: key(duration('1s', 100), {
    description: 'The wait after the first failure; it doubles with each further one.',
    unit: 'duration',
    default: '1s',
    example: '"500ms"',
    ...SINCE,
  }),
  backoff_cap: key(duration('60s', 100), {
    description: 'The longest wait between two tries.',
    unit: 'duration',
    default: '60s',
    example: '"5m"',
    ...SINCE,
  }),
  stop_timeout: key(duration('30s'), {
    description:
      "After the stop signal; then the whole tree is killed. Gunicorn's own graceful time is 30 s.",
    unit: 'duration',
    default: '30s',
    example: '"60s"',
    ...SINCE,
  }),
  overlap: key(flag, {
    description: 'At a restart, start the new process before the old one stops. Needs listen = "socket".',
    default: true,
    example: 'false',
    ...SINCE,
  }),
  umask: key(octalMask, {
    description: 'The file mode mask of the process, in octal.',
    default: '027',
    example: '"077"',
    hint: 'without quotes TOML reads a decimal number: 777 would be octal 1411',
    ...SINCE,
  }),
};

/** `[defaults]` of `config.toml`: those keys of a program that make sense for all of them. */
const defaultsSchema = v.object(QUICK);

/** `[programs.NAME]` of an app's file. */
export const programSchema = v.object({
  gunicorn: key(text, {
    description: 'Run by gunicorn: module:callable.',
    example: '"wsgi:application"',
    ...SINCE,
  }),
  uvicorn: key(text, {
    description: 'Run by uvicorn: module:callable.',
    example: '"main:app"',
    ...SINCE,
  }),
  uwsgi: key(text, {
    description: 'Run by uWSGI: module:callable, or the path of an .ini file.',
    example: '"wsgi:application"',
    ...SINCE,
  }),
  command: key(words, {
    description:
      'Any other command: one text, split at blanks with quotes as in a shell but run without one, or a list of words.',
    example: '"python manage.py run_huey"',
    ...SINCE,
  }),
  workers: key(wholeNumber(1, 512), {
    description: 'Worker processes of gunicorn, uvicorn or uWSGI.',
    defaultNote: '2, with uvicorn 1',
    example: '4',
    ...SINCE,
  }),
  threads: key(wholeNumber(1, 512), {
    description: 'Threads of each worker of gunicorn or uWSGI.',
    default: 1,
    example: '4',
    ...SINCE,
  }),
  worker_class: key(text, {
    description: "Gunicorn's kind of worker (-k).",
    defaultNote: "gunicorn's own: sync, with threads gthread",
    example: '"gthread"',
    ...SINCE,
  }),
  args: key(words, {
    description: 'Further arguments for gunicorn, uvicorn or uWSGI, as one text or a list of words.',
    defaultNote: 'none',
    example: '["--timeout", "120"]',
    ...SINCE,
  }),
  listen: key(choice(['socket', 'port', 'none']), {
    description:
      'How it meets its port: "socket" is handed the open socket as descriptor 3, "port" binds the variable PORT by itself, "none" serves nothing.',
    defaultNote: '"socket"; for a command "port" if the program is called web, else "none"',
    example: '"port"',
    ...SINCE,
  }),
  numprocs: key(wholeNumber(1, 100), {
    description: 'How many of it to run, as app:program_00, app:program_01 and so on.',
    default: 1,
    example: '2',
    ...SINCE,
  }),
  ...QUICK,
  health: key(healthSchema, {
    description: 'When a started process counts as running.',
    example: '{ path = "/", timeout = "5s" }',
    ...SINCE,
  }),
  stop_signal: key(choice(STOP_SIGNALS), {
    description:
      'The signal that asks it to stop, without SIG. Queue workers often finish their job at INT only.',
    default: 'TERM',
    example: '"INT"',
    ...SINCE,
  }),
  after: key(names, {
    description: 'Programs of the same app that have to be running first.',
    defaultNote: 'none',
    example: '["web"]',
    ...SINCE,
  }),
  directory: key(filePath, {
    description: "Where it runs; relative to the app's directory.",
    defaultNote: "the app's directory",
    example: '"backend"',
    ...SINCE,
  }),
  env: key(environment, {
    description:
      "Environment variables of this program, stronger than the app's. Secrets belong in the env file.",
    defaultNote: 'none',
    example: '{ OMP_NUM_THREADS = "1" }',
    secret: true,
    ...SINCE,
  }),
});

/** One app: `~/.config/appsup/apps/NAME.toml`. */
export const appSchema = v.object({
  directory: key(filePath, {
    description: 'Where the app lives; its programs run there.',
    example: '"~/flask-tasks"',
    required: true,
    ...SINCE,
  }),
  mount: key(text, {
    description: 'The URL path under which the front end serves it; "/" is a whole host of its own.',
    defaultNote: '/<user>_<app>, or the template in config.toml or of the host',
    example: '"/alice_flasktasks"',
    ...SINCE,
  }),
  prefix: key(choice(['keep', 'strip', 'none']), {
    description:
      'Who handles the mount: "keep" hands it to the app (SCRIPT_NAME), "strip" has the front end remove it, "none" serves at /.',
    defaultNote: '"keep"; "strip" for uvicorn and for gunicorn workers that ignore SCRIPT_NAME',
    example: '"strip"',
    ...SINCE,
  }),
  port: key(wholeNumber(1024, 65_535), {
    description: 'A fixed TCP port.',
    defaultNote: 'one is leased from your range, for ever the same',
    example: '20140',
    ...SINCE,
  }),
  python: key(filePath, {
    description:
      'A venv, a conda environment or an interpreter to find programs in; "auto" looks in and beside the directory.',
    default: 'auto',
    example: '"~/miniconda3/envs/flasktasks"',
    ...SINCE,
  }),
  env_file: key(paths, {
    description:
      'Files of KEY=value lines, relative to the directory; the later one wins. Nobody else may be able to read them.',
    defaultNote: 'none',
    example: '".env"',
    ...SINCE,
  }),
  env: key(environment, {
    description: 'Environment variables, stronger than the env files. Secrets belong into those.',
    defaultNote: 'none',
    example: '{ FLASK_DEBUG = "0" }',
    secret: true,
    ...SINCE,
  }),
  programs: key(v.record(v.string(), programSchema), {
    description:
      'What to keep running, each under its name. Each has one of gunicorn, uvicorn, uwsgi and command.',
    example: '{ web = { gunicorn = "wsgi:application" } }',
    required: true,
    ...SINCE,
  }),
});

const HOST = {
  base_url: key(baseUrl, {
    description: 'The public address of the host, in front of every mount.',
    example: '"https://eco.example.ac.uk"',
    ...SINCE,
  }),
  mount: key(mountTemplate, {
    description: 'How mounts are made: {user} and {app} are filled in.',
    default: '/{user}_{app}',
    example: '"/{user}_{app}"',
    ...SINCE,
  }),
  helpdesk: key(text, {
    description: 'Who adds lines to the front end: an address for the letter.',
    example: '"is.helpline@example.ac.uk"',
    ...SINCE,
  }),
  web_user: key(userName, {
    description: 'The account that the web server runs as.',
    example: '"www-data"',
    ...SINCE,
  }),
};

/** The user's own settings: `~/.config/appsup/config.toml`. */
export const globalSchema = v.object({
  ...HOST,
  ports: key(portRange, {
    description:
      'Your range of TCP ports, both ends included. The host file, if it has one for you, is stronger.',
    defaultNote: 'found from your uid',
    example: '"20140-20159"',
    ...SINCE,
  }),
  defaults: key(defaultsSchema, {
    description: 'Other defaults for the programs of all apps.',
    example: '{ stop_timeout = "60s" }',
    ...SINCE,
  }),
});

/** The host's settings, written by an administrator: `/etc/appsup/site.toml`. */
export const siteSchema = v.object({
  ...HOST,
  claims: key(filePath, {
    description: 'A directory that all users can write (mode 1777), where ports are claimed across accounts.',
    example: '"/var/lib/appsup/claims"',
    ...SINCE,
  }),
  ports: key(
    v.object({
      base: key(wholeNumber(1024, 65_535), {
        description: 'The first port of the first user range.',
        example: '20000',
        ...SINCE,
      }),
      size: key(wholeNumber(1, 10_000), {
        description: "How many ports each user's range has.",
        unit: 'ports',
        example: '20',
        ...SINCE,
      }),
      users: key(v.record(v.string(), portRange), {
        description: 'Ranges of single users by login name.',
        example: '{ alice = "20140-20159" }',
        ...SINCE,
      }),
    }),
    {
      description: 'Who may use which ports.',
      example: '{ base = 20000, size = 20 }',
      ...SINCE,
    },
  ),
});

/** An app's file after its values were read, before defaults. */
export type AppFile = v.InferOutput<typeof appSchema>;
export type ProgramFile = v.InferOutput<typeof programSchema>;
export type ProgramDefaults = v.InferOutput<typeof defaultsSchema>;
export type HealthFile = v.InferOutput<typeof healthSchema>;
export type GlobalFile = v.InferOutput<typeof globalSchema>;
export type SiteFile = v.InferOutput<typeof siteSchema>;
