import type {ProcessStatus} from '../control/api.ts';
import {describeExit} from '../core/exit.ts';
import {adopted, deadlineOf, transition} from '../core/machine.ts';
import type {ProgramSpec} from '../core/program-spec.ts';
import type {Action, Change, Exit, Role, UnitEvent, UnitState} from '../core/state.ts';
import {messageOf} from '../errors.ts';
import type {Clock, Timer} from '../system/clock.ts';
import {askToStop} from './ask-to-stop.ts';
import type {Outcome, Runner, Started, UnitIdentity} from './generation.ts';
import type {Verdict} from './health.ts';
import {Leaving} from './leaving.ts';
import type {LiveProcess} from './live-process.ts';
import {proven, unaskable} from './proven.ts';
import {ServingWatch} from './serving-watch.ts';
import {rulesFor} from './unit-rules.ts';

/** A process that is being prepared; its role may change before it exists. */
interface Starting {
  role: Role;
  readonly abort: AbortController;
}

/**
 * One process of a program, kept in the state that the user asked for: the shell around `core/machine.ts`.
 *
 * It owns its processes: nobody else signals them or waits for them. Every change is told by `onChange`.
 */
export class Unit {
  readonly id: UnitIdentity;
  /** Starts by our own decision since the user's last start or restart. */
  restarts = 0;
  /** Wall clock of the last change of the state's name. */
  since: number;
  /** Why the last overlapping restart came to nothing, until one succeeds. */
  lastChangeFailed: Outcome | undefined;
  /** After a boot nothing gives up: a database may be late. Ends when the process lasts, or the user says something. */
  patient = false;
  /** Why it was replaced by our own decision, the last time. */
  lastReplaced: string | undefined;
  /** The last failure of a process of this unit. */
  lastFailure: Outcome | undefined;
  /** Milliseconds from the last spawn of a main or promoted process to its readiness. */
  readyMs: number | undefined;
  /** True when the process that was replaced last had to be killed. */
  lastLeftByForce = false;
  #state: UnitState;
  #main: Started | undefined;
  #candidate: Started | undefined;
  #spec: ProgramSpec;
  #timer: Timer | undefined;
  #watched: ServingWatch | undefined;
  readonly #leaving = new Set<Leaving>();
  readonly #rehearsing = new Set<LiveProcess>();
  readonly #starting = new Set<Starting>();
  /** The last answer of each process that did not do. */
  readonly #refusals = new WeakMap<Started, string>();
  readonly #clock: Clock;
  readonly #runner: Runner;
  readonly #onChange: (unit: Unit, from: UnitState) => void;
  readonly #onHealth: (unit: Unit, verdict: Verdict) => void;

  constructor(options: {
    readonly id: UnitIdentity;
    readonly spec: ProgramSpec;
    readonly clock: Clock;
    readonly runner: Runner;
    readonly onChange: (unit: Unit, from: UnitState) => void;
    readonly onHealth: (unit: Unit, verdict: Verdict) => void;
    /** A process that an earlier supervisor left behind. */
    readonly main?: Started;
    readonly restarts?: number;
    /** It has done its work under an earlier supervisor: it is not started again. */
    readonly done?: {readonly exit: Exit; readonly at: number} | undefined;
  }) {
    this.id = options.id;
    this.#spec = options.spec;
    this.#clock = options.clock;
    this.#runner = options.runner;
    this.#onChange = options.onChange;
    this.#onHealth = options.onHealth;
    this.#main = options.main;
    this.restarts = options.restarts ?? 0;
    const {main, done} = options;
    const resting: UnitState = done === undefined ? {id: 'stopped'} : {id: 'exited', exit: done.exit};
    this.#state = main === undefined ? resting : adopted();
    this.since = main?.process.record.startedAt ?? done?.at ?? options.clock.wall();
    if (options.main !== undefined) this.#watch(options.main);
    this.#tend();
  }

  get state(): UnitState {
    return this.#state;
  }

  get change(): Change | undefined {
    return this.#state.id === 'running' ? this.#state.change : undefined;
  }

  get main(): Started | undefined {
    return this.#main;
  }

  get candidate(): Started | undefined {
    return this.#candidate;
  }

