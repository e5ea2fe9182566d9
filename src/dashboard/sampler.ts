import type {Sample} from './history.ts';
import type {Used} from './world.ts';

/** Makes percent of a core out of processor times, which only grow. */
export class Sampler {
  readonly #used: (pid: number) => Used;
  #before: ReadonlyMap<number, Used> = new Map();
  #lookedAt: number | undefined;

  constructor(used: (pid: number) => Used) {
    this.#used = used;
  }

  /**
   * What each process with all that it started has used since the last look.
   *
   * @param now - Monotonic milliseconds.
   */
  look(pids: readonly number[], now: number): ReadonlyMap<number, Sample> {
    const passed = this.#lookedAt === undefined ? 0 : now - this.#lookedAt;
    const used = new Map(pids.map((pid) => [pid, this.#used(pid)]));
    const samples = new Map(
      [...used].map(([pid, {cpuMs, memory}]) => {
        const before = this.#before.get(pid)?.cpuMs;
        const known = before !== undefined && passed > 0;
        return [pid, {cpu: known ? (100 * spent(before, cpuMs)) / passed : undefined, memory}] as const;
      }),
    );
    this.#before = used;
    this.#lookedAt = now;
    return samples;
  }
}

/** Of those that are there now; who was not there before has spent all of his time since. */
function spent(before: ReadonlyMap<number, number>, now: ReadonlyMap<number, number>): number {
  return [...now].reduce((sum, [pid, ms]) => sum + Math.max(0, ms - (before.get(pid) ?? 0)), 0);
}
