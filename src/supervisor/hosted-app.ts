import type {FrontStatus} from '../control/api.ts';
import {closedPage} from '../core/closed-page.ts';
import {startOrder} from '../core/order.ts';
import {processNames, webProgram} from '../core/spec.ts';
import type {AppSpec, ProgramSpec} from '../core/spec.ts';
import type {UnitState} from '../core/state.ts';
import {messageOf} from '../errors.ts';
import type {AppsupError} from '../errors.ts';
import type {Clock} from '../system/clock.ts';
import type {Desired, DesiredStates} from './desired.ts';
import type {Verdict} from './health.ts';
import type {HeldSocket} from './held-socket.ts';
import {IdleWatch} from './idle-watch.ts';
import type {Done, UnitRecord} from './records.ts';
import {Needs} from './needs.ts';
import type {Runner, Started, UnitIdentity} from './unit.ts';
import {Unit} from './unit.ts';

/** A process that was found running, for the unit that it belongs to. */
export interface Found {
  readonly record: UnitRecord;
  readonly main: Started;
}

export interface HostedAppOptions {
  readonly name: string;
  readonly file: string;
  readonly clock: Clock;
  readonly runner: Runner;
  readonly desired: DesiredStates;
  readonly onChange: (app: HostedApp, unit: Unit, from: UnitState) => void;
  readonly onHealth: (app: HostedApp, unit: Unit, verdict: Verdict) => void;
  /** Bind the app's port if that is possible now; `undefined` with a reason in `app.portProblem` if not. */
  readonly bind: (app: HostedApp) => HeldSocket | undefined;
  /** True when somebody is connected to the app, or was within the last milliseconds that can be told. */
  readonly hasVisitors: (app: HostedApp, withinMs: number) => boolean;
}

/** One app with its units, its socket and what the user wishes of it. */
export class HostedApp {
  readonly name: string;
  file: string;
  /** The last good version of its file; `undefined` while there has been none. */
  spec: AppSpec | undefined;
  /** Of the file that {@link HostedApp.spec} came from. */
  hash = '';
  /** The mistakes of the file as it is now. */
  problems: readonly string[] = [];
  port: number | undefined;
  publicUrl: string | undefined;
  socket: HeldSocket | undefined;
  /** Why the port is not held. */
  portProblem: string | undefined;
  /** Why there is no port to hold. */
  portRefusal: AppsupError | undefined;
  /** As of when its file was read last; `undefined` while it serves nothing. */
  front: FrontStatus | undefined;
  readonly units = new Map<string, Unit>();
  readonly #options: HostedAppOptions;
  readonly #wishes: Map<string, Desired>;
  /** Units that start as soon as what they come after is running. */
  readonly #pending = new Set<Unit>();
  /** Lazy units that somebody has come for. */
  readonly #woken = new Set<Unit>();
  #idle: IdleWatch | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #needs: Needs;
  /** Processes that had done their work before this supervisor came; those that have no unit yet. */
  readonly #done = new Map<string, Done>();

  constructor(options: HostedAppOptions) {
    this.#options = options;
    this.name = options.name;
    this.file = options.file;
    this.#wishes = new Map(options.desired.read(options.name));
    this.#needs = new Needs({clock: options.clock, onAnswer: () => this.#look()});
  }

  /** Take a good version of the app's file. What runs goes on as it is; new programs get a unit. */
  take(spec: AppSpec, hash: string): void {
    this.spec = spec;
    this.hash = hash;
    const wanted = new Set<string>();
    for (const program of spec.programs) {
      for (const [index, process] of processNames(program).entries()) {
        wanted.add(process);
        const unit = this.units.get(process);
        if (unit === undefined) this.#add(program, process, index);
        else unit.spec = program;
      }
    }
    for (const [process, unit] of this.units) {
      if (!wanted.has(process) && isAtRest(unit)) this.units.delete(process);
    }
  }

  /** Go on with a process that an earlier supervisor started. */
  adopt({record, main}: Found): Unit {
    const index = Math.max(0, processNames(main.program).indexOf(record.process));
    return this.#add(main.program, record.process, index, {main, restarts: record.restarts});
  }

  /** A process did its work under an earlier supervisor. Whoever is always restarted has none to do. */
  rememberDone(process: string, done: Done): void {
    this.#done.set(process, done);
  }

