import {KILL_AGAIN_MS} from '../core/machine-steps.ts';
import type {ProgramSpec} from '../core/program-spec.ts';
import type {Clock, Timer} from '../system/clock.ts';
import {askToStop} from './ask-to-stop.ts';
import type {LiveProcess} from './live-process.ts';

/** A process that was replaced: it finishes its requests, and is killed when that takes longer than its program allows. */
export class Leaving {
  readonly process: LiveProcess;
  readonly gone: Promise<void>;
  /** True when it did not leave by itself in time: what it was doing is cut off. */
  killed = false;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor({
    process,
    program,
    clock,
  }: {
    readonly process: LiveProcess;
    readonly program: ProgramSpec;
    readonly clock: Clock;
  }) {
    this.process = process;
    this.#clock = clock;
    askToStop(process, program);
    this.#killAfter(program.stopMs);
    this.gone = process.gone.then(() => this.#timer?.cancel());
  }

  #killAfter(ms: number): void {
    this.#timer = this.#clock.after(ms, () => {
      this.killed = true;
      this.process.kill();
      this.#killAfter(KILL_AGAIN_MS);
    });
  }
}
