import * as v from 'valibot';

import {STOP_SIGNALS} from '../core/program-spec.ts';
import {
  choice,
  duration,
  environment,
  filePath,
  flag,
  giveUp,
  key,
  needed,
  octalMask,
  text,
  wholeNumber,
  words,
} from './keys.ts';
import {healthSchema} from './schema-health.ts';
import {limitsSchema} from './schema-limits.ts';

const SINCE = {since: '0.1.0'} as const;

/** Keys that `[defaults]` of `config.toml` knows, too. */
export const COMMON_KEYS = {
  restart: key(choice(['always', 'on-failure', 'never']), {
    description:
      'When to start it again after it ended: always, only after a signal or a non-zero exit, or never.',
    default: 'always',
    example: '"on-failure"',
    ...SINCE,
  }),
  start_time: key(duration('1s'), {
    description:
      "A process that lives this long was a successful start (supervisord's startsecs); for a queue 3s where nothing is said.",
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
    description:
      'Quick failures in a row before it is left in the state fatal; "never" tries for ever. After a boot nothing gives up: what it needs may come late.',
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
      "After the stop signal; then the whole tree is killed. Gunicorn's own graceful time is 30 s. For a queue it is 5m where nothing is said: give the longest job its time.",
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

/** KILL would end it; a program without a signal is restarted. */
const RELOAD_SIGNALS = ['HUP', 'USR1', 'USR2', 'TERM', 'INT', 'QUIT', 'none'] as const;

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
  hypercorn: key(text, {
    description: 'Run by hypercorn: module:callable.',
    example: '"main:app"',
    ...SINCE,
  }),
  daphne: key(text, {
    description:
      'Run by daphne: module:callable. It takes no Unix socket, and cuts requests in flight when it is stopped; the others do better.',
    example: '"mysite.asgi:application"',
    ...SINCE,
  }),
  huey: key(text, {
    description:
      'A worker of a huey queue: module.huey, or the manage.py of a Django project. Stopped by INT, at which it finishes its job.',
    example: '"manage.py"',
    ...SINCE,
  }),
  celery: key(text, {
    description: 'A worker of celery: module, or module:app.',
    example: '"tasks:app"',
    ...SINCE,
  }),
  rq: key(text, {
    description:
      'A worker of rq: the names of its queues. Where Redis is, it is told by RQ_REDIS_URL in env or the env file.',
    example: '"high default"',
    ...SINCE,
  }),
  dramatiq: key(text, {
    description: 'A worker of dramatiq: the module with its actors.',
    example: '"tasks"',
    ...SINCE,
  }),
  uwsgi: key(text, {
    description: 'Run by uWSGI: module:callable, or the path of an .ini file.',
    example: '"wsgi:application"',
    ...SINCE,
  }),
  gateway: key(v.literal(true, 'true'), {
    description:
      'The gateway: one place for the front end, and behind it every app whose mount is below its own. Made by "appsup gateway enable".',
    example: 'true',
    ...SINCE,
  }),
  command: key(words, {
    description:
      'Any other command: one text, split at blanks with quotes as in a shell but run without one, or a list of words.',
    example: '"python manage.py run_huey"',
    ...SINCE,
  }),
  workers: key(wholeNumber(1, 512), {
    description:
      'Worker processes of gunicorn, uvicorn, hypercorn or uWSGI; for a queue, how many jobs may run at a time.',
    defaultNote: '2, with uvicorn, hypercorn, huey and rq 1',
    example: '4',
    ...SINCE,
  }),
  threads: key(wholeNumber(1, 512), {
    description: 'Threads of each worker of gunicorn or uWSGI.',
    default: 1,
    example: '4',
    ...SINCE,
  }),
  protocol: key(choice(['http', 'uwsgi']), {
    description:
      'What uWSGI speaks on the address of the app: HTTP, or its own protocol, for front ends with uwsgi_pass or mod_proxy_uwsgi.',
    defaultNote: '"http"',
    example: '"uwsgi"',
    ...SINCE,
  }),
  worker_class: key(text, {
    description: "Gunicorn's kind of worker (-k).",
    defaultNote: "gunicorn's own: sync, with threads gthread",
    example: '"gthread"',
    ...SINCE,
  }),
  args: key(words, {
    description: 'Further arguments for the server or the worker, as one text or a list of words.',
    defaultNote: 'none',
    example: '["--timeout", "120"]',
    ...SINCE,
  }),
  lazy: key(flag, {
    description:
      'Start it when the first visitor comes, who waits for it, and not before. For a program that takes an open socket.',
    default: false,
    example: 'true',
    ...SINCE,
  }),
  idle_stop: key(duration('30m', 1000), {
    description:
      'Stop a lazy program when nobody has been connected for this long; the next visitor starts it again.',
    unit: 'duration',
    defaultNote: 'it runs on',
    example: '"30m"',
    ...SINCE,
  }),
  listen: key(choice(['socket', 'port', 'none']), {
    description:
      'How it meets its port: "socket" is handed the open socket as descriptor 3, "port" binds the variable PORT by itself, "none" serves nothing.',
    defaultNote:
      '"socket"; for a command "port" if the program is called web, else "none"; for a queue "none"',
    example: '"port"',
    ...SINCE,
  }),
  numprocs: key(wholeNumber(1, 100), {
    description: 'How many of it to run, as app:program_00, app:program_01 and so on.',
    default: 1,
    example: '2',
    ...SINCE,
  }),
  ...COMMON_KEYS,
  health: key(healthSchema, {
    description: 'When a started process counts as running, and whether it is asked again later.',
    example: '{ path = "/", timeout = "5s", every = "30s" }',
    ...SINCE,
  }),
  limits: key(limitsSchema, {
    description:
      'What its processes may use. Without root there is no limit on CPU time shares, disk and network traffic.',
    defaultNote: 'as your account',
    example: '{ memory = "500MB", lifetime = "24h" }',
    ...SINCE,
  }),
  stop_signal: key(choice(STOP_SIGNALS), {
    description:
      'The signal that asks it to stop, without SIG. Queue workers often finish their job at INT only; with huey that is the default.',
    default: 'TERM',
    example: '"INT"',
    ...SINCE,
  }),
  reload_signal: key(choice(RELOAD_SIGNALS), {
    description: 'The signal by which "appsup reload" has it load its code anew; "none" restarts it instead.',
    defaultNote: '"HUP" for uWSGI, and for gunicorn without --preload; else "none"',
    example: '"USR2"',
    ...SINCE,
  }),
  sockets: key(v.record(v.string(), choice(['tcp', 'unix'])), {
    description:
      'Further sockets that are held for it, by name: "tcp" is a leased port of 127.0.0.1, "unix" a file for you alone. It gets them in their order as descriptors 4, 5, ... after its own (http), with LISTEN_FDS and LISTEN_FDNAMES; each APPSUP_SOCKET_NAME says where. Only for a command with listen = "socket": gunicorn, for one, would serve the app on all of them.',
    defaultNote: 'none',
    example: '{ metrics = "tcp", control = "unix" }',
    since: '0.1.0',
  }),
  after: key(needed, {
    description:
      'What has to be there first: programs of the same app that run, and TCP endpoints that take a connection.',
    defaultNote: 'none',
    example: '["web", "tcp://127.0.0.1:5432"]',
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

export type ProgramFile = v.InferOutput<typeof programSchema>;