  /**
   * What runs was wished for, whatever became of the file that said so.
   *
   * @throws AppsupError `DISK`: then it is remembered for as long as this supervisor lives.
   */
  rememberWish(unit: Unit): void {
    if (this.#wishOf(unit.id) !== undefined) return;
    this.#wishes.set(unit.id.process, 'running');
    this.#options.desired.write(this.name, this.#wishes);
  }

  /** A process that came with a higher `numprocs` is wished for as its siblings are; nothing wished is stopped. */
  desired(unit: UnitIdentity): Desired {
    return this.#wishOf(unit) ?? 'stopped';
  }

  /** What a unit waits for before it starts, or `undefined`. */
  waitsFor(unit: Unit): string | undefined {
    if (!this.#pending.has(unit)) return undefined;
    const program = unit.spec.after.find((name) => !this.#isUp(name));
    return program ?? this.#needs.missing(unit.spec.needs);
  }

  /** The program of this app that a unit waits for, or `undefined`. */
  waitsForProgram(unit: Unit): string | undefined {
    return this.#pending.has(unit) ? unit.spec.after.find((name) => !this.#isUp(name)) : undefined;
  }

  /** Remember the wish, then start in order. Does not wait. */
  start(units: readonly Unit[]): void {
    this.#wish(units, 'running');
    for (const unit of units) if (unit.state.id !== 'running') unit.forget();
    this.resume(units);
  }

  /** Start what the user wished for earlier: after a boot, or when the supervisor returns. Never gives up. */
  wake(units: readonly Unit[]): void {
    for (const unit of units) unit.patient = true;
    this.resume(units);
  }

  /** Start without a new wish. */
  resume(units: readonly Unit[]): void {
    for (const unit of units) this.#pending.add(unit);
    this.#startPending();
  }

  /**
   * Remember the wish, then stop: what comes after others first. Resolves when all of it is gone.
   *
   * @param whole - The app is meant: also what was wished for and has no unit, as its file was broken when the supervisor came.
   */
  async stop(units: readonly Unit[], whole = false): Promise<void> {
    this.#wish(units, 'stopped', whole ? [...this.#wishes.keys()] : []);
    await this.halt(units);
  }

  /** Stop without a new wish. */
  async halt(units: readonly Unit[]): Promise<void> {
    for (const unit of units) {
      this.#pending.delete(unit);
      this.#woken.delete(unit);
    }
    for (const wave of this.inOrder(units).toReversed()) {
      for (const unit of wave) unit.send({type: 'stop'});
      // Somebody else may want it started meanwhile: that is his, and not waited for.
      await this.until(() => wave.every((unit) => isAtRest(unit) || this.#pending.has(unit) || isUp(unit)));
    }
  }

  /** Ask for a new generation. What is not running is started. Does not wait. */
  restart(unit: Unit): void {
    this.#wish([unit], 'running');
    unit.forget();
    if (unit.state.id === 'running' || unit.state.id === 'starting') unit.send({type: 'restart'});
    // What sleeps finds the new code when it is woken.
    else if (unit.state.id !== 'dormant') this.resume([unit]);
  }

  /** Resolves when the condition holds, which is asked after every change of the app; or when time is up. */
  async until(condition: () => boolean, limitMs = Infinity): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#listeners.delete(look);
        limit?.cancel();
        resolve();
      };
      const look = () => condition() && done();
      const limit = limitMs === Infinity ? undefined : this.#options.clock.after(limitMs, done);
      this.#listeners.add(look);
    });
  }

  /** Units in waves: each wave needs only earlier ones. */
  inOrder(units: readonly Unit[]): readonly (readonly Unit[])[] {
    const programs = this.spec?.programs ?? units.map(({spec}) => spec);
    const order = startOrder(programs);
    // A cycle cannot come from a good file; an old record's programs may be incomplete, so nothing is left out.
    const waves = order.ok ? order.waves : [];
    const placed = waves.map((names) => units.filter(({id}) => names.includes(id.program)));
    const rest = units.filter((unit) => !placed.some((wave) => wave.includes(unit)));
    return [...placed, rest].filter((wave) => wave.length > 0);
  }

  /** As the programs stand in the app's file; what is not in it any more comes last. */
  inOrderOfFile(): readonly Unit[] {
    const names = (this.spec?.programs ?? []).flatMap((program) => processNames(program));
    const rank = ({id}: Unit) => (names.includes(id.process) ? names.indexOf(id.process) : names.length);
    return [...this.units.values()].toSorted((a, b) => rank(a) - rank(b));
  }

  /** The units of the program that serves the mount. */
  webUnits(): readonly Unit[] {
    return [...this.units.values()].filter(({spec}) => spec.listen !== 'none');
  }

  /** Keep the promise of the port: held while something serves, answered with 503 while nothing does. */
  tendSocket(): void {
    this.#tendIdle();
    const web = this.webUnits();
    if (web.length === 0 || !web.every(isAtRest)) return;
    this.socket ??= this.#options.bind(this);
    if (web.some(({state}) => state.id === 'dormant')) this.#awaitVisitor();
    else this.socket?.answer(() => this.closedPage());
  }

  #awaitVisitor(): void {
    this.socket?.await(this.#wakeDormant).then(
      () => this.#look(),
      (error: unknown) => {
        // Rather running than never.
        this.portProblem = `visitors of ${this.name} cannot be waited for (${messageOf(error)}), so it is started`;
        this.#wakeDormant();
      },
    );
  }

