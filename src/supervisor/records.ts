import {createHash} from 'node:crypto';
import {rmSync} from 'node:fs';
import path from 'node:path';

import type {ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec} from '../core/spec.ts';
import {isName, isSocketName} from '../core/names.ts';
import type {Exit} from '../core/state.ts';
import {namesIn, readIfReadable, writeAtomically} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';

/** What a later supervisor has to know to take a process over. Holds no environment, so no secret. */
export interface ProcessRecord {
  readonly generation: number;
  readonly pid: number;
  readonly startTicks: number;
  readonly bootId: string;
  /** Wall clock, milliseconds. */
  readonly startedAt: number;
  readonly mark: string;
  readonly logFile: string;
  readonly logOffset: number;
  readonly port: number | undefined;
  /** The Unix socket that visitors come to, instead of the port. */
  readonly frontSocket?: string | undefined;
  readonly privateSocket: string | undefined;
  /** The named sockets that it was handed; without a port it is a Unix socket. */
  readonly named?: readonly {readonly name: string; readonly port?: number}[] | undefined;
  /** True when it was handed the app's held socket. */
  readonly held: boolean;
  /** Of the app's file that it was started from. */
  readonly hash: string;
  /** How it is asked over HTTP or TCP; `undefined` in records of earlier versions. */
  readonly ask: AskRecord | undefined;
}

/** What a later supervisor needs to ask a process, also when the app's file is broken by then. */
export interface AskRecord {
  readonly path: string | undefined;
  readonly host: string | undefined;
  readonly https: boolean;
}

/** A process that has ended by itself and is not to be started again in this boot. */
export interface Done {
  readonly bootId: string;
  /** Wall clock, milliseconds. */
  readonly at: number;
  readonly exit: Exit;
}

/** All that is recorded of one unit. */
export interface UnitRecord {
  readonly version: 1;
  readonly process: string;
  /** The app as it was, without any environment. */
  readonly app: AppSpec;
  readonly restarts: number;
  readonly main: ProcessRecord | undefined;
  /** Processes that have to go: candidates and those that were replaced. */
  readonly others: readonly ProcessRecord[];
  /** There is no `main` then. */
  readonly done: Done | undefined;
}

/** Of one program; config holds it far below. */
const MOST_PROCESSES = 1000;

/** Files of one directory, one per unit, so that a damaged one harms no other. */
export class Records {
  readonly #directory: string;

  constructor(paths: Pick<Paths, 'processes'>) {
    this.#directory = paths.processes;
  }

  write(record: UnitRecord): void {
    writeAtomically(
      this.#file(record.app.name, record.process),
      JSON.stringify({...record, app: withoutEnvironment(record.app)}),
    );
  }

