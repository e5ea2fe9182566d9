import {pathToFileURL} from 'node:url';

import type {Launch, Limits, ProgramSpec, StopSignal} from '../core/program-spec.ts';
import type {PrefixMode, Transport} from '../core/spec.ts';
import {formatDuration} from './duration.ts';
import {formatSize} from './size.ts';

/** A program as `appsup add` found it or was told it. */
export interface ProgramChoice {
  readonly name: string;
  readonly launch: Launch;
  /** Absent: the default of its kind. */
  readonly listen?: 'socket' | 'port' | 'none';
  readonly sockets?: ProgramSpec['sockets'];
  readonly stopSignal?: StopSignal;
  readonly stopMs?: number;
  readonly after?: readonly string[];
  readonly restart?: ProgramSpec['restart'];
  readonly startMs?: number;
  /** Tries before it is given up. */
  readonly giveUp?: number;
  readonly numprocs?: number;
  /** First wait after a failure. */
  readonly backoffMs?: number;
  readonly readyMs?: number;
  /** Started by the first visitor. */
  readonly lazy?: boolean;
  readonly limits?: Partial<
    Pick<Limits, 'memoryBytes' | 'nofile' | 'nproc' | 'coreBytes' | 'nice' | 'lifetimeMs'>
  >;
  /** In octal. */
  readonly umask?: string;
  readonly reloadSignal?: StopSignal;
  /** Absolute; absent: the app's. */
  readonly directory?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What `appsup add` decided; everything that is absent stays at its default and out of the file. */
export interface AppChoice {
  /** Absolute. */
  readonly directory: string;
  readonly mount?: string;
  readonly prefix?: PrefixMode;
  readonly port?: number;
  readonly transport?: Transport;
  /** Absolute path of a venv, conda prefix or interpreter. */
  readonly python?: string;
  /** Absolute. */
  readonly envFiles?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Variables whose value is what a command prints. */
  readonly computed?: Readonly<Record<string, string>>;
  readonly programs: readonly ProgramChoice[];
  /** Tasks of plain steps. */
  readonly tasks?: readonly TaskChoice[];
}

export interface TaskChoice {
  readonly name: string;
  /** Command lines as a shell would split them. */
  readonly steps: readonly string[];
  readonly finish?: 'restart' | 'reload';
}

export interface WriteOptions {
  /** Absolute; paths below it are written with `~/`. */
  readonly home: string;
  /** Absolute path of the installed `app.schema.json`, for editors; absent: no such line. */
  readonly schema?: string;
}

/**
 * A fresh file for an app: only what was decided, with a comment where a beginner would look next.
 *
 * It reads back (`readApp`) as exactly this choice plus defaults, whatever characters the paths hold.
 */
export function appFileText(choice: AppChoice, options: WriteOptions): string {
  // As a file URL, since the line must stay one line whatever the path holds.
  const schema = options.schema === undefined ? [] : [`#:schema ${pathToFileURL(options.schema).href}`];
  const comment = '# An app of appsup. After a change: appsup check, then appsup restart.';
  const inside = insideOf(choice.directory, options.home);
  const programs = choice.programs.map((program) => programText(program, inside));
  const tasks = (choice.tasks ?? []).map(taskText);
  return `${[...schema, comment, '', ...headLines(choice, options), ...programs, ...tasks].join('\n')}\n`;
}

/** The file of an app whose code brings its own text: what holds on this host, and below it that text. */
export function ownFileText(choice: Omit<AppChoice, 'programs'>, own: string, options: WriteOptions): string {
  const comment = '# An app of appsup; below the line, from appsup.toml of its directory.';
  return `${[comment, '', ...headLines(choice, options)].join('\n')}\n\n# ----\n${own.trimEnd()}\n`;
}

function headLines(choice: Omit<AppChoice, 'programs'>, {home}: WriteOptions): readonly string[] {
  const inside = insideOf(choice.directory, home);
  return aligned([
    ['directory', text(homely(choice.directory, home))],
    ['mount', optional(choice.mount, (mount) => text(mount || '/')), 'the public path'],
    ['prefix', optional(choice.prefix, text)],
    ['port', optional(choice.port, String)],
    ['transport', optional(choice.transport, text), 'only the web server may connect'],
    ['python', optional(choice.python, (python) => text(inside(python)))],
    [
      'env_file',
      optional(choice.envFiles, (files) => oneOrMore(files.map(inside))),
      'KEY=value lines; only you may read it: chmod 600',
    ],
    ['env', environmentText(choice)],
  ]);
}

function environmentText({env, computed}: Pick<AppChoice, 'env' | 'computed'>): string | undefined {
  if (computed === undefined) return optional(env, inlineTable);
  const runs = Object.entries(computed).map(([name, run]) => `${name} = { run = ${text(run)} }`);
  const plain = env === undefined ? [] : [inlineTable(env).slice(2, -2)];
  return `{ ${[...plain, ...runs].join(', ')} }`;
}

/** Paths below the app's directory are written relative to it. */
function insideOf(directory: string, home: string): (path: string) => string {
  return (path) => relativeTo(directory, path) ?? homely(path, home);
}

function programText(program: ProgramChoice, inside: (path: string) => string): string {
  const {launch} = program;
  const lines: readonly Line[] = [
    whatRuns(launch),
    ['workers', 'workers' in launch ? String(launch.workers) : undefined],
    ['threads', 'threads' in launch && launch.threads > 1 ? String(launch.threads) : undefined],
    ['protocol', launch.kind === 'uwsgi' && launch.protocol === 'uwsgi' ? text(launch.protocol) : undefined],
    ['worker_class', launch.kind === 'gunicorn' ? optional(launch.workerClass, text) : undefined],
    ['args', 'args' in launch && launch.args.length > 0 ? list(launch.args) : undefined],
    ['listen', optional(program.listen, text)],
    ['sockets', optional(program.sockets, inlineTable)],
    ['stop_signal', optional(program.stopSignal, text)],
    ['stop_timeout', optional(program.stopMs, (ms) => text(formatDuration(ms)))],
    ['reload_signal', optional(program.reloadSignal, text)],
    ['after', optional(program.after, list)],
    ['lazy', optional(program.lazy, String)],
    ['restart', optional(program.restart, text)],
    ['ready_timeout', optional(program.readyMs, (ms) => text(formatDuration(ms)))],
    ['backoff', optional(program.backoffMs, (ms) => text(formatDuration(ms)))],
    ['start_time', optional(program.startMs, (ms) => text(formatDuration(ms)))],
    ['give_up', optional(program.giveUp, String)],
    ['numprocs', optional(program.numprocs, String)],
    ['umask', optional(program.umask, text)],
    ['limits', optional(program.limits, limitsText)],
    ['directory', optional(program.directory, (directory) => text(inside(directory)))],
    ['env', optional(program.env, inlineTable)],
  ];
  return ['', `[programs.${program.name}]`, ...aligned(lines)].join('\n');
}

function limitsText(limits: NonNullable<ProgramChoice['limits']>): string {
  const {memoryBytes, nofile, nproc, coreBytes, nice, lifetimeMs} = limits;
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ['memory', optional(memoryBytes, (bytes) => text(formatSize(bytes)))],
    ['nofile', optional(nofile, String)],
    ['nproc', optional(nproc, String)],
    ['core', optional(coreBytes, (bytes) => text(bytes === 0 ? '0' : formatSize(bytes)))],
    ['nice', optional(nice, String)],
    ['lifetime', optional(lifetimeMs, (ms) => text(formatDuration(ms)))],
  ];
  const said = pairs.flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${value}`]));
  return `{ ${said.join(', ')} }`;
}

function taskText({name, steps, finish}: TaskChoice): string {
  const each = steps.map((step) => `  ${text(step)},`);
  const after = finish === undefined ? [] : [`then  = ${text(finish)}`];
  return ['', `[tasks.${name}]`, 'steps = [', ...each, ']', ...after].join('\n');
}

function whatRuns(launch: Launch): Line {
  if (launch.kind === 'command') return ['command', list(launch.argv)];
  return [launch.kind, launch.kind === 'gateway' ? 'true' : text(launch.target)];
}

/** Key, value as TOML (`undefined`: left out), comment. */
type Line = readonly [key: string, value: string | undefined, comment?: string];

function aligned(lines: readonly Line[]): readonly string[] {
  const said = lines.filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...said.map(([key]) => key.length));
  return said.map(
    ([key, value, comment]) =>
      `${key.padEnd(width)} = ${value}${comment === undefined ? '' : `  # ${comment}`}`,
  );
}

function optional<Value>(value: Value | undefined, write: (value: Value) => string): string | undefined {
  return value === undefined ? undefined : write(value);
}

/** A TOML basic string. JSON's escapes are TOML's, but for DEL, which TOML wants escaped, and half surrogates, which it cannot say. */
function text(value: string): string {
  return JSON.stringify(value.replace(/\p{Cs}/gu, '\uFFFD')).replaceAll('\x7f', '\\u007f');
}

function list(values: readonly string[]): string {
  return `[${values.map(text).join(', ')}]`;
}

function oneOrMore(values: readonly string[]): string {
  const [only, ...more] = values;
  return only !== undefined && more.length === 0 ? text(only) : list(values);
}

function inlineTable(table: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(table).map(
    ([key, value]) => `${/^[A-Za-z0-9_-]+$/.test(key) ? key : text(key)} = ${text(value)}`,
  );
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}

function homely(path: string, home: string): string {
  if (path === home) return '~';
  const rest = relativeTo(home, path);
  return rest === undefined ? path : `~/${rest}`;
}

/** The rest of a path below a directory, `undefined` elsewhere. */
function relativeTo(directory: string, path: string): string | undefined {
  const rest = path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : '';
  if (rest === '') return undefined;
  // `~` would be the home directory, and `auto` no directory at all.
  return rest.startsWith('~') || rest === 'auto' ? `./${rest}` : rest;
}
