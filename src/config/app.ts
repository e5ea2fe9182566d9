import {isName} from '../core/names.ts';
import {startOrder} from '../core/order.ts';
import {processNames} from '../core/program-spec.ts';
import type {ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec, Transport} from '../core/spec.ts';
import {expandPath} from '../system/paths.ts';
import {readCommand} from './command.ts';
import {hasErrors} from './diagnostic.ts';
import type {Diagnostic} from './diagnostic.ts';
import {readFront} from './front.ts';
import {readJob} from './job.ts';
import {readLogFiles, readLogLimits} from './logs.ts';
import {readMount, readPrefix} from './mount.ts';
import type {MountContext} from './mount.ts';
import {checkEnvironment, readProgram} from './program.ts';
import {readTask} from './task.ts';
import {healthSchema} from './schema-health.ts';
import {limitsSchema} from './schema-limits.ts';
import {programSchema} from './schema-program.ts';
import {appSchema} from './schema.ts';
import type {AppFile, Defaults} from './schema.ts';
import {readToml} from './toml.ts';
import type {Table} from './toml.ts';
import {isTable, place, placeSyntax, validate} from './validate.ts';
import type {Problem} from './validate.ts';

/** What an app's file is read with. */
export interface AppContext extends MountContext {
  /** Absolute; for messages. */
  readonly file: string;
  readonly home: string;
  readonly defaults: Defaults;
}

export interface ReadApp {
  /** Absent when there is an error. */
  readonly spec?: AppSpec;
  readonly diagnostics: readonly Diagnostic[];
}

/** One file of `apps/`. */
export interface LoadedApp {
  /** The file's name without `.toml`; made harmless when it is no name of an app. */
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  /** Empty when it could not be read. */
  readonly text: string;
  /** SHA-256 of the text, hexadecimal. */
  readonly hash: string;
  /** When the file was last written, milliseconds since 1970; absent when it could not be read. */
  readonly changedMs?: number;
  /** Absent when there is an error among the diagnostics. */
  readonly spec?: AppSpec;
  readonly diagnostics: readonly Diagnostic[];
}

/** An app's text to its spec, or everything that is wrong with it. Pure: looks at no file. */
export function readApp(text: string, context: AppContext): ReadApp {
  const toml = readToml(text);
  if (!toml.ok) return {diagnostics: placeSyntax(toml.problems, context.file)};
  const {output, problems} = validate(appSchema, toml.document.value);
  const all = [...problems];
  const spec = assemble(output, toml.document.value, context, (problem) => all.push(problem));
  const diagnostics = place(all.map(misplaced), toml.document, context.file);
  return hasErrors(diagnostics) ? {diagnostics} : {spec, diagnostics};
}

type Report = (problem: Problem) => void;

function assemble(file: AppFile, raw: Table, context: AppContext, report: Report): AppSpec {
  const directory = expandPath(file.directory ?? context.home, context.home, context.home);
  if (file.directory !== undefined && !/^(\/|~\/|~$)/.test(file.directory)) {
    report({
      path: ['directory'],
      message: `Expected "directory" to be absolute: got ${JSON.stringify(file.directory)}`,
      hint: 'begin it with / or ~/',
    });
  }
  checkEnvironment(file.env, ['env'], report);
  const programs = readPrograms(file, raw, {...context, directory}, report);
  checkPrograms(programs, file, keysOf(raw['programs']), report);
  const mount = readMount(file, context, report);
  return {
    name: context.name,
    file: context.file,
    directory,
    mount,
    prefix: readPrefix(file, mount, programs, report),
    front: readFront(file, {home: context.home, directory}, report),
    port: file.port,
    transport: readTransport(file, programs, report),
    python:
      file.python === undefined || file.python === 'auto'
        ? 'auto'
        : expandPath(file.python, context.home, directory),
    envFiles: (file.env_file ?? []).map((each) => expandPath(each, context.home, directory)),
    ...readEnvironment(file.env ?? {}, context.home, report),
    programs,
    ...readSchedules(file, raw, {...context, directory, programs: keysOf(raw['programs'])}, report),
    logs: readLogLimits(file.logs ?? {}, context.defaults.logs ?? {}, report),
    logFiles: readLogFiles(file.log_files ?? [], {home: context.home, directory}, report),
    notify: file.notify ?? true,
  };
}

