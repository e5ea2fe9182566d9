import type {ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec, Transport} from '../core/spec.ts';
import {expandPath} from '../system/paths.ts';
import {readCommand} from './command.ts';
import {hasErrors} from './diagnostic.ts';
import type {Diagnostic} from './diagnostic.ts';
import {readFront} from './front.ts';
import {readLogFiles, readLogLimits} from './logs.ts';
import {misplaced} from './misplaced.ts';
import {readMount, readPrefix} from './mount.ts';
import type {MountContext} from './mount.ts';
import {checkEnvironment} from './program.ts';
import {readPrograms} from './programs.ts';
import {readSchedules} from './schedules.ts';
import {appSchema} from './schema.ts';
import type {AppFile, Defaults} from './schema.ts';
import {readToml} from './toml.ts';
import type {Table} from './toml.ts';
import {keysOf, place, placeSyntax, validate} from './validate.ts';
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
  const {home} = context;
  const programs = readPrograms(file, raw, {...context, directory, report});
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
    ...readSchedules(file, raw, {home, directory, programs: keysOf(raw['programs']), report}),
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