  remove(app: string, process: string): void {
    rmSync(this.#file(app, process), {force: true});
  }

  /** Every readable record; `onGarbage` is told of the others. */
  readAll(onGarbage: (file: string) => void): readonly UnitRecord[] {
    const found: UnitRecord[] = [];
    for (const name of namesIn(this.#directory)) {
      if (!name.endsWith('.json')) continue;
      const file = path.join(this.#directory, name);
      const record = parseRecord(readIfReadable(file) ?? '');
      if (record === undefined || this.#file(record.app.name, record.process) !== file) onGarbage(file);
      else found.push(record);
    }
    return found;
  }

  #file(app: string, process: string): string {
    return path.join(this.#directory, `${app}.${process}.json`);
  }
}

/** A record out of untrusted text: a file may be cut off or damaged. */
export function parseRecord(text: string): UnitRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<UnitRecord> | null;
    if (value?.version !== 1 || !isName(value.app?.name ?? '') || !isName(value.process ?? ''))
      return undefined;
    const programs: unknown = value.app?.programs;
    if (!Array.isArray(programs) || !programs.every(isProgram) || !Array.isArray(value.others))
      return undefined;
    const others: readonly unknown[] = value.others;
    const all = [
      ...others,
      ...(value.main === undefined ? [] : [value.main]),
    ] as (Partial<ProcessRecord> | null)[];
    if (!all.every(isProcessRecord)) return undefined;
    const app = {...value.app, programs: programs.map(completed)};
    const done = doneOf(value.done);
    return {restarts: 0, main: undefined, ...value, app, done} as UnitRecord;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isProcessRecord(value: Partial<ProcessRecord> | null): boolean {
  return (
    Number.isSafeInteger(value?.pid) &&
    (value?.pid as number) > 1 &&
    Number.isSafeInteger(value?.generation) &&
    Number.isFinite(value?.startTicks) &&
    typeof value?.bootId === 'string' &&
    typeof value.mark === 'string' &&
    typeof value.logFile === 'string' &&
    (value.named === undefined || (Array.isArray(value.named) && value.named.every(isNamed))) &&
    (value.ask === undefined || (typeof value.ask === 'object' && value.ask !== null))
  );
}

function isNamed(value: {readonly name?: unknown; readonly port?: unknown} | null): boolean {
  const {name, port} = value ?? {};
  return typeof name === 'string' && isSocketName(name) && (port === undefined || Number.isSafeInteger(port));
}

/** What is not one is none: the program runs once more than it had to. */
function doneOf(value: Partial<Done> | null | undefined): Done | undefined {
  const {bootId, at, exit} = value ?? {};
  if (typeof bootId !== 'string' || typeof at !== 'number' || typeof exit !== 'object') return undefined;
  const {code, signal} = (exit as Partial<Exit> | null) ?? {};
  return {
    bootId,
    at,
    exit: {
      code: typeof code === 'number' ? code : undefined,
      signal: typeof signal === 'string' ? signal : undefined,
    },
  };
}

/** Holds what a unit leans on; a record of another version of appsup may lack some of it. */
function isProgram(value: Partial<ProgramSpec> | null): boolean {
  const times = [value?.startMs, value?.readyMs, value?.backoffMs, value?.backoffCapMs, value?.stopMs];
  const words = [value?.listen, value?.restart, value?.stopSignal];
  const parts: readonly unknown[] = [value?.launch, value?.readiness, value?.limits, value?.env];
  return (
    isName(value?.name ?? '') &&
    times.every(Number.isFinite) &&
    parts.every((part) => typeof part === 'object' && part !== null) &&
    Array.isArray(value?.after) &&
    Array.isArray(value?.needs) &&
    words.every((word) => typeof word === 'string') &&
    // Younger than others: a record may come without them.
    (value?.sockets === undefined || (typeof value.sockets === 'object' && value.sockets !== null)) &&
    (value?.lazy === undefined || typeof value.lazy === 'boolean') &&
    (value?.idleStopMs === undefined || Number.isFinite(value.idleStopMs)) &&
    Number.isSafeInteger(value?.numprocs) &&
    (value?.numprocs as number) <= MOST_PROCESSES
  );
}

/** JSON has no Infinity: `give_up = "never"` is written as null. And named sockets are younger than others. */
function completed(program: Partial<ProgramSpec> & ProgramSpec): ProgramSpec {
  return {...program, sockets: program.sockets ?? {}, giveUp: (program.giveUp as number | null) ?? Infinity};
}

/** The app without `env`: it may hold secrets, and state files hold none. Nor what no process needs. */
function withoutEnvironment(app: AppSpec): AppSpec {
  const programs = app.programs.map((program) => ({...program, env: {}}));
  return {...app, env: {}, programs, jobs: [], tasks: []};
}

/** A short name for a socket of one generation; socket paths are short of room (unix(7)). */
export function privateSocketPath(
  paths: Pick<Paths, 'run'>,
  app: string,
  process: string,
  generation: number,
): string {
  const unit = createHash('sha256').update(`${app}:${process}`).digest('hex').slice(0, 8);
  return path.join(paths.run, `${unit}-${(generation % 36 ** 5).toString(36)}.sock`);
}