/** Values that stand in the file, and commands that print one. */
function readEnvironment(
  env: NonNullable<AppFile['env']>,
  home: string,
  report: Report,
): Pick<AppSpec, 'env' | 'computed'> {
  const fixed: [string, string][] = [];
  const computed: [string, readonly string[]][] = [];
  for (const [name, value] of Object.entries(env)) {
    if (typeof value === 'string') fixed.push([name, value]);
    else {
      const argv = readCommand(value.run, {path: ['env', name, 'run'], home, report});
      if (argv !== undefined) computed.push([name, argv]);
    }
  }
  return {env: Object.fromEntries(fixed), computed: Object.fromEntries(computed)};
}

/** What is run on a schedule, and what on demand. */
function readSchedules(
  file: AppFile,
  raw: Table,
  context: AppContext & {readonly directory: string; readonly programs: readonly string[]},
  report: Report,
): Pick<AppSpec, 'jobs' | 'tasks'> {
  const present = (kind: 'jobs' | 'tasks', name: string): ReadonlySet<string> => {
    const tables = raw[kind];
    return new Set(keysOf(isTable(tables) ? tables[name] : undefined));
  };
  const jobs = Object.entries(file.jobs ?? {}).flatMap(([name, job]) => {
    if (!isFreeName(name, 'jobs', file, report)) return [];
    return readJob(job, {...context, name, present: present('jobs', name), report}) ?? [];
  });
  const tasks = Object.entries(file.tasks ?? {}).flatMap(([name, task]) => {
    if (!isFreeName(name, 'tasks', file, report)) return [];
    return readTask(task, {...context, name, present: present('tasks', name), report}) ?? [];
  });
  return {jobs, tasks};
}

/** Programs, jobs and tasks are meant by their names alone, and their logs and marks are told apart by them. */
function isFreeName(name: string, kind: 'jobs' | 'tasks', file: AppFile, report: Report): boolean {
  const path = [kind, name];
  const what = kind === 'jobs' ? 'job' : 'task';
  if (!isName(name)) {
    report({
      path,
      at: 'key',
      message: `Cannot use ${JSON.stringify(name)} as a ${what}'s name`,
      hint: NAME_HINT,
    });
    return false;
  }
  if (kind === 'tasks' && Object.hasOwn(file.jobs ?? {}, name)) {
    report({path, at: 'key', message: `"${name}" is a job already`, hint: 'call the task something else'});
    return false;
  }
  const program = Object.keys(file.programs ?? {}).find(
    (each) => each === name || name.replace(/_\d+$/, '') === each,
  );
  if (program === undefined) return true;
  report({
    path,
    at: 'key',
    message: `"${name}" is a program already`,
    hint: `call the ${what} something else`,
  });
  return false;
}

const NAME_HINT = 'letters, digits, _ and -; at most 63, a letter or digit first';

function readPrograms(
  file: AppFile,
  raw: Table,
  context: AppContext & {readonly directory: string},
  report: Report,
): readonly ProgramSpec[] {
  const said = raw['programs'];
  if (isTable(said) && Object.keys(said).length === 0) {
    report({path: ['programs'], at: 'key', message: 'The app has no program', hint: 'add: [programs.web]'});
  }
  return Object.entries(file.programs ?? {}).flatMap(([name, program]) => {
    if (!isName(name)) {
      report({
        path: ['programs', name],
        at: 'key',
        message: `Cannot use ${JSON.stringify(name)} as a program's name`,
        hint: NAME_HINT,
      });
      return [];
    }
    const table = isTable(said) ? said[name] : undefined;
    const present = new Set(keysOf(table));
    const health = new Set(keysOf(isTable(table) ? table['health'] : undefined));
    return readProgram(program, {...context, name, present, health, report}) ?? [];
  });
}