  readonly #wakeDormant = (): void => {
    const units = this.webUnits().filter(({state}) => state.id === 'dormant');
    for (const unit of units) this.#woken.add(unit);
    this.resume(units);
  };

  /** Watch a lazy app for visitors while it runs, so that it can go to sleep. */
  #tendIdle(): void {
    const web = this.webUnits();
    const idleMs = web[0]?.main?.program.idleStopMs;
    const runs = web.length > 0 && web.every(({state}) => state.id === 'running');
    const wanted = runs ? idleMs : undefined;
    // A restart may have brought another time, or none, without a pause in between.
    if (wanted === this.#idle?.idleMs) return;
    this.#idle?.close();
    this.#idle = undefined;
    if (wanted === undefined) return;
    this.#idle = new IdleWatch({
      idleMs: wanted,
      clock: this.#options.clock,
      nextVisitor: (call) => void this.socket?.await(call).catch(call),
      hasVisitors: (withinMs) => this.#options.hasVisitors(this, withinMs),
      onIdle: () => {
        for (const unit of this.webUnits()) unit.send({type: 'doze'});
      },
    });
  }

  closedPage(): string {
    const back = this.webUnits().some(({state}) => state.id === 'backoff' || state.id === 'starting');
    return closedPage(this.name, {starting: back, words: this.spec?.front.maintenance});
  }

  get serves(): boolean {
    return this.spec !== undefined && webProgram(this.spec) !== undefined;
  }

  #add(
    program: ProgramSpec,
    process: string,
    index: number,
    found?: {main: Started; restarts: number},
  ): Unit {
    const unit = new Unit({
      id: {app: this.name, program: program.name, process, index},
      spec: program,
      clock: this.#options.clock,
      runner: this.#options.runner,
      onChange: (changed, from) => this.#changed(changed, from),
      onHealth: (changed, verdict) => this.#options.onHealth(this, changed, verdict),
      done: program.restart === 'always' ? undefined : this.#done.get(process),
      ...found,
    });
    this.#done.delete(process);
    this.units.set(process, unit);
    return unit;
  }

  #changed(unit: Unit, from: UnitState): void {
    this.tendSocket();
    this.#options.onChange(this, unit, from);
    this.#look();
  }

  #look(): void {
    this.#startPending();
    if (this.#pending.size === 0) this.#needs.rest();
    for (const look of [...this.#listeners]) look();
  }

  #startPending(): void {
    for (const unit of [...this.#pending]) {
      if (unit.spec.lazy && !this.#woken.has(unit)) {
        this.#pending.delete(unit);
        unit.send({type: isUp(unit) ? 'start' : 'doze'});
        continue;
      }
      if (!unit.spec.after.every((name) => this.#isUp(name))) continue;
      if (this.#needs.missing(unit.spec.needs) !== undefined) {
        this.#needs.await(unit.spec.needs);
        continue;
      }
      this.#pending.delete(unit);
      this.#woken.delete(unit);
      unit.send({type: 'start'});
    }
  }

  #isUp(program: string): boolean {
    const units = [...this.units.values()].filter(({id}) => id.program === program);
    return units.length > 0 && units.every(({state}) => state.id === 'running' || state.id === 'dormant');
  }

  #wishOf({program, process}: UnitIdentity): Desired | undefined {
    const sibling = [...this.#wishes.keys()].find(
      (name) => name === program || name.replace(/_\d+$/, '') === program,
    );
    return this.#wishes.get(process) ?? this.#wishes.get(sibling ?? '');
  }

  /** @throws AppsupError `DISK`: then nothing was changed. */
  #wish(units: readonly Unit[], wish: Desired, others: readonly string[] = []): void {
    const wishes = new Map(this.#wishes);
    for (const process of [...others, ...units.map(({id}) => id.process)]) wishes.set(process, wish);
    this.#options.desired.write(this.name, wishes);
    for (const [process, value] of wishes) this.#wishes.set(process, value);
  }
}

function isUp({state}: Unit): boolean {
  return state.id === 'starting' || state.id === 'running';
}

/** Nothing of the unit runs or is being started or stopped. */
export function isAtRest(unit: Unit): boolean {
  return (
    ['stopped', 'dormant', 'exited', 'fatal', 'backoff'].includes(unit.state.id) && unit.leaving.length === 0
  );
}
