import type {Clock} from '../system/clock.ts';
import type {Started} from './generation.ts';
import {HealthWatch} from './health.ts';
import type {Verdict} from './health.ts';
import {LimitWatch} from './limit-watch.ts';
import type {ProbeResult} from './probe.ts';

export interface ServingWatchOptions {
  readonly main: Started;
  readonly clock: Clock;
  /** Ask it once. */
  readonly check: (signal: AbortSignal) => Promise<ProbeResult>;
  readonly onVerdict: (verdict: Verdict) => void;
  /** It is to be replaced, and why. */
  readonly onReplace: (why: string) => void;
}

/** Watches the health and the limits of a process for as long as it serves. */
export class ServingWatch {
  readonly main: Started;
  readonly #health: HealthWatch | undefined;
  readonly #limits: LimitWatch;

  constructor({main, clock, check, onVerdict, onReplace}: ServingWatchOptions) {
    const {process, program} = main;
    const {health} = program;
    this.main = main;
    this.#health =
      health &&
      new HealthWatch({
        health,
        clock,
        check,
        onVerdict: (verdict) => {
          onVerdict(verdict);
          if (!verdict.healthy && health.onUnhealthy === 'restart') onReplace(`unhealthy: ${verdict.detail}`);
        },
      });
    this.#limits = new LimitWatch({
      limits: program.limits,
      clock,
      ageMs: process.ageMs(),
      memory: () => process.memory(),
      random: Math.random,
      onLimit: onReplace,
    });
  }

  /** `undefined` when it is not asked while it runs. */
  get verdict(): Verdict | undefined {
    return this.#health?.verdict;
  }

  close(): void {
    this.#health?.close();
    this.#limits.close();
  }
}