  /** Replaced processes that are on their way out, and one that only proves new code. */
  get leaving(): readonly LiveProcess[] {
    return [...this.#rehearsing, ...[...this.#leaving].map(({process}) => process)];
  }

  /** What goes on beside the process that serves. */
  get beside(): ProcessStatus['change'] {
    if (this.change !== undefined) return this.change.phase;
    if (this.#rehearsing.size > 0) return 'proving';
    return this.#leaving.size > 0 ? 'leaving' : undefined;
  }

  /** The spec that decides: of the newest generation. */
  get spec(): ProgramSpec {
    return this.#spec;
  }

  /** What is wished for the next start. A running process keeps the spec that it was started from. */
  set spec(spec: ProgramSpec) {
    this.#spec = spec;
  }

  /** Tell the unit what happened, or what is wished. */
  send(event: UnitEvent): void {
    const from = this.#state;
    const {state, actions} = transition(from, event, {
      spec: rulesFor(this.#running(), this.#spec, this.patient),
      // Also staying up is proven, by waiting, from the moment at which the process exists: preparing it may take a while.
      probed: true,
      // Looking costs something, and only a restart asks.
      overlap: event.type === 'restart' && this.#canOverlap(),
      now: this.#clock.monotonic(),
    });
    this.#state = state;
    if (state.id !== from.id) this.since = this.#clock.wall();
    // It speaks of an older process that still serves; now none does.
    if (state.id !== 'running') this.lastChangeFailed = undefined;
    if (
      event.type !== 'start' &&
      event.type !== 'restart' &&
      state.id === 'starting' &&
      from.id !== 'stopping'
    ) {
      this.restarts++;
    }
    if (state.id === 'running' && state.settles === undefined) this.patient = false;
    this.#arm();
    this.#tend();
    for (const action of actions) this.#do(action);
    if (state !== from) this.#onChange(this, from);
  }

  /** What the last answers say; `undefined` when it is not asked while it runs. */
  get verdict(): Verdict | undefined {
    return this.#watched?.verdict;
  }

  /** A user's word: earlier failures no longer count. */
  forget(): void {
    this.restarts = 0;
    this.patient = false;
    this.lastFailure = undefined;
    this.lastReplaced = undefined;
  }

  /** Replace the running process by our own decision. */
  replace(why: string): void {
    if (this.#state.id !== 'running' || this.#state.change !== undefined) return;
    this.lastReplaced = why;
    this.restarts++;
    this.send({type: 'restart'});
  }

  /**
   * Let the running process take up new code by itself (its reload signal), after another process has proven that the
   * code works, where that is possible. Resolves with what went wrong, or `undefined` once it answers again.
   */
  async reload(signal: NodeJS.Signals): Promise<Outcome | undefined> {
    const main = this.#main;
    if (this.#state.id !== 'running' || main === undefined)
      return {reason: 'it is not running', output: [], error: undefined};
    const failure = this.#canOverlap() ? await this.#rehearse() : undefined;
    if (failure !== undefined || main !== this.#main) return failure;
    main.process.signal(signal);
    return await this.#proven(main);
  }

  /** Send the serving process a signal of the user's. No wish: what comes of it is judged as if it had come by itself. */
  signal(signal: NodeJS.Signals, to: 'leader' | 'group'): boolean {
    return this.#main?.process.signal(signal, to) ?? false;
  }

  /** A process that an earlier supervisor was ending; this one goes on with it. */
  leave(process: LiveProcess): void {
    this.#retire(process);
  }

  /** Of what runs; of what is to run, if nothing does. */
  #running(): ProgramSpec {
    return this.#main?.program ?? this.#spec;
  }

  #canOverlap(): boolean {
    return this.#spec.overlap && this.#main !== undefined && this.#runner.canShare(this.#main);
  }

  #arm(): void {
    this.#timer?.cancel();
    const at = deadlineOf(this.#state);
    this.#timer =
      at === undefined
        ? undefined
        : this.#clock.after(at - this.#clock.monotonic(), () => this.send({type: 'due'}));
  }

  /** Watch the health and the limits of whatever serves now, and of nothing else. */
  #tend(): void {
    const main = this.#state.id === 'running' ? this.#main : undefined;
    if (this.#watched?.main === main) return;
    this.#watched?.close();
    this.#watched =
      main &&
      new ServingWatch({
        main,
        clock: this.#clock,
        check: async (signal) => await this.#runner.check(main, signal),
        onVerdict: (verdict) => this.#onHealth(this, verdict),
        onReplace: (why) => this.replace(why),
      });
  }

  #do(action: Action): void {
    switch (action.type) {
      case 'spawn':
        void this.#spawn(action.role);
        break;
      case 'terminate':
        this.#callOff(action.role);
        this.#askToStop(action.role);
        break;
      case 'kill':
        this.#callOff(action.role);
        this.#process(action.role)?.process.kill();
        break;
      case 'promote':
        this.#promote();
        break;
      case 'gave-up-change':
        this.lastChangeFailed = {
          ...(this.lastChangeFailed ?? {output: [], error: undefined}),
          reason: action.why,
        };
        break;
    }
  }

  #askToStop(role: Role): void {
    const asked = this.#process(role);
    if (asked !== undefined) askToStop(asked.process, this.#running());
  }

  #callOff(role: Role): void {
    for (const starting of this.#starting) if (starting.role === role) starting.abort.abort();
  }

  #process(role: Role): Started | undefined {
    return role === 'main' ? this.#main : this.#candidate;
  }

  async #spawn(role: Role): Promise<void> {
    const starting: Starting = {role, abort: new AbortController()};
    this.#starting.add(starting);
    let started: Started;
    try {
      started = await this.#runner.start(this.id, starting.abort.signal);
    } catch (error) {
      this.#starting.delete(starting);
      const outcome = {reason: messageOf(error), output: [], error: error as Error};
      if (starting.role === 'main') this.lastFailure = outcome;
      else this.lastChangeFailed = outcome;
      this.send({type: 'failed', role: starting.role, why: messageOf(error)});
      return;
    }
    this.#starting.delete(starting);
    if (starting.role === 'main') this.#main = started;
    else this.#candidate = started;
    this.#watch(started);
    // It was called off while it was being prepared.
    if (starting.abort.signal.aborted) started.process.kill();
    else void this.#prove(started);
    this.#onChange(this, this.#state);
  }

  /** Ask the process until it answers; its exit ends the asking. */
  async #prove(started: Started): Promise<void> {
    const abort = new AbortController();
    const begun = this.#clock.monotonic();
    const onRefusal = (detail: string) => {
      this.#refusals.set(started, detail);
      this.#note(started, {reason: detail, output: [], error: undefined});
    };
    void started.process.gone.then(() => abort.abort());
    try {
      const beside = this.#roleOf(started) === 'candidate';
      await this.#runner.ready(started, {signal: abort.signal, beside, onRefusal});
    } catch (error) {
      if (abort.signal.aborted) return;
      // Whom nobody can ask does not get ready, and has until the end of its time; that is no reason to end all the others.
      return onRefusal(unaskable(error).reason);
    }
    const role = this.#roleOf(started);
    if (role === undefined) return;
    this.readyMs = this.#clock.monotonic() - begun;
    this.send({type: 'ready', role});
  }

