import {compareRanks} from './archive.ts';
import {compress} from './compress.ts';
import type {Archive} from './limits.ts';
import {archivesOf} from './stock.ts';
import {asTrouble} from './trouble.ts';
import type {Troubles} from './trouble.ts';

/** Compresses archives in the background, one at a time, the oldest first. */
export class Compressor {
  readonly #closing = new AbortController();
  readonly #logs: () => readonly string[];
  readonly #troubles: Troubles;
  #work: Promise<void> | undefined;

  /** @param logs - Those whose archives are to be compressed. */
  constructor(logs: () => readonly string[], troubles: Troubles) {
    this.#logs = logs;
    this.#troubles = troubles;
  }

  /** There may be something to do. */
  start(): void {
    if (this.#closing.signal.aborted) return;
    this.#work ??= this.#run().finally(() => (this.#work = undefined));
  }

  /** Resolves when nothing is left. */
  async settled(): Promise<void> {
    await this.#work;
  }

  /** What is half done is begun anew some day; the plain archive is there until then. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
  }

  /** Looked for again each time: archives may be removed, or become more, meanwhile. */
  async #run(): Promise<void> {
    for (let next = this.#oldest(); next !== undefined; next = this.#oldest()) {
      try {
        await compress(next.log, next.rank, this.#closing.signal);
        this.#troubles.over(next.file);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        const trouble = asTrouble(error, `compress ${next.file}`);
        // Removed as surplus while it was read.
        if (trouble.details['system'] === 'ENOENT') continue;
        this.#troubles.tell(next.file, trouble);
        // With the next rotation again.
        return;
      }
    }
  }

  #oldest(): Archive | undefined {
    const plain = this.#logs()
      .flatMap(archivesOf)
      .filter(({gzip}) => !gzip);
    return plain.toSorted((a, b) => compareRanks(a.rank, b.rank))[0];
  }
}
