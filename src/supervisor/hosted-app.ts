import type {FrontStatus} from '../control/api.ts';
import {closedPage} from '../core/closed-page.ts';
import {startOrder} from '../core/order.ts';
import {processNames} from '../core/program-spec.ts';
import {isServed} from '../core/spec.ts';
import type {ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec} from '../core/spec.ts';
import type {UnitState} from '../core/state.ts';
import type {AppsupError} from '../errors.ts';
import type {Clock} from '../system/clock.ts';
import {isAtRest, isStartingOrUp} from './at-rest.ts';
import type {Desired, DesiredStates} from './desired.ts';
import {Door} from './door.ts';
import type {DoorOptions, VisitedApp} from './door.ts';
import type {Runner, Started, UnitIdentity} from './generation.ts';
import type {Verdict} from './health.ts';
import type {HeldSocket} from './held-socket.ts';
import type {Done, UnitRecord} from './records.ts';
import {StartQueue} from './start-queue.ts';
import {Unit} from './unit.ts';
import {Wishes} from './wishes.ts';

/** A process that was found running, for the unit that it belongs to. */
export interface Found {
  readonly record: UnitRecord;
  readonly main: Started;
}

export interface HostedAppOptions extends Pick<DoorOptions<HostedApp>, 'bind' | 'hasVisitors'> {
  readonly name: string;
  readonly file: string;
  readonly clock: Clock;
  readonly runner: Runner;
  readonly desired: DesiredStates;
  readonly onChange: (app: HostedApp, unit: Unit, from: UnitState) => void;
  readonly onHealth: (app: HostedApp, unit: Unit, verdict: Verdict) => void;
}

/** One app with its units, its socket and what the user wishes of it. */
export class HostedApp implements VisitedApp {
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
  /** Those of {@link ProgramSpec.sockets} that are leased, by name. */
  namedPorts: ReadonlyMap<string, number> = new Map();
  socket: HeldSocket | undefined;
  /** The sockets beside it, by name. */
  readonly named = new Map<string, HeldSocket>();
  /** Why the port is not held. */
  portProblem: string | undefined;
  /** Why there is no port to hold. */
  portRefusal: AppsupError | undefined;
  /** As of when its file was read last; `undefined` while it serves nothing. */
  front: FrontStatus | undefined;
  readonly units = new Map<string, Unit>();
  readonly #options: HostedAppOptions;
  readonly #wishes: Wishes;
  readonly #queue: StartQueue;
  readonly #door: Door<HostedApp>;
  readonly #listeners = new Set<() => void>();
  /** Processes that had done their work before this supervisor came; those that have no unit yet. */
  readonly #done = new Map<string, Done>();

  constructor(options: HostedAppOptions) {
    this.#options = options;
    this.name = options.name;
    this.file = options.file;
    const {clock, bind, hasVisitors} = options;
    this.#wishes = new Wishes(options.name, options.desired);
    this.#queue = new StartQueue({clock, units: () => this.units.values(), onAnswer: () => this.#look()});
    this.#door = new Door<HostedApp>({
      app: this,
      clock,
      bind,
      hasVisitors,
      onVisitor: (units) => this.#queue.wake(units),
      onAwaiting: () => this.#look(),
    });
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

  /** True for a process that the app's file has as it is now. */
  lists({id}: Unit): boolean {
    const program = this.spec?.programs.find(({name}) => name === id.program);
    return program !== undefined && processNames(program).includes(id.process);
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
    this.#wishes.remember(unit.id);
  }

  /** Nothing wished is stopped. */
  desired(unit: UnitIdentity): Desired {
    return this.#wishes.of(unit) ?? 'stopped';
  }

  /** What a unit waits for before it starts, or `undefined`. */
  waitsFor(unit: Unit): string | undefined {
    return this.#queue.waitsFor(unit);
  }

  /** The program of this app that a unit waits for, or `undefined`. */
  waitsForProgram(unit: Unit): string | undefined {
    return this.#queue.waitsForProgram(unit);
  }

  /** Remember the wish, then start in order. Does not wait. */
  start(units: readonly Unit[]): void {
    this.#wishes.set(units.map(processOf), 'running');
    for (const unit of units) if (unit.state.id !== 'running') unit.forget();
    this.#queue.add(units);
  }

  /** Start what the user wished for earlier: after a boot, or when the supervisor returns. Never gives up. */
  wake(units: readonly Unit[]): void {
    for (const unit of units) unit.patient = true;
    this.#queue.add(units);
  }

  /**
   * Remember the wish that these are stopped; {@link HostedApp.halt} stops them.
   *
   * @param whole - The app is meant: also what was wished for and has no unit, as its file was broken when the supervisor came.
   * @throws AppsupError `DISK`: then nothing was changed, and nothing may be stopped.
   */
  wishStopped(units: readonly Unit[], whole = false): void {
    const others = whole ? this.#wishes.processes : [];
    this.#wishes.set([...others, ...units.map(processOf)], 'stopped');
  }

  /** Stop, what comes after others first, without a new wish. Resolves when all of it is gone. */
  async halt(units: readonly Unit[]): Promise<void> {
    this.#queue.delete(units);
    for (const wave of this.inOrder(units).toReversed()) {
      for (const unit of wave) unit.send({type: 'stop'});
      // Somebody else may want it started meanwhile: that is his, and not waited for.
      await this.until(() =>
        wave.every((unit) => isAtRest(unit) || this.#queue.has(unit) || isStartingOrUp(unit)),
      );
    }
  }

  /** Ask for a new generation. What is not running is started. Does not wait. */
  restart(unit: Unit): void {
    this.#wishes.set([unit.id.process], 'running');
    unit.forget();
    if (unit.state.id === 'running' || unit.state.id === 'starting') unit.send({type: 'restart'});
    // What sleeps finds the new code when it is woken.
    else if (unit.state.id !== 'dormant') this.#queue.add([unit]);
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

  /** All that is held, the app's own first. */
  get sockets(): readonly HeldSocket[] {
    return [...(this.socket === undefined ? [] : [this.socket]), ...this.named.values()];
  }

  /** The units of the program that serves the mount. */
  webUnits(): readonly Unit[] {
    return [...this.units.values()].filter(({spec}) => spec.listen !== 'none');
  }

  /** Keep the promise of the port: held while something serves, answered with 503 while nothing does. */
  tendSocket(): void {
    this.#door.tend();
  }

  closedPage(): string {
    const back = this.webUnits().some(({state}) => state.id === 'backoff' || state.id === 'starting');
    return closedPage(this.name, {starting: back, words: this.spec?.front.maintenance});
  }

  get serves(): boolean {
    return this.spec !== undefined && isServed(this.spec);
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
    this.#queue.look();
    for (const look of [...this.#listeners]) look();
  }
}

function processOf({id}: Unit): string {
  return id.process;
}