  /** Start a process with the new code, prove it, and end it again. */
  async #rehearse(): Promise<Outcome | undefined> {
    let trial: Started;
    try {
      trial = await this.#runner.start(this.id, new AbortController().signal);
    } catch (error) {
      return {reason: messageOf(error), output: [], error: error as Error};
    }
    this.#rehearsing.add(trial.process);
    this.#onChange(this, this.#state);
    const failure = await this.#proven(trial);
    this.#rehearsing.delete(trial.process);
    this.#retire(trial.process, trial.program);
    return failure;
  }

  async #proven(started: Started): Promise<Outcome | undefined> {
    const [runner, clock] = [this.#runner, this.#clock];
    return await proven(started, {runner, clock, beside: started !== this.#main});
  }

  #watch(started: Started): void {
    void started.process.gone.then((exit) => this.#onGone(started, exit));
  }

  #onGone(started: Started, exit: Exit): void {
    const role = this.#roleOf(started);
    if (role === undefined) return;
    const words = this.#runner.lastWords(started.process);
    const said = words.reason === undefined ? describeExit(exit) : `${describeExit(exit)}: ${words.reason}`;
    const overdue = this.#overdue(started);
    const why = this.#state.id === 'stopping' ? overdue : said;
    this.#note(started, {reason: overdue ?? said, output: words.lines, error: undefined});
    if (role === 'main') this.#main = undefined;
    else this.#candidate = undefined;
    this.send({type: 'exited', role, exit, ...(why === undefined ? {} : {why})});
  }

  /** Of a process that we ended because it was not ready in time: what it answered says more than its farewell. */
  #overdue(started: Started): string | undefined {
    const state = this.#state;
    if (state.id !== 'stopping' || state.next.id !== 'retry' || started !== this.#main) return undefined;
    const refusal = this.#refusals.get(started);
    return refusal === undefined ? undefined : `${state.next.why}: ${refusal}`;
  }

  #note(started: Started, outcome: Outcome): void {
    if (this.#roleOf(started) === 'candidate') this.lastChangeFailed = outcome;
    else this.lastFailure = outcome;
  }

  #roleOf(started: Started): Role | undefined {
    if (started === this.#main) return 'main';
    return started === this.#candidate ? 'candidate' : undefined;
  }

  #promote(): void {
    const old = this.#main;
    this.#main = this.#candidate;
    this.#candidate = undefined;
    this.lastChangeFailed = undefined;
    this.#tend();
    // The candidate may not be spawned yet when the old process dies: it then arrives as main.
    for (const starting of this.#starting) starting.role = 'main';
    if (old !== undefined) this.#retire(old.process, old.program);
  }

  #retire(process: LiveProcess, program: ProgramSpec = this.#spec): void {
    const leaving = new Leaving({process, program, clock: this.#clock});
    this.#leaving.add(leaving);
    void leaving.gone.then(() => {
      this.#leaving.delete(leaving);
      this.lastLeftByForce = leaving.killed;
      this.#onChange(this, this.#state);
    });
  }
}
