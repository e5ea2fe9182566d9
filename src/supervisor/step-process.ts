import {rmSync} from 'node:fs';
import {constants} from 'node:os';
import path from 'node:path';

import {formatMark, MARK} from '../core/mark.ts';
import {NO_LIMITS} from '../core/program-spec.ts';
import type {Exit} from '../core/state.ts';
import type {Prepared} from '../launch/prepare.ts';
import {readIfThere} from '../system/files.ts';
import type {Proc} from '../system/proc.ts';
import {LiveProcess} from './live-process.ts';
import type {AdoptionWorld, ProcessWorld} from './live-process.ts';
import type {StepProcess} from './run-records.ts';
import {membersOf} from './tree.ts';
import {withResolvers} from './with-resolvers.ts';

/**
 * Runs the command and writes down what it ended with: of a process that outlives its supervisor nobody else would know.
 *
 * The file is there, empty, as soon as the command may have begun.
 */
const WITNESS = '(umask 077; : > "$0") || exit 125; "$@"; code=$?; echo "$code" > "$0"; exit "$code"';

/** How long a step that was told to end may take. */
const PATIENCE_MS = 10_000;

export interface StepStart {
  readonly prepared: Pick<Prepared, 'argv' | 'env' | 'directory' | 'umask' | 'secrets'>;
  readonly record: StepProcess;
  /** Directory of the job or task. */
  readonly room: string;
}

/** How a step's process ended; above 128 the code is a signal's. `undefined`: it was killed with everything around it. */
export interface StepEnd {
  readonly code: number | undefined;
}

/** Files of a job's or task's directory that a step may use. */
export function roomFiles(room: string): {
  readonly exit: string;
  readonly note: string;
  readonly scratch: string;
} {
  return {
    exit: path.join(room, 'exit'),
    note: path.join(room, 'scratch', 'note'),
    scratch: path.join(room, 'scratch'),
  };
}

/** Called with the record before anything runs, and again as soon as its pid is known. */
export type OnRecord = (record: StepProcess) => void;

/** A command that a step is waiting for. */
export class StepCommand {
  readonly record: StepProcess;
  readonly #world: AdoptionWorld;
  readonly #live: LiveProcess;
  readonly #exitFile: string;

  private constructor(world: AdoptionWorld, live: LiveProcess, record: StepProcess, exitFile: string) {
    this.#world = world;
    this.#live = live;
    this.record = record;
    this.#exitFile = exitFile;
  }

  /** @throws AppsupError `DISK`, `START_FAILED`, or the system's own for a directory that has vanished */
  static async start(
    world: AdoptionWorld,
    {prepared, record, room}: StepStart,
    onRecord: OnRecord,
  ): Promise<StepCommand> {
    const {exit} = roomFiles(room);
    rmSync(exit, {force: true});
    onRecord(record);
    const {promise: exited, resolve: onExit} = withResolvers<Exit>();
    const {pid} = await world.processes.spawn(
      {
        ...prepared,
        argv: ['/bin/sh', '-c', WITNESS, exit, ...prepared.argv],
        sockets: [],
        listenFds: false,
        limits: NO_LIMITS,
        logFile: record.logFile,
      },
      onExit,
    );
    const known = {...record, pid, startTicks: world.proc.stat(pid)?.startTicks ?? 0};
    const live = LiveProcess.started(world, known, prepared.secrets);
    void exited.then((end) => live.ended(end));
    onRecord(known);
    return new StepCommand(world, live, known, exit);
  }

  /** A process of an earlier supervisor's that lives; `undefined` when it has ended. */
  static adopt(world: AdoptionWorld, record: StepProcess, room: string): StepCommand | undefined {
    const found = record.pid > 1 ? record : leaderWith(world.proc, record);
    const stat = found === undefined ? undefined : world.proc.stat(found.pid);
    if (found === undefined || stat?.startTicks !== found.startTicks || stat.state === 'Z') return undefined;
    return new StepCommand(world, LiveProcess.adopt(world, found), found, roomFiles(room).exit);
  }

  /** Texts that must not be shown; `undefined`: they are not known. */
  get secrets(): readonly string[] | undefined {
    return this.#live.secrets;
  }

  /** Resolves when nothing of it is left. */
  async ended(): Promise<StepEnd> {
    const {code, signal} = await this.#live.gone;
    if (code !== undefined) return {code};
    return {
      code:
        exitCodeIn(this.#exitFile) ??
        (signal === undefined ? undefined : 128 + constants.signals[signal as NodeJS.Signals]),
    };
  }

  /** End it: asked at first, killed when that does not help. */
  stop(): void {
    const {proc, processes} = this.#world;
    const family = membersOf(proc, this.record);
    this.#live.terminate('SIGTERM');
    // A step has no good order of its own: what has left its group is to hear of it now, too.
    for (const {pid} of family) processes.signal(pid, 'SIGTERM');
    const timer = this.#world.clock.after(PATIENCE_MS, () => this.#live.kill());
    void this.#live.gone.then(() => timer.cancel());
  }
}

/** What became of a process that is not there any more. */
export function traceOf(room: string): 'never begun' | 'cut off' | number {
  const {exit} = roomFiles(room);
  const text = readIfThere(exit);
  if (text === undefined) return 'never begun';
  return exitCodeIn(exit) ?? 'cut off';
}

function exitCodeIn(file: string): number | undefined {
  const text = readIfThere(file);
  return text !== undefined && /^\d{1,3}\n$/.test(text) ? Number(text) : undefined;
}

/** The supervisor died between the start and the note of it: the mark tells which process it is. */
function leaderWith(proc: Proc, record: StepProcess): StepProcess | undefined {
  const leader = proc
    .list()
    .find(({pid, session}) => pid === session && proc.variable(pid, MARK) === record.mark);
  return leader === undefined ? undefined : {...record, pid: leader.pid, startTicks: leader.startTicks};
}

/** A record for a process that is about to be started. */
export function stepRecord(
  world: Pick<ProcessWorld, 'proc' | 'clock'>,
  facts: {
    readonly state: string;
    readonly app: string;
    readonly name: string;
    readonly generation: number;
    readonly phase: StepProcess['phase'];
    readonly logFile: string;
    readonly logOffset: number;
  },
): StepProcess {
  const {state, app, name, generation, phase, logFile, logOffset} = facts;
  return {
    generation,
    phase,
    logFile,
    logOffset,
    pid: 0,
    startTicks: 0,
    bootId: world.proc.bootId(),
    startedAt: world.clock.wall(),
    mark: formatMark({state, app, process: name, generation}),
    port: undefined,
    privateSocket: undefined,
    held: false,
    hash: '',
    ask: undefined,
  };
}
