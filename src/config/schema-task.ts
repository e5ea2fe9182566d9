import * as v from 'valibot';

import {choice, duration, filePath, flag, key, paths, text, wholeNumber, words} from './keys.ts';
import {environmentKey} from './schema-work.ts';

const SINCE = {since: '0.1.0'} as const;

/** One step of a task, where its command alone does not say enough. */
const stepSchema = v.object({
  run: key(words, {
    description: 'What to run, as the command of a program: without a shell.',
    example: '"python manage.py migrate"',
    ...SINCE,
  }),
  restart: key(words, {
    description: 'Instead of a command: restart these programs.',
    example: '"queue"',
    ...SINCE,
  }),
  name: key(text, {
    description: 'What it is called while it runs.',
    defaultNote: 'its command',
    example: '"migrations"',
    ...SINCE,
  }),
  directory: key(filePath, {
    description: 'Where it runs.',
    defaultNote: "the task's directory",
    example: '"frontend"',
    ...SINCE,
  }),
  timeout: key(duration('10m', 1000), {
    description: 'A step that takes longer is ended, with everything that it started, and the task fails.',
    unit: 'duration',
    defaultNote: "the task's timeout",
    example: '"10m"',
    ...SINCE,
  }),
  unless: key(words, {
    description: 'A command that ends with 0 when there is nothing to do: then the step is left out.',
    defaultNote: 'none',
    example: '"test -e static/app.js"',
    ...SINCE,
  }),
  if_changed: key(paths, {
    description: 'The step is left out when none of these files has changed since the task last went well.',
    defaultNote: 'none',
    example: '"requirements.txt"',
    ...SINCE,
  }),
});

const STEP_WORDS = 'a command in quotes, a list of its words, or a table with run';
const step = v.union([words, stepSchema], STEP_WORDS);
const STEPS_WORDS = 'a list of commands: ["flask db upgrade"]';

/** `[tasks.NAME]` of an app. */
export const taskSchema = v.object({
  steps: key(v.array(step, STEPS_WORDS), {
    description:
      'What to do, one after the other; the first that fails ends it. Each is a command, its words, or a table.',
    example:
      '["git pull --ff-only", { run = "pip install -r requirements.txt", if_changed = "requirements.txt" }]',
    ...SINCE,
  }),
  recipe: key(choice(['update', 'rebuild-venv', 'reset-database', 'build']), {
    description:
      'Instead of steps: "update" pulls and restarts, and puts all back when that fails; "rebuild-venv" makes a new Python environment beside the old one; "reset-database" drops a PostgreSQL database and makes it anew; "build" builds a front end into a new directory and switches a link.',
    example: '"update"',
    ...SINCE,
  }),
  stop: key(flag, {
    description: 'Stop the app before the first step, and start what ran after the last.',
    defaultNote: 'false; true for reset-database',
    example: 'true',
    ...SINCE,
  }),
  // A word of the files, and never a function: nothing takes this table for a promise.
  // oxlint-disable-next-line unicorn/no-thenable
  then: key(choice(['restart', 'reload']), {
    description: 'After the last step: restart or reload what runs of the app.',
    defaultNote: 'nothing',
    example: '"restart"',
    ...SINCE,
  }),
  confirm: key(text, {
    description: 'What has to be typed before it begins: for what cannot be taken back.',
    defaultNote: 'nothing; for reset-database the name of the database',
    example: '"backscope"',
    ...SINCE,
  }),
  timeout: key(duration('10m', 1000), {
    description: 'Of each step.',
    unit: 'duration',
    default: '1h',
    example: '"10m"',
    ...SINCE,
  }),
  directory: key(filePath, {
    description: 'Where the steps run.',
    defaultNote: "the app's directory",
    example: '"frontend"',
    ...SINCE,
  }),
  env: environmentKey(),
  requirements: key(filePath, {
    description: 'Of update and rebuild-venv: the list of Python packages.',
    default: 'requirements.txt',
    example: '"requirements/production.txt"',
    ...SINCE,
  }),
  migrate: key(v.array(step, STEPS_WORDS), {
    description: 'Of update and reset-database: steps that bring the database up to the code.',
    defaultNote: 'none',
    example: '["flask db upgrade"]',
    ...SINCE,
  }),
  build: key(v.array(step, STEPS_WORDS), {
    description: 'Of update and build: steps that build the front end.',
    defaultNote: 'none',
    example: '["npm ci", "npm run build"]',
    ...SINCE,
  }),
  health: key(text, {
    description: 'Of update: a path below the mount that has to answer well at the end.',
    defaultNote: "the path of the program's own health check",
    example: '"/api/status"',
    ...SINCE,
  }),
  packages: key(words, {
    description: 'Of rebuild-venv: packages that are not in the list.',
    defaultNote: 'none',
    example: '"gunicorn"',
    ...SINCE,
  }),
  base_python: key(text, {
    description: 'Of rebuild-venv: the Python to make the environment with.',
    default: 'python3',
    example: '"/usr/bin/python3.12"',
    ...SINCE,
  }),
  check: key(text, {
    description: 'Of rebuild-venv: what must be importable from the new environment, as module:name.',
    defaultNote: 'what the program that serves names',
    example: '"wsgi:application"',
    ...SINCE,
  }),
  database: key(text, {
    description: 'Of reset-database: the name of the database.',
    example: '"alice_backscope_db"',
    ...SINCE,
  }),
  createdb: key(words, {
    description: 'Of reset-database: further arguments for createdb.',
    defaultNote: 'none',
    example: '["--encoding", "UTF8", "--template", "template0", "--locale", "C.UTF-8"]',
    ...SINCE,
  }),
  dropdb: key(words, {
    description:
      'Of reset-database: further arguments for dropdb. PGHOST, PGUSER and the like in env count for both.',
    default: '--if-exists',
    example: '"--force"',
    ...SINCE,
  }),
  output: key(filePath, {
    description: 'Of build: the directory that the build makes.',
    default: 'dist',
    example: '"frontend/build"',
    ...SINCE,
  }),
  link: key(filePath, {
    description: 'Of build: the link that is switched to what was built; the front end serves it.',
    default: 'public',
    example: '"public"',
    ...SINCE,
  }),
  keep: key(wholeNumber(1, 100), {
    description: 'Of build: how many of the last builds stay.',
    default: 3,
    example: '5',
    ...SINCE,
  }),
});

export type TaskFile = v.InferOutput<typeof taskSchema>;
export type StepFile = NonNullable<TaskFile['steps']>[number];
