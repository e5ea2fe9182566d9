import path from 'node:path';

import type {Timer} from '../system/clock.ts';
import {ensurePrivateDirectory} from '../system/files.ts';
import type {Watch} from '../system/log-files.ts';
import {removeLeftovers} from './compress.ts';
import {Compressor} from './compressor.ts';
import {nextLook} from './limits.ts';
import type {LogLimits} from './limits.ts';
import type {RotateWorld} from './rotate-world.ts';
import {recover, rotate} from './rotate.ts';
import type {Extent} from './rotate.ts';
import {mostBytes, removeSurplus, sizeOf, untilOld} from './stock.ts';
import {Troubles, asTrouble} from './trouble.ts';

/** The logs of one app. */
export interface AppLogs {
  readonly app: string;
  /** Absolute; all of the app's logs are in it. */
  readonly directory: string;
  /** Absolute, of all its processes; those that are not there yet will come. */
  readonly files: readonly string[];
  readonly limits: LogLimits;
}

export interface KeeperOptions extends RotateWorld {
  /** For the supervisor's own log. The same trouble with the same file is told once. */
  readonly log: (message: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** How long a log whose rotation failed is left alone. */
const RETRY_MS = 30_000;
/** How long a log is left alone that is old but has nothing to be moved. */
const AGAIN_MS = 3_600_000;
/** From the first byte to the first look; a program that floods its log has filled it by then. */
const FIRST_LOOK_MS = 200;
/** Looks where the system has no watch left. */
const UNWATCHED_MS = 2000;
/** Looks that are due within this are one waking. */
const TOGETHER_MS = 50;

const DELETED = {
  message: 'A log was deleted while its program runs: what it prints goes nowhere',
  hint: 'restart the program',
};

/**
 * Keeps the logs of all apps within their limits.
 *
 * ```
 *            something is written                  it goes on
 *  watched ───────────────────────▶ looked at ◀──────────────┐
 *     ▲                                 │────────────────────┘
 *     └─────────────────────────────────┘ nothing more was written
 * ```
 *
 * A silent app costs nothing: the kernel says when it is written to, once, and from then on the clock does. One rotation and one
 * compression at a time, for all apps.
 */
export class LogKeeper {
  readonly #world: KeeperOptions;
  readonly #troubles: Troubles;
  readonly #compressor: Compressor;
  readonly #apps = new Map<string, KeptApp>();
  #timer: Timer | undefined;
  #timerAt = Infinity;
  /** Looks and rotations, one after another. */
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: KeeperOptions) {
    this.#world = options;
    this.#troubles = new Troubles(options.log);
    const compressed = (): readonly string[] =>
      [...this.#apps.values()].flatMap(({logs}) => (logs.limits.gzip ? logs.files : []));
    this.#compressor = new Compressor(compressed, this.#troubles);
  }

  /** Keep the logs of an app from now on, or keep them differently. What an earlier supervisor has left undone is finished first. */
  set(logs: AppLogs): void {
    if (this.#closed) return;
    const known = this.#apps.get(logs.app);
    known?.watch?.close();
    // Each run of a job has a log of its own, and there is no end to runs.
    for (const file of known?.files.keys() ?? []) if (!logs.files.includes(file)) known?.files.delete(file);
    this.#apps.set(logs.app, {
      logs,
      watch: undefined,
      lookAt: this.#now(),
      lookedAt: known?.lookedAt ?? this.#now(),
      files: known?.files ?? new Map<string, KeptFile>(),
    });
    this.#arm();
  }

  /** Leave the logs of an app as they are; to be awaited before its directory is removed. */
  async delete(name: string): Promise<void> {
    this.#apps.get(name)?.watch?.close();
    this.#apps.delete(name);
    await this.settled();
  }

  /** Resolves when what is under way has ended. */
  async settled(): Promise<void> {
    await this.#work;
    await this.#compressor.settled();
  }

  /** Stop, when the rotation that is under way has ended; only then another supervisor may begin. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    for (const {watch} of this.#apps.values()) watch?.close();
    this.#apps.clear();
    await this.#compressor.close();
    await this.#work;
  }

  #now(): number {
    return this.#world.clock.monotonic();
  }

  #arm(): void {
    const at = Math.min(...[...this.#apps.values()].map(({lookAt}) => lookAt));
    if (at >= this.#timerAt || this.#closed) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#world.clock.after(Math.max(0, at - this.#now()), () => {
      this.#timerAt = Infinity;
      this.#work = this.#work.then(async () => await this.#lookAtDue());
    });
  }

  async #lookAtDue(): Promise<void> {
    const due = [...this.#apps.values()].filter(({lookAt}) => lookAt <= this.#now() + TOGETHER_MS);
    for (const app of due) {
      app.lookAt = Infinity;
      await this.#look(app);
    }
    this.#arm();
  }

  #isKept(app: KeptApp): boolean {
    return this.#apps.get(app.logs.app) === app && !this.#closed;
  }

  async #look(app: KeptApp): Promise<void> {
    const {directory, files, limits} = app.logs;
    let more = false;
    for (const file of files) {
      if (this.#isKept(app)) more = (await this.#keep(app, file)) || more;
    }
    if (!this.#isKept(app)) return;
    try {
      if (more) removeSurplus(files, limits, this.#world.clock.wall());
      if (more) this.#compressor.start();
      this.#planNext(app);
      this.#troubles.over(directory);
    } catch (error) {
      this.#troubles.tell(directory, asTrouble(error, `keep the logs in ${directory}`));
      app.lookAt = this.#now() + RETRY_MS;
    }
  }

  /** @returns Whether there may be more archives than before. */
  async #keep(app: KeptApp, file: string): Promise<boolean> {
    const kept = keptFile(app, file);
    if (kept.retryAt > this.#now()) return false;
    try {
      const begins = !kept.recovered;
      if (begins) await recover(file, this.#world);
      if (begins) removeLeftovers(file);
      kept.recovered = true;
      const extent = this.#dueExtent(app, file);
      if (extent === undefined) return begins;
      const archive = await rotate(file, extent, this.#world);
      // Nothing but a note of ours, or one line that is not finished.
      if (archive === undefined && extent === 'everything') kept.youngUntil = this.#now() + AGAIN_MS;
      this.#troubles.over(file);
    } catch (error) {
      // What is half done comes first then.
      kept.recovered = false;
      kept.retryAt = this.#now() + RETRY_MS;
      this.#troubles.tell(file, asTrouble(error, `archive ${file}`));
    }
    return true;
  }

  #dueExtent(app: KeptApp, file: string): Extent | undefined {
    const {limits} = app.logs;
    const size = sizeOf(file);
    if (size === undefined) this.#tellOfDeletion(file);
    else this.#troubles.over(file, DELETED.message);
    if ((size ?? 0) >= mostBytes(limits)) return 'blocks';
    const young = (size ?? 0) === 0 || keptFile(app, file).youngUntil > this.#now();
    return !young && untilOld(file, limits, this.#world.clock.wall()) <= 0 ? 'everything' : undefined;
  }

  #tellOfDeletion(file: string): void {
    if (this.#world.files.writers(file).length > 0) this.#troubles.tell(file, DELETED);
  }

  /** While something is written, the clock; else the kernel. */
  #planNext(app: KeptApp): void {
    const now = this.#now();
    const elapsedMs = now - app.lookedAt;
    const {files, limits} = app.logs;
    const looks = files.flatMap((file) => {
      const bytes = sizeOf(file) ?? 0;
      const kept = keptFile(app, file);
      // A rotation has made it smaller: what is in it was written since.
      const grown = bytes < kept.bytes ? bytes : bytes - kept.bytes;
      kept.bytes = bytes;
      return nextLook({bytes, grown, elapsedMs}, {maxBytes: mostBytes(limits)}) ?? [];
    });
    app.lookedAt = now;
    if (looks.length > 0) app.lookAt = now + Math.min(...looks);
    else this.#watch(app);
    app.lookAt = Math.min(app.lookAt, ...files.map((file) => this.#alarmOf(app, file)));
  }

  /** When a log has to be looked at however silent its program is. */
  #alarmOf(app: KeptApp, file: string): number {
    const {retryAt, youngUntil} = keptFile(app, file);
    const retry = retryAt > this.#now() ? retryAt : Infinity;
    if ((sizeOf(file) ?? 0) === 0) return retry;
    const oldAt = this.#now() + untilOld(file, app.logs.limits, this.#world.clock.wall());
    return Math.min(retry, Math.max(oldAt, youngUntil));
  }

  #watch(app: KeptApp): void {
    const {directory, files} = app.logs;
    ensurePrivateDirectory(directory);
    // A directory that goes says so by its own name.
    const names = new Set([...files, directory].map((file) => path.basename(file)));
    app.watch?.close();
    app.watch = this.#world.files.watch(directory, (name) => {
      if (name === undefined || names.has(name)) this.#written(app);
    });
    // What was written between the look and the watch.
    const grew = files.some((file) => (sizeOf(file) ?? 0) !== keptFile(app, file).bytes);
    if (grew) this.#written(app);
    else if (app.watch === undefined) app.lookAt = this.#now() + UNWATCHED_MS;
  }

  #written(app: KeptApp): void {
    app.watch?.close();
    app.watch = undefined;
    if (!this.#isKept(app)) return;
    app.lookedAt = this.#now();
    app.lookAt = Math.min(app.lookAt, this.#now() + FIRST_LOOK_MS);
    this.#arm();
  }
}

interface KeptApp {
  readonly logs: AppLogs;
  watch: Watch | undefined;
  /** Monotonic; `Infinity`: the kernel will say. */
  lookAt: number;
  lookedAt: number;
  readonly files: Map<string, KeptFile>;
}

interface KeptFile {
  recovered: boolean;
  /** At the last look. */
  bytes: number;
  /** Monotonic; the log is left alone before that. */
  retryAt: number;
  /** Monotonic; its age does not count before that. */
  youngUntil: number;
}

function keptFile({files}: KeptApp, file: string): KeptFile {
  const known = files.get(file);
  if (known !== undefined) return known;
  const kept: KeptFile = {recovered: false, bytes: 0, retryAt: -Infinity, youngUntil: -Infinity};
  files.set(file, kept);
  return kept;
}
