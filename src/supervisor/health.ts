import type {Health} from '../core/program-spec.ts';
import {messageOf} from '../errors.ts';
import type {Clock, Timer} from '../system/clock.ts';
import type {ProbeResult} from './probe.ts';

/** What the last answers of a running program say. */
export type Verdict =
  | {readonly healthy: true}
  /** `detail` is the last bad answer. */
  | {readonly healthy: false; readonly detail: string; readonly failures: number};

export interface HealthWatchOptions {
  readonly health: Health;
  readonly clock: Clock;
  readonly check: (signal: AbortSignal) => Promise<ProbeResult>;
  /** Called when the verdict turns, and again after every further `failures` bad answers. */
  readonly onVerdict: (verdict: Verdict) => void;
}

/** Asks a running program every so often; so many bad answers in a row make it unhealthy, one good one healthy again. */
export class HealthWatch {
  readonly #options: HealthWatchOptions;
  readonly #abort = new AbortController();
  #failures = 0;
  #timer: Timer | undefined;
  verdict: Verdict = {healthy: true};

  constructor(options: HealthWatchOptions) {
    this.#options = options;
    this.#later();
  }

  close(): void {
    this.#abort.abort();
    this.#timer?.cancel();
  }

  #later(): void {
    this.#timer = this.#options.clock.after(this.#options.health.everyMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const answer = await this.#ask();
    if (this.#abort.signal.aborted) return;
    this.#judge(answer);
    this.#later();
  }

  /** A check that cannot even be made counts as a bad answer. */
  async #ask(): Promise<ProbeResult> {
    try {
      return await this.#options.check(this.#abort.signal);
    } catch (error) {
      return {up: false, refused: false, detail: messageOf(error)};
    }
  }

  #judge(answer: ProbeResult): void {
    const {health, onVerdict} = this.#options;
    if (answer.up) {
      this.#failures = 0;
      if (this.verdict.healthy) return;
      this.verdict = {healthy: true};
      onVerdict(this.verdict);
      return;
    }
    this.#failures++;
    if (this.#failures % health.failures !== 0) return;
    this.verdict = {healthy: false, detail: answer.detail, failures: this.#failures};
    onVerdict(this.verdict);
  }
}
