import type {Limits} from '../core/program-spec.ts';
import type {Clock, Timer} from '../system/clock.ts';

/** How often the memory of a program with a limit is measured; there is no event for it without root. */
export const MEASURE_MS = 10_000;

export interface LimitWatchOptions {
  readonly limits: Limits;
  readonly clock: Clock;
  /** Age of the process so far, milliseconds. */
  readonly ageMs: number;
  /** Bytes of the whole tree. */
  readonly memory: () => number;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
  /** A limit is reached: the program has to be replaced. */
  readonly onLimit: (why: string) => void;
}

/** Watches what the kernel does not limit for an ordinary account: the memory of a tree, and the age of a process. */
export class LimitWatch {
  readonly #options: LimitWatchOptions;
  readonly #timers = new Set<Timer>();

  constructor(options: LimitWatchOptions) {
    this.#options = options;
    const {limits, ageMs, random, onLimit} = options;
    if (limits.memoryBytes !== undefined) this.#measureLater(limits.memoryBytes);
    if (limits.lifetimeMs !== undefined) {
      const lifeMs = limits.lifetimeMs + random() * limits.lifetimeJitterMs;
      this.#after(Math.max(0, lifeMs - ageMs), () => onLimit('it reached its lifetime'));
    }
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #measureLater(most: number): void {
    this.#after(MEASURE_MS, () => {
      const bytes = this.#options.memory();
      if (bytes > most)
        this.#options.onLimit(`it uses ${megabytes(bytes)} of memory, its limit is ${megabytes(most)}`);
      this.#measureLater(most);
    });
  }

  #after(ms: number, action: () => void): void {
    const timer = this.#options.clock.after(ms, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
