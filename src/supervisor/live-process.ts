import type {Exit} from '../core/state.ts';
import {secretsIn} from '../launch/secrets.ts';
import type {Clock} from '../system/clock.ts';
import type {Exits} from '../system/exits.ts';
import type {Proc} from '../system/proc.ts';
import type {Processes} from '../system/processes.ts';
import {environmentOf} from './environment-of.ts';
import type {ProcessRecord} from './records.ts';
import {withResolvers} from './with-resolvers.ts';
import {endTree, isShell, lives, membersOf, signalTree} from './tree.ts';

/** How long the relatives of a leader that stopped in good order may take to follow it. */
const STRAGGLERS_MS = 1000;
/** Most programs have ended by then, and most workers have set themselves up. */
const WORKERS_HEAR_MS = 500;

export interface ProcessWorld {
  readonly clock: Clock;
  readonly proc: Proc;
  readonly processes: Processes;
}

/** What it takes to follow a process that is not our child. */
export interface AdoptionWorld extends ProcessWorld {
  readonly exits: Exits;
}

/**
 * One running process with everything that it started.
 *
 * It is `gone` when its leader has ended and nothing of its tree is left: only then may a successor be started.
 */
export class LiveProcess {
  readonly record: ProcessRecord;
  readonly adopted: boolean;
  /** Values that must not be shown, out of the environment it was started with; `undefined`: they are not known. */
  secrets: readonly string[] | undefined;
  /** Resolves once, with the leader's exit, when the whole tree is gone. */
  readonly gone: Promise<Exit>;
  readonly #world: ProcessWorld;
  readonly #onGone: (exit: Exit) => void;
  /** From when on relatives of an ended leader are killed. */
  #killAt = -Infinity;
  #terminated: 'leader' | 'group' | undefined;
  #ended = false;

  private constructor(
    world: ProcessWorld,
    record: ProcessRecord,
    options: {readonly adopted: boolean; readonly secrets: readonly string[] | undefined},
  ) {
    this.#world = world;
    this.record = record;
    this.adopted = options.adopted;
    this.secrets = options.secrets;
    const {promise, resolve} = withResolvers<Exit>();
    this.gone = promise;
    this.#onGone = resolve;
  }

  /** A child of ours: `ended` is to be called with its exit status. */
  static started(world: ProcessWorld, record: ProcessRecord, secrets: readonly string[]): LiveProcess {
    return new LiveProcess(world, record, {adopted: false, secrets});
  }

  /** A process that an earlier supervisor started. */
  static adopt(world: AdoptionWorld, record: ProcessRecord): LiveProcess {
    const env = environmentOf(world.proc, record);
    const secrets = env === undefined ? undefined : secretsIn(env);
    const process = new LiveProcess(world, record, {adopted: true, secrets});
    world.exits.watch(record, () => process.ended({code: undefined, signal: undefined}));
    return process;
  }

  get pid(): number {
    return this.record.pid;
  }

  /** The leader has ended; what is left of its group holds the port and must not outlive it. */
  ended(exit: Exit): void {
    if (this.#ended) return;
    this.#ended = true;
    const {clock, proc, processes} = this.#world;
    // A whole group that was asked to stop has all of its time; relatives of a leader that went hear of it now.
    if (this.#terminated === 'leader') {
      for (const {pid} of membersOf(proc, this.record)) processes.signal(pid, 'SIGTERM');
      this.#killAt = Math.min(this.#killAt, clock.monotonic() + STRAGGLERS_MS);
    }
    void endTree({...this.#world, leader: this.record, killAt: () => this.#killAt}).then(() =>
      this.#onGone(exit),
    );
  }

  /**
   * Send the stop signal. The one who asks watches the time and calls {@link LiveProcess.kill}.
   *
   * `toWorkers` goes to the leader's children, at growing distances until it has ended: for those that were too young to hear it.
   */
  terminate(signal: NodeJS.Signals, toWorkers?: NodeJS.Signals): void {
    this.#killAt = Infinity;
    this.#terminated = signalTree(this.#world.proc, this.#world.processes, this.record, signal);
    if (toWorkers !== undefined) this.#tellWorkers(toWorkers, WORKERS_HEAR_MS);
  }

  #tellWorkers(signal: NodeJS.Signals, ms: number): void {
    const {clock, proc, processes} = this.#world;
    clock.after(ms, () => {
      if (this.#ended || !this.lives()) return;
      for (const {pid, ppid} of proc.list()) if (ppid === this.pid) processes.signal(pid, signal);
      this.#tellWorkers(signal, ms * 2);
    });
  }

  /** Send the leader a signal, or its whole group; what follows is not watched. `false`: there is nobody to take it. */
  signal(signal: NodeJS.Signals, to: 'leader' | 'group' = 'leader'): boolean {
    const {pid} = this;
    return this.lives() && this.#world.processes.signal(to === 'group' ? -pid : pid, signal);
  }

  /** The leader is a shell, which passes no signal on to the command that it waits for. */
  get isShell(): boolean {
    return isShell(this.#world.proc, this.record);
  }

  /** SIGKILL to everything, now. */
  kill(): void {
    this.#killAt = -Infinity;
    for (const {pid} of membersOf(this.#world.proc, this.record))
      this.#world.processes.signal(pid, 'SIGKILL');
  }

  /** True while the leader lives. */
  lives(): boolean {
    return lives(this.#world.proc, this.record);
  }

  /** How long it has been there; also when the clock was set meanwhile. */
  ageMs(): number {
    return this.#world.proc.ageMs(this.record.startTicks);
  }

  /** Bytes of the whole tree; memory that several processes share is counted once. */
  memory(): number {
    const {proc} = this.#world;
    return membersOf(proc, this.record).reduce((sum, {pid}) => sum + (proc.memory(pid) ?? 0), 0);
  }
}
