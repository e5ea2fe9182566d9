import type {StepAction, StepSpec, TaskSpec, TaskWork} from '../core/task-spec.ts';
import {expandPath} from '../system/paths.ts';
import {readCommand, readWords} from './command.ts';
import {eitherOf} from './either.ts';
import {nameOf, readRestart} from './job.ts';
import {listed} from './keys.ts';
import type {Path} from './places.ts';
import {checkEnvironment} from './program.ts';
import type {StepFile, TaskFile} from './schema-task.ts';
import type {WorkContext} from './work.ts';

type Kind = TaskWork['kind'];

/** Which of the further keys each kind understands. */
const KEYS: Readonly<Record<Kind, readonly string[]>> = {
  steps: [],
  update: ['requirements', 'migrate', 'build', 'health'],
  'rebuild-venv': ['requirements', 'packages', 'base_python', 'check'],
  'reset-database': ['database', 'createdb', 'dropdb', 'migrate'],
  build: ['build', 'output', 'link', 'keep'],
};

const HOUR_MS = 3_600_000;

/** A task with every default filled in; `undefined` when it is not known what it does. */
export function readTask(file: TaskFile, context: WorkContext): TaskSpec | undefined {
  const {name, report, home} = context;
  checkEnvironment(file.env, ['tasks', name, 'env'], report);
  const directory =
    file.directory === undefined ? context.directory : expandPath(file.directory, home, context.directory);
  const work = readWork(file, {...context, directory});
  if (work === undefined) return undefined;
  const stop = file.stop ?? work.kind === 'reset-database';
  if (stop && file.then !== undefined) {
    report({
      path: ['tasks', name, 'then'],
      at: 'key',
      message: '"then" has no use with stop = true: what was stopped is started at the end',
      hint: 'remove one of them',
    });
  }
  return {
    name,
    work,
    stop,
    finish: file.then,
    confirm: file.confirm ?? (work.kind === 'reset-database' ? work.database : undefined),
    directory,
    timeoutMs: file.timeout ?? HOUR_MS,
    env: file.env ?? {},
  };
}

function readWork(file: TaskFile, context: WorkContext): TaskWork | undefined {
  const path = ['tasks', context.name];
  const key = eitherOf(['steps', 'recipe'], 'steps = ["..."], or recipe = "update"', path, context);
  if (key === undefined) return undefined;
  const kind = key === 'steps' ? key : file.recipe;
  if (kind === undefined) return undefined; // refused before
  checkForeignKeys(kind, context);
  return workOf(kind, file, context);
}

function workOf(kind: Kind, file: TaskFile, context: WorkContext): TaskWork | undefined {
  const {name, directory, home, report} = context;
  const at = (path: string): string => expandPath(path, home, directory);
  const steps = (key: 'steps' | 'migrate' | 'build') => readSteps(file[key] ?? [], key, file, context);
  const wordsOf = (key: 'packages' | 'createdb' | 'dropdb') =>
    readWords(file[key], ['tasks', name, key], report);
  const requirements = at(file.requirements ?? 'requirements.txt');
  switch (kind) {
    case 'steps':
      return {kind, steps: steps('steps')};
    case 'update':
      return {
        kind,
        requirements,
        migrate: steps('migrate'),
        build: steps('build'),
        health: healthPath(file, context),
      };
    case 'rebuild-venv':
      return {
        kind,
        requirements,
        packages: wordsOf('packages') ?? [],
        basePython: file.base_python ?? 'python3',
        check: checkedTarget(file, context),
      };
    case 'reset-database': {
      const database = databaseName(file, context);
      const [createdb, dropdb] = [wordsOf('createdb') ?? [], wordsOf('dropdb') ?? ['--if-exists']];
      return database === undefined
        ? undefined
        : {kind, database, createdb, dropdb, migrate: steps('migrate')};
    }
    case 'build': {
      const [output, link] = [at(file.output ?? 'dist'), at(file.link ?? 'public')];
      if (output === link) {
        report({
          path: ['tasks', name, 'link'],
          message: '"link" and "output" are the same',
          hint: 'the link points to what was built: name another one',
        });
      }
      return {kind, build: steps('build'), output, link, keep: file.keep ?? 3};
    }
  }
}

