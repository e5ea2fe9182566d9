import * as v from 'valibot';

import {
  baseUrl,
  choice,
  computedEnvironment,
  filePath,
  flag,
  key,
  mountTemplate,
  paths,
  portRange,
  text,
  userName,
  wholeNumber,
} from './keys.ts';
import {frontSchema, staticSchema} from './schema-front.ts';
import {jobSchema} from './schema-job.ts';
import {logsSchema} from './schema-logs.ts';
import {notifySchema} from './schema-notify.ts';
import {COMMON_KEYS, programSchema} from './schema-program.ts';
import {taskSchema} from './schema-task.ts';

/*
 * Every key of every file, once: what validates is what the editors complete (schema/*.schema.json) and what the
 * reference prints. A new option is a new entry here, or in the file of its table.
 */

const SINCE = {since: '0.1.0'} as const;

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
  static: key(staticSchema, {
    description:
      'Directories whose files the front end serves by itself, by their path below the mount; relative to the directory. "/" is all of it, but for front.pass.',
    defaultNote: 'none: the app serves everything',
    example: '{ "/static" = "dist" }',
    ...SINCE,
  }),
  front: key(frontSchema, {
    description: 'What the front end is told of the app.',
    example: '{ body_limit = "1GB" }',
    ...SINCE,
  }),
  port: key(wholeNumber(1024, 65_535), {
    description: 'A fixed TCP port.',
    defaultNote: 'one is leased from your range, for ever the same',
    example: '20140',
    ...SINCE,
  }),
  transport: key(choice(['tcp', 'unix']), {
    description:
      'How the front end reaches the app: "tcp" over its port of 127.0.0.1, which every user of the host can ask; "unix" over a socket that only the web server (web_user) may connect to.',
    default: 'tcp',
    example: '"unix"',
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
  env: key(computedEnvironment, {
    description:
      'Environment variables, stronger than the env files. Secrets belong into those. { run = "git rev-parse --short HEAD" } stands for what a command prints at each start.',
    defaultNote: 'none',
    example: '{ FLASK_DEBUG = "0" }',
    secret: true,
    ...SINCE,
  }),
  log_files: key(paths, {
    description:
      'Logs that the app writes by itself, relative to the directory, for appsup logs; * and ? stand for characters of the last part. They are not rotated.',
    defaultNote: 'none',
    example: '["logs/api.log*"]',
    ...SINCE,
  }),
  logs: key(logsSchema, {
    description: 'How long what the programs print is kept. All bounds hold at once.',
    example: '{ max_size = "20MB", max_age = "7d" }',
    ...SINCE,
  }),
  notify: key(flag, {
    description: 'Whether somebody is told of this app, as [notify] in config.toml says.',
    default: true,
    example: 'false',
    ...SINCE,
  }),
  programs: key(v.record(v.string(), programSchema), {
    description:
      'What to keep running, each under its name. Each has one of gunicorn, uvicorn, uwsgi and command. Pages alone, static = { "/" = ... }, need none.',
    example: '{ web = { gunicorn = "wsgi:application" } }',
    ...SINCE,
  }),
  jobs: key(v.record(v.string(), jobSchema), {
    description: 'What to run on a schedule while the app is started, each under its name.',
    defaultNote: 'none',
    example: '{ tidy = { schedule = "@daily", command = "python tidy.py" } }',
    ...SINCE,
  }),
  tasks: key(v.record(v.string(), taskSchema), {
    description: 'Steps that appsup run does on demand, each task under its name.',
    defaultNote: 'none',
    example: '{ update = { recipe = "update" } }',
    ...SINCE,
  }),
});

/** `[defaults]` of `config.toml`: those keys of an app and its programs that make sense for all of them. */
const defaultsSchema = v.object({
  ...COMMON_KEYS,
  logs: key(logsSchema, {
    description: 'How long the logs of an app are kept.',
    example: '{ max_size = "20MB" }',
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
    description: 'Other defaults for all apps and their programs.',
    example: '{ stop_timeout = "60s" }',
    ...SINCE,
  }),
  notify: key(notifySchema, {
    description: 'Whom to tell when something happened, and how.',
    defaultNote: 'nobody is told',
    example: '{ mail = "alice@example.ac.uk" }',
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
export type Defaults = v.InferOutput<typeof defaultsSchema>;
export type GlobalFile = v.InferOutput<typeof globalSchema>;
export type SiteFile = v.InferOutput<typeof siteSchema>;
