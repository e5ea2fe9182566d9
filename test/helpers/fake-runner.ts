import {formatMark} from '../../src/core/mark.ts';
import type {ProgramSpec} from '../../src/core/program-spec.ts';
import type {AppSpec} from '../../src/core/spec.ts';
import {LiveProcess} from '../../src/supervisor/live-process.ts';
import type {ProbeResult} from '../../src/supervisor/probe.ts';
import type {Runner, Started, UnitIdentity} from '../../src/supervisor/generation.ts';
import type {Proc, ProcStat} from '../../src/system/proc.ts';
import type {Processes} from '../../src/system/processes.ts';
import type {FakeClock} from './fake-clock.ts';

/** A process of the fake table: what it is told, and what it does about it. */
export interface FakeProcess {
  readonly started: Started;
  readonly signals: NodeJS.Signals[];
  /** Signals that end it. */
  readonly mortal: Set<NodeJS.Signals>;
  alive: boolean;
  /** Its probe is answered from now on. */
  answer(): void;
  /** It ends by itself. */
  exit(code: number): void;
}

/** Starts processes that exist only in a table, and are steered by the test. */
export class FakeRunner implements Runner {
  readonly spawned: FakeProcess[] = [];
  /** Thrown by the next start. */
  refusal: Error | undefined;
  /** Signals that the next processes die of. */
  mortal: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGKILL'];
  shares = true;
  /** The answer of every health check. */
  health: ProbeResult = {up: true, detail: ''};
  words: readonly string[] = [];
  /** Why no process can be asked. */
  unaskable: Error | undefined;
  /** What a process answers as long as it is not ready. */
  refuses: string | undefined;
  readonly #clock: FakeClock;
  readonly #app: AppSpec;
  readonly #answers = new Map<Started, () => void>();

  constructor({clock, app}: {readonly clock: FakeClock; readonly app: AppSpec}) {
    this.#clock = clock;
    this.#app = app;
  }

  async start(unit: UnitIdentity): Promise<Started> {
    if (this.refusal !== undefined) throw this.refusal;
    const generation = this.spawned.length + 1;
    const pid = 100 + generation;
    const process = LiveProcess.started(this.#world(), recordOf(unit, pid, generation), []);
    const program = this.#app.programs.find(({name}) => name === unit.program) as ProgramSpec;
    const started: Started = {process, app: this.#app, program, private: true};
    const fake: FakeProcess = {
      started,
      signals: [],
      mortal: new Set(this.mortal),
      alive: true,
      answer: () => this.#answers.get(started)?.(),
      exit(code) {
        fake.alive = false;
        process.ended({code, signal: undefined});
      },
    };
    this.spawned.push(fake);
    return started;
  }

  async ready(
    started: Started,
    {signal, onRefusal}: {readonly signal: AbortSignal; readonly onRefusal: (detail: string) => void},
  ): Promise<void> {
    if (this.unaskable !== undefined) throw this.unaskable;
    if (this.refuses !== undefined) onRefusal(this.refuses);
    await new Promise<void>((resolve, reject) => {
      if (started.program.readiness.kind === 'none') this.#clock.after(started.program.startMs, resolve);
      this.#answers.set(started, resolve);
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  }

  async check(): Promise<ProbeResult> {
    return this.health;
  }

  canShare(): boolean {
    return this.shares;
  }

  lastWords(): {readonly reason: string | undefined; readonly lines: readonly string[]} {
    return {reason: this.words.at(-1), lines: this.words};
  }

  #world(): {readonly clock: FakeClock; readonly proc: Proc; readonly processes: Processes} {
    const list = () =>
      this.spawned.filter(({alive}) => alive).map(({started}) => statOf(started.process.pid));
    return {
      clock: this.#clock,
      proc: {
        list,
        program: () => undefined,
        stat: (pid) => list().find((stat) => stat.pid === pid),
        variable: () => undefined,
        environment: () => ({}),
        memory: () => 1024,
        children: () => [],
        resident: () => ({own: 1024, file: 0}),
        availableMemory: () => undefined,
        ageMs: () => 0,
        bootId: () => 'boot',
      },
      processes: {
        spawn: async () => await Promise.reject(new Error('not here')),
        signal: (pid, signal) => this.#signal(Math.abs(pid), signal),
      },
    };
  }

  #signal(pid: number, signal: NodeJS.Signals): boolean {
    const fake = this.spawned.find((each) => each.started.process.pid === pid);
    if (fake === undefined || !fake.alive) return false;
    fake.signals.push(signal);
    if (fake.mortal.has(signal)) {
      fake.alive = false;
      fake.started.process.ended({code: undefined, signal});
    }
    return true;
  }
}

function statOf(pid: number): ProcStat {
  return {pid, name: 'python3', ppid: 1, group: pid, session: pid, state: 'S', startTicks: 7, cpuMs: 0};
}

function recordOf(unit: UnitIdentity, pid: number, generation: number) {
  return {
    generation,
    pid,
    startTicks: 7,
    bootId: 'boot',
    startedAt: 0,
    mark: formatMark({state: '/s', app: unit.app, process: unit.process, generation}),
    logFile: '/dev/null',
    logOffset: 0,
    port: 20000,
    privateSocket: undefined,
    held: true,
    hash: 'h',
    ask: undefined,
  };
}
