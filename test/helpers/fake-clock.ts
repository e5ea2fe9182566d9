import type {Clock, Timer} from '../../src/system/clock.ts';

/** A clock that stands until it is told to move. */
export class FakeClock implements Clock {
  #now = 1000;
  readonly #timers = new Set<{readonly at: number; readonly action: () => void}>();

  monotonic(): number {
    return this.#now;
  }

  wall(): number {
    return 1_763_600_000_000 + this.#now;
  }

  after(ms: number, action: () => void): Timer {
    const timer = {at: this.#now + Math.max(0, ms), action};
    this.#timers.add(timer);
    return {cancel: () => this.#timers.delete(timer)};
  }

  /** Move on; every timer fires at its own moment, the earliest first. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].filter(({at}) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#now = next.at;
      this.#timers.delete(next);
      next.action();
    }
    this.#now = end;
  }

  /** Timers that are armed. */
  get armed(): number {
    return this.#timers.size;
  }
}