function checkForeignKeys(kind: Kind, {name, present, report}: WorkContext): void {
  const all = new Set(Object.values(KEYS).flat());
  for (const key of [...all].filter((each) => present.has(each) && !KEYS[kind].includes(each))) {
    const owners = Object.entries(KEYS).filter(([, keys]) => keys.includes(key));
    report({
      path: ['tasks', name, key],
      at: 'key',
      message: `"${key}" means nothing here: it is for the recipe ${listed(owners.map(([owner]) => `"${owner}"`))}`,
      hint: 'remove it',
    });
  }
}

function readSteps(
  files: readonly StepFile[],
  key: 'steps' | 'migrate' | 'build',
  task: TaskFile,
  context: WorkContext,
): readonly StepSpec[] {
  const path = ['tasks', context.name, key];
  if (files.length === 0 && task[key] !== undefined)
    context.report({path, message: `"${key}" is empty`, hint: `add: ${key} = ["..."]`});
  return files.flatMap((file, index) => readStep(file, [...path, index], task, context) ?? []);
}

function readStep(file: StepFile, path: Path, task: TaskFile, context: WorkContext): StepSpec | undefined {
  const table =
    typeof file === 'object' && !Array.isArray(file)
      ? (file as Exclude<StepFile, string | readonly string[]>)
      : {run: file as string | string[]};
  const {report, home, directory} = context;
  if ((table.run === undefined) === (table.restart === undefined)) {
    report({
      path,
      message: 'Expected a step to have either "run" or "restart"',
      hint: 'as { run = "flask db upgrade" }',
    });
    return undefined;
  }
  const action =
    table.restart === undefined ? command() : readRestart(table.restart, [...path, 'restart'], context);
  return action === undefined ? undefined : {name: table.name ?? nameOf(action), action};

  function command(): StepAction | undefined {
    const inTable = typeof file === 'object' && !Array.isArray(file);
    const argv = readCommand(table.run, {path: inTable ? [...path, 'run'] : path, home, report});
    const unless = readWords(table.unless, [...path, 'unless'], report);
    if (argv === undefined) return undefined;
    const place = table.directory === undefined ? directory : expandPath(table.directory, home, directory);
    return {
      kind: 'command',
      argv,
      directory: place,
      timeoutMs: table.timeout ?? task.timeout ?? HOUR_MS,
      unless,
      ifChanged: (table.if_changed ?? []).map((each) => expandPath(each, home, place)),
      withoutPython: false,
    };
  }
}

function healthPath({health}: TaskFile, {name, report}: WorkContext): string | undefined {
  if (health === undefined || /^\/[!-~]*$/.test(health)) return health;
  report({
    path: ['tasks', name, 'health'],
    message: `Expected "health" to be a path below the mount: got ${JSON.stringify(health)}`,
    hint: 'begin it with /',
  });
  return undefined;
}

/** It is put into a line of Python. */
function checkedTarget({check}: TaskFile, {name, report}: WorkContext): string | undefined {
  if (check === undefined || /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?$/.test(check)) return check;
  report({
    path: ['tasks', name, 'check'],
    message: `Expected "check" to be module:name: got ${JSON.stringify(check)}`,
    hint: 'as "wsgi:application"',
  });
  return undefined;
}

/** A name, and no option or connection string. */
function databaseName({database}: TaskFile, {name, report}: WorkContext): string | undefined {
  if (database !== undefined && /^[A-Za-z_][\w.-]{0,62}$/.test(database)) return database;
  report({
    path: database === undefined ? ['tasks', name] : ['tasks', name, 'database'],
    ...(database === undefined ? {at: 'key' as const} : {}),
    message:
      database === undefined
        ? `"${name}" does not say which database`
        : `Cannot use ${JSON.stringify(database)} as the name of a database`,
    hint: 'add: database = "alice_backscope_db"',
  });
  return undefined;
}
