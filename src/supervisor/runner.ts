import {rmSync, statSync} from 'node:fs';
import path from 'node:path';

import {formatMark, parseMark} from '../core/mark.ts';
import {MAIN_SOCKET} from '../core/program-spec.ts';
import type {ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec} from '../core/spec.ts';
import type {Exit} from '../core/state.ts';
import {AppsupError, messageOf, systemCode} from '../errors.ts';
import {mask} from '../launch/mask.ts';
import type {LaunchContext, Prepared} from '../launch/prepare.ts';
import type {Paths} from '../system/paths.ts';
import type {Address, RawSocket, Sockets} from '../system/sockets.ts';
import type {AppSockets} from './app-sockets.ts';
import type {HeldSocket} from './held-socket.ts';
import {lastWords} from './last-words.ts';
import type {LastWords} from './last-words.ts';
import type {ProcessWorld} from './live-process.ts';
import {LiveProcess} from './live-process.ts';
import type {ProbeResult} from './probe.ts';
import {Prover} from './prover.ts';
import type {CheckFacts} from './prover.ts';
import {environmentOf} from './environment-of.ts';
import {privateSocketPath} from './records.ts';
import type {ProcessRecord} from './records.ts';
import type {Runner, Started, UnitIdentity} from './generation.ts';
import {withResolvers} from './with-resolvers.ts';

/** What the runner has to know of an app at the moment of a start. */
export interface AppAtStart {
  readonly app: AppSpec;
  /** Of the app's file. */
  readonly hash: string;
  readonly port: number | undefined;
  /** Of named sockets, by name. */
  readonly namedPorts: ReadonlyMap<string, number>;
  /** Why there is no port. */
  readonly portRefusal: AppsupError | undefined;
  readonly publicUrl: string | undefined;
}

export interface RunnerOptions extends ProcessWorld {
  readonly paths: Paths;
  readonly sockets: Sockets;
  readonly user: LaunchContext['user'];
  readonly prepare: (app: AppSpec, program: ProgramSpec, context: LaunchContext) => Promise<Prepared>;
  /** @throws AppsupError `CONFIG` when the app's file is broken, `NO_SUCH_APP` when it is gone. */
  readonly lookUp: (app: string) => Promise<AppAtStart>;
  /** The sockets of apps, by the app's name. */
  readonly held: Pick<AppSockets, 'hold' | 'holdNamed' | 'holds' | 'heldInode' | 'release'>;
  readonly onWarning: (app: string, process: string, text: string) => void;
}