/** A program that binds its port by itself cannot be given a socket that it does not know of. */
function readTransport(file: AppFile, programs: readonly ProgramSpec[], report: Report): Transport {
  const binder = programs.find((program) => program.listen === 'port');
  if (file.transport === 'unix' && binder !== undefined) {
    report({
      path: ['transport'],
      message: `"transport" cannot be "unix": "${binder.name}" binds its port by itself`,
      hint: `if it can take an open socket (descriptor 3): listen = "socket" for ${binder.name}; else transport = "tcp"`,
    });
  }
  return file.transport ?? 'tcp';
}

function keysOf(value: unknown): readonly string[] {
  return isTable(value) ? Object.keys(value) : [];
}

/** What concerns several programs: who listens, who waits for whom, whose processes are called alike. */
function checkPrograms(
  programs: readonly ProgramSpec[],
  file: AppFile,
  names: readonly string[],
  report: Report,
): void {
  const [first, second] = programs.filter((program) => program.listen !== 'none');
  if (first !== undefined && second !== undefined) {
    report({
      path: ['programs', second.name, 'listen'],
      message: `"${first.name}" and "${second.name}" both listen: an app has one port`,
      hint: `listen = "none" for one of them, or an app of its own for ${second.name}`,
    });
  }
  checkAfter(programs, file, names, report);
  const owners = new Map<string, string>();
  for (const program of programs) {
    for (const processName of processNames(program)) {
      const owner = owners.get(processName);
      owners.set(processName, program.name);
      if (owner === undefined) continue;
      report({
        path: ['programs', program.name],
        at: 'key',
        message: `A process of "${program.name}" and one of "${owner}" would both be called "${processName}"`,
      });
      break;
    }
  }
}

/** `names`: also those of programs that could not be read. */
function checkAfter(
  programs: readonly ProgramSpec[],
  file: AppFile,
  names: readonly string[],
  report: Report,
): void {
  for (const {name, after} of programs) {
    for (const other of after.filter((each) => !names.includes(each))) {
      report({
        path: ['programs', name, 'after', file.programs?.[name]?.after?.indexOf(other) ?? 0],
        message: `No program of this app is called ${JSON.stringify(other)}`,
        hint: `its programs: ${names.join(', ')}; something else: "tcp://host:port"`,
      });
    }
  }
  const order = startOrder(programs);
  if (order.ok) return;
  const [at = ''] = order.cycle;
  report({
    path: ['programs', at, 'after'],
    message: `Programs wait for each other in a circle: ${order.cycle.join(' -> ')}`,
    hint: 'take one of them out of after',
  });
}

/** A key in a table where it does not belong is a common slip: say where it does. */
function misplaced(problem: Problem): Problem {
  const {path, message, hint} = problem;
  if (hint === undefined || !message.startsWith('Unknown key')) return problem;
  const where = placeOf(String(path.at(-1)), path);
  return where === undefined ? problem : {...problem, hint: where};
}

function placeOf(name: string, path: Problem['path']): string | undefined {
  if (path.length === 1)
    return Object.hasOwn(programSchema.entries, name)
      ? 'it belongs to a program: write it below [programs.web]'
      : undefined;
  if (path.length !== 3) return undefined;
  if (Object.hasOwn(limitsSchema.entries, name)) return `it belongs to limits: limits = { ${name} = ... }`;
  if (Object.hasOwn(healthSchema.entries, name)) return `it belongs to health: health = { ${name} = ... }`;
  return Object.hasOwn(appSchema.entries, name)
    ? 'it belongs to the app: write it above the first [programs...]'
    : undefined;
}
