import type {Clock} from '../system/clock.ts';
import {isStartingOrUp} from './at-rest.ts';
import {Needs} from './needs.ts';
import type {Unit} from './unit.ts';

export interface StartQueueOptions {
  readonly clock: Clock;
  /** All of the app. */
  readonly units: () => Iterable<Unit>;
  /** An endpoint that was awaited answers: time for another {@link StartQueue.look}. */
  readonly onAnswer: () => void;
}

/** Units of an app that start as soon as what they come after is running, and what they need answers. */
export class StartQueue {
  readonly #units: StartQueueOptions['units'];
  readonly #needs: Needs;
  readonly #pending = new Set<Unit>();
  /** Lazy units that somebody has come for. */
  readonly #woken = new Set<Unit>();

  constructor({clock, units, onAnswer}: StartQueueOptions) {
    this.#units = units;
    this.#needs = new Needs({clock, onAnswer});
  }

  has(unit: Unit): boolean {
    return this.#pending.has(unit);
  }

  /** Start these as soon as that is possible; the lazy ones when somebody comes. */
  add(units: readonly Unit[]): void {
    for (const unit of units) this.#pending.add(unit);
    this.#start();
  }

  /** The same, because somebody has come. */
  wake(units: readonly Unit[]): void {
    for (const unit of units) this.#woken.add(unit);
    this.add(units);
  }

  delete(units: readonly Unit[]): void {
    for (const unit of units) {
      this.#pending.delete(unit);
      this.#woken.delete(unit);
    }
  }

  /** Something has changed: start what waited for it. */
  look(): void {
    this.#start();
    if (this.#pending.size === 0) this.#needs.rest();
  }

  /** What a unit waits for before it starts, or `undefined`. */
  waitsFor(unit: Unit): string | undefined {
    if (!this.#pending.has(unit)) return undefined;
    return this.waitsForProgram(unit) ?? this.#needs.missing(unit.spec.needs);
  }

  /** The program of the app that a unit waits for, or `undefined`. */
  waitsForProgram(unit: Unit): string | undefined {
    return this.#pending.has(unit) ? unit.spec.after.find((name) => !this.#isUp(name)) : undefined;
  }

  #start(): void {
    for (const unit of [...this.#pending]) {
      if (unit.spec.lazy && !this.#woken.has(unit)) {
        this.#pending.delete(unit);
        unit.send({type: isStartingOrUp(unit) ? 'start' : 'doze'});
        continue;
      }
      if (!unit.spec.after.every((name) => this.#isUp(name))) continue;
      if (this.#needs.missing(unit.spec.needs) !== undefined) {
        this.#needs.await(unit.spec.needs);
        continue;
      }
      this.delete([unit]);
      unit.send({type: 'start'});
    }
  }

  #isUp(program: string): boolean {
    const units = [...this.#units()].filter(({id}) => id.program === program);
    return units.length > 0 && units.every(({state}) => state.id === 'running' || state.id === 'dormant');
  }
}