/** Starts real processes: prepares the command, hands over sockets, spawns, and asks until it answers. */
export class ProcessRunner implements Runner {
  readonly #options: RunnerOptions;
  readonly #prover: Prover;
  #lastGeneration = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#prover = new Prover({
      clock: options.clock,
      proc: options.proc,
      processes: options.processes,
      factsOf: async (started) => await this.#factsOf(started),
      heldInode: (app) => options.held.heldInode(app),
    });
  }

  async start(unit: UnitIdentity, signal: AbortSignal): Promise<Started> {
    const {prepare, lookUp, onWarning} = this.#options;
    const now = await lookUp(unit.app);
    const program = now.app.programs.find(({name}) => name === unit.program);
    if (program === undefined) {
      throw new AppsupError(
        'NO_SUCH_PROGRAM',
        `Cannot start "${unit.app}:${unit.program}": ${now.app.file} has no such program`,
      );
    }
    if (program.listen !== 'none' && now.port === undefined && now.portRefusal !== undefined)
      throw now.portRefusal;
    const generation = this.#nextGeneration();
    const prepared = await prepare(now.app, program, this.#context(unit, now, generation));
    for (const warning of prepared.warnings) onWarning(unit.app, unit.process, warning);
    const sockets = await this.#openSockets({unit, program, prepared, generation});
    signal.throwIfAborted();
    return await this.#spawn({unit, now, program, prepared, generation, sockets});
  }

  async ready(
    started: Started,
    options: {
      readonly signal: AbortSignal;
      readonly beside: boolean;
      readonly onRefusal: (detail: string) => void;
    },
  ): Promise<void> {
    await this.#prover.ready(started, options);
  }

  async check(started: Started, signal: AbortSignal): Promise<ProbeResult> {
    return await this.#prover.check(started, signal);
  }

  canShare(main: Started): boolean {
    const {held, proc, onWarning} = this.#options;
    const {app, process} = main;
    if (
      !process.record.held ||
      !held.holds(app.name, process.record.named) ||
      !this.#prover.canProveBeside(main)
    )
      return false;
    const needed = process.memory() * 1.1;
    const free = proc.availableMemory();
    if (free === undefined || free > needed) return true;
    onWarning(
      app.name,
      main.program.name,
      'there is not enough free memory for two generations: stop, then start',
    );
    return false;
  }

  lastWords({record, secrets}: LiveProcess): LastWords {
    // What cannot be masked is not shown.
    if (secrets === undefined) return {reason: undefined, lines: []};
    const {reason, lines} = lastWords(record.logFile, record.logOffset);
    return {
      reason: reason === undefined ? undefined : mask(reason, secrets),
      lines: lines.map((line) => mask(line, secrets)),
    };
  }

  #context(unit: UnitIdentity, {port, namedPorts, publicUrl}: AppAtStart, generation: number): LaunchContext {
    const {user, paths} = this.#options;
    const base = publicUrl === undefined ? {} : {publicUrl};
    return {user, paths, port, namedPorts, base, process: unit.process, index: unit.index, generation};
  }

  /** Of a process that was adopted: what it has, also while its app's file is broken; else as if it were started now. */
  async #factsOf({app, program, process}: Started): Promise<CheckFacts> {
    const env = environmentOf(this.#options.proc, process.record);
    if (env !== undefined) return {env: withoutSockets(env), directory: program.directory};
    const now = await this.#options.lookUp(app.name);
    const identity = parseMark(process.record.mark);
    const unit = {app: app.name, program: program.name, process: identity?.process ?? program.name, index: 0};
    const current = now.app.programs.find(({name}) => name === program.name) ?? program;
    return await this.#options.prepare(now.app, current, this.#context(unit, now, process.record.generation));
  }

  #nextGeneration(): number {
    // The moment of the start, so that no two supervisors ever give the same; never twice, also if the clock is set back.
    this.#lastGeneration = Math.max(this.#lastGeneration + 1, this.#options.clock.wall());
    return this.#lastGeneration;
  }

  async #openSockets({unit, program, prepared, generation}: ToOpen): Promise<OpenSockets> {
    const {paths, sockets, held} = this.#options;
    const open: {
      fds: number[];
      held: HeldSocket | undefined;
      own: RawSocket | undefined;
      ownPath: string | undefined;
    } = {
      fds: [],
      held: undefined,
      own: undefined,
      ownPath: undefined,
    };
    for (const kind of prepared.sockets) {
      if (kind === 'held') {
        open.held = held.hold(unit.app);
        open.fds.push(await open.held.quiet());
      } else {
        open.ownPath = privateSocketPath(paths, unit.app, unit.process, generation);
        open.own = sockets.bindPath(open.ownPath);
        open.fds.push(open.own.fd);
      }
    }
    if (program.listen === 'port') held.release(unit.app);
    if (program.listen !== 'socket') return {...open, named: []};
    const names = Object.keys(program.sockets);
    const named = held.holdNamed(unit.app, names);
    for (const socket of named) open.fds.push(await socket.quiet());
    return {...open, named: named.map(({address}, index) => namedRecord(names[index] ?? '', address))};
  }

  async #spawn(start: {
    readonly unit: UnitIdentity;
    readonly now: AppAtStart;
    readonly program: ProgramSpec;
    readonly prepared: Prepared;
    readonly generation: number;
    readonly sockets: OpenSockets;
  }): Promise<Started> {
    const {unit, now, program, prepared, generation, sockets} = start;
    const {paths, proc, processes, clock} = this.#options;
    const logFile = path.join(paths.logs, unit.app, `${unit.process}.log`);
    const logOffset = sizeOf(logFile);
    // The exit may come before there is something to tell of it.
    const {promise: exited, resolve: onExit} = withResolvers<Exit>();
    const socketNames = [
      ...prepared.sockets.map((kind) => (kind === 'held' ? MAIN_SOCKET : kind)),
      ...sockets.named.map(({name}) => name),
    ];
    const request = {...prepared, sockets: sockets.fds, socketNames, logFile, limits: program.limits};
    const {pid} = await processes.spawn(request, onExit).catch((error: unknown) => {
      sockets.own?.close();
      throw asStartError(error, unit, prepared);
    });
    const record: ProcessRecord = {
      generation,
      pid,
      startTicks: proc.stat(pid)?.startTicks ?? 0,
      bootId: proc.bootId(),
      startedAt: clock.wall(),
      mark: formatMark({state: paths.state, app: unit.app, process: unit.process, generation}),
      logFile,
      logOffset,
      port: now.port,
      frontSocket: sockets.held?.file?.path,
      privateSocket: sockets.ownPath,
      held: sockets.held !== undefined,
      named: sockets.named.length === 0 ? undefined : sockets.named,
      hash: now.hash,
      ask: {
        path: prepared.probePath,
        host: prepared.probeHost,
        https: now.publicUrl?.startsWith('https:') ?? false,
      },
    };
    const live = LiveProcess.started(this.#options, record, prepared.secrets);
    void exited.then((exit) => live.ended(exit));
    void live.gone.then(() => sockets.own?.close());
    this.#prover.remember(live, prepared);
    return {process: live, app: now.app, program, private: sockets.own !== undefined};
  }
}

interface ToOpen {
  readonly unit: UnitIdentity;
  readonly program: ProgramSpec;
  readonly prepared: Prepared;
  readonly generation: number;
}

interface OpenSockets {
  readonly fds: readonly number[];
  readonly held: HeldSocket | undefined;
  readonly named: NonNullable<ProcessRecord['named']>;
  /** The private socket; kept open for as long as the process lives, because closing it removes its file. */
  readonly own: RawSocket | undefined;
  readonly ownPath: string | undefined;
}

function namedRecord(name: string, address: Address): NonNullable<ProcessRecord['named']>[number] {
  return 'port' in address ? {name, port: address.port} : {name};
}

/** Remove what an adopted process leaves behind. */
export function removePrivateSocket({privateSocket}: Pick<ProcessRecord, 'privateSocket'>): void {
  if (privateSocket === undefined) return;
  try {
    rmSync(privateSocket, {force: true});
  } catch (error) {
    // Of a read-only home: nobody makes this name again, so it may stay.
    if (systemCode(error) === undefined) throw error;
  }
}

/** The sockets were for the process alone. */
function withoutSockets(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('LISTEN_')));
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    if (systemCode(error) !== undefined) return 0;
    throw error;
  }
}

function asStartError(error: unknown, unit: UnitIdentity, prepared: Prepared): unknown {
  if (error instanceof AppsupError) return error;
  const code = systemCode(error);
  if (code === undefined) return error;
  // spawn(2) says ENOENT also for the directory.
  const what =
    code === 'ENOENT' || code === 'ENOTDIR'
      ? `${prepared.directory} is not a directory that can be entered`
      : messageOf(error);
  return new AppsupError('START_FAILED', `Cannot start "${unit.app}:${unit.process}": ${what}`, {
    cause: error,
  });
}
