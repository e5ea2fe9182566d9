import {mkdirSync, rmSync, statSync} from 'node:fs';
import path from 'node:path';

import {isAppsupError, messageOf, systemCode} from '../errors.ts';
import type {Timer} from '../system/clock.ts';
import type {Watch} from '../system/log-files.ts';
import {compareRanks, momentOfStamp} from './archive.ts';
import {besideOf, besidePath} from './beside.ts';
import {compress, removeLeftovers} from './compress.ts';
import {LEAST_BYTES, nextLook, surplus} from './limits.ts';
import type {Archive, LogLimits} from './limits.ts';
import type {RotateWorld} from './rotate-world.ts';
import {recover, rotate} from './rotate.ts';

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
  readonly log: (level: 'info' | 'warn', message: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** How long a log whose rotation failed is left alone. */
const RETRY_MS = 30_000;
/** Looks where the system has no watch left. */
const UNWATCHED_MS = 2000;
/** Looks that are due within this are one waking. */
const TOGETHER_MS = 50;

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
  readonly #apps = new Map<string, KeptApp>();
  readonly #told = new Map<string, string>();
  readonly #closing = new AbortController();
  #timer: Timer | undefined;
  #timerAt = Infinity;
  /** Looks and rotations, one after another. */
  #work: Promise<void> = Promise.resolve();
  #compressing: Promise<void> | undefined;

  constructor(options: KeeperOptions) {
    this.#world = options;
  }

  /** Keep the logs of an app from now on, or keep them differently. What an earlier supervisor has left undone is finished first. */
  set(logs: AppLogs): void {
    if (this.#closing.signal.aborted) return;
    const known = this.#apps.get(logs.app);
    known?.watch?.close();
    const app: KeptApp = {
      logs,
      watch: undefined,
      lookAt: this.#now(),
      recovered: known?.recovered ?? new Set(),
      sizes: known?.sizes ?? new Map(),
      lookedAt: known?.lookedAt,
      retryAt: known?.retryAt ?? new Map(),
    };
    this.#apps.set(logs.app, app);
    this.#arm();
  }

  /** Leave the logs of an app as they are. */
  delete(name: string): void {
    this.#apps.get(name)?.watch?.close();
    this.#apps.delete(name);
  }

  /** Resolves when nothing is left to be done for the moment. */
  async settled(): Promise<void> {
    await this.#work;
    await this.#compressing;
  }

  /** Stop, when the rotation that is under way has ended; only then another supervisor may begin. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#timer?.cancel();
    for (const name of this.#apps.keys()) this.delete(name);
    await this.settled();
  }

  #now(): number {
    return this.#world.clock.monotonic();
  }

  #arm(): void {
    const at = Math.min(...[...this.#apps.values()].map(({lookAt}) => lookAt));
    if (at >= this.#timerAt || this.#closing.signal.aborted) return;
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
    return this.#apps.get(app.logs.app) === app && !this.#closing.signal.aborted;
  }

  async #look(app: KeptApp): Promise<void> {
    let rotated = false;
    for (const file of app.logs.files) {
      if (!this.#isKept(app)) return;
      rotated = (await this.#keep(app, file)) || rotated;
    }
    if (rotated) this.#tidy(app);
    if (this.#isKept(app)) this.#planNext(app);
  }

  /** @returns Whether archives may have been added. */
  async #keep(app: KeptApp, file: string): Promise<boolean> {
    if ((app.retryAt.get(file) ?? 0) > this.#now()) return false;
    try {
      const begins = !app.recovered.has(file);
      if (begins) await this.#recover(app, file);
      const size = this.#sizeOf(file);
      if (!isDue(file, size, app.logs.limits, this.#world.clock.wall())) return begins;
      const extent = size >= mostBytes(app.logs.limits) ? 'blocks' : 'everything';
      const archive = await rotate(file, extent, this.#world);
      this.#told.delete(file);
      return archive !== undefined;
    } catch (error) {
      if (!isAppsupError(error)) throw error;
      app.retryAt.set(file, this.#now() + RETRY_MS);
      this.#tell(file, error.message, error.hint);
      return true;
    }
  }

  async #recover(app: KeptApp, file: string): Promise<void> {
    await recover(file, this.#world);
    removeLeftovers(file);
    app.recovered.add(file);
  }

  /** What a program prints into a log that was deleted is seen by nobody; only its restart helps. */
  #sizeOf(file: string): number {
    const size = sizeOf(file);
    if (size !== undefined) {
      if (this.#told.get(file) === DELETED) this.#told.delete(file);
      return size;
    }
    if (this.#world.files.writers(file).length > 0) this.#tell(file, DELETED, 'restart the program');
    return 0;
  }

  #tell(file: string, message: string, hint: string | undefined): void {
    if (this.#told.get(file) === message) return;
    this.#told.set(file, message);
    this.#world.log('warn', message, {file, ...(hint === undefined ? {} : {hint})});
  }

  /** While something is written, the clock; else the kernel. */
  #planNext(app: KeptApp): void {
    const now = this.#now();
    const elapsedMs = now - (app.lookedAt ?? now);
    app.lookedAt = now;
    const {files, limits} = app.logs;
    const looks = files.flatMap((file) => {
      const bytes = sizeOf(file) ?? 0;
      // A rotation has made it smaller: it was just written to.
      const before = app.sizes.get(file);
      app.sizes.set(file, bytes);
      const grown = before === undefined ? 0 : bytes < before ? bytes : bytes - before;
      return nextLook({bytes, grown, elapsedMs}, {maxBytes: mostBytes(limits)}) ?? [];
    });
    if (looks.length > 0) app.lookAt = now + Math.min(...looks);
    else this.#watch(app);
    const ages = files.map((file) => ageLook(file, limits, this.#world.clock.wall()));
    const retries = [...app.retryAt.values()].filter((at) => at > now);
    app.lookAt = Math.min(app.lookAt, ...ages.map((ms) => now + ms), ...retries);
  }

  #watch(app: KeptApp): void {
    const {directory, files} = app.logs;
    const names = new Set([...files, directory].map((file) => path.basename(file)));
    makeDirectory(directory);
    const watch = this.#world.files.watch(directory, (name) => {
      if (name !== undefined && !names.has(name)) return;
      watch?.close();
      if (app.watch === watch) app.watch = undefined;
      if (!this.#isKept(app)) return;
      app.lookedAt = this.#now();
      app.lookAt = Math.min(app.lookAt, this.#now() + FIRST_LOOK_MS);
      this.#arm();
    });
    app.watch?.close();
    app.watch = watch;
    // What was written between the look and the watch.
    const moved = files.some((file) => (sizeOf(file) ?? 0) !== app.sizes.get(file));
    if (moved || watch === undefined) app.lookAt = this.#now() + (moved ? FIRST_LOOK_MS : UNWATCHED_MS);
  }

  /** Remove what is too much, then compress what is left. */
  #tidy(app: KeptApp): void {
    const {files, limits} = app.logs;
    const maxBytes = mostBytes(limits);
    const liveBytes = files.reduce((sum, file) => sum + Math.min(maxBytes, sizeOf(file) ?? 0), 0);
    const archives = files.flatMap(archivesOf);
    const wallMs = this.#world.clock.wall();
    const gone = new Set(surplus(archives, limits, {wallMs, liveBytes}));
    for (const {file} of gone) rmSync(file, {force: true});
    if (!limits.gzip) return;
    const plain = archives.filter((archive) => !archive.gzip && !gone.has(archive));
    if (plain.length > 0) this.#compressing ??= this.#compress(app).finally(() => (this.#compressing = undefined));
  }

  /** One at a time, the oldest first, until none is left: they may be removed, or become more, meanwhile. */
  async #compress(app: KeptApp): Promise<void> {
    for (;;) {
      const next = [...this.#apps.values()]
        .filter(({logs}) => logs.limits.gzip)
        .flatMap(({logs}) => logs.files.flatMap(archivesOf))
        .filter(({gzip}) => !gzip)
        .toSorted((a, b) => compareRanks(a.rank, b.rank))[0];
      if (next === undefined) return;
      try {
        await compress(next.log, next.rank, this.#closing.signal);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        if (!isAppsupError(error)) throw error;
        // Removed as surplus while it was read: go on. Else the disk is full: with the next rotation again.
        if (error.details['system'] === 'ENOENT') continue;
        this.#tell(next.log, error.message, error.hint);
        return;
      }
    }
  }
}

/** From the first byte to the first look; a program that floods its log has filled it by then. */
const FIRST_LOOK_MS = 200;

const DELETED = 'A log was deleted while its program runs: what it prints goes nowhere';

interface KeptApp {
  readonly logs: AppLogs;
  watch: Watch | undefined;
  /** Monotonic; `Infinity`: the kernel will say. */
  lookAt: number;
  lookedAt: number | undefined;
  readonly recovered: Set<string>;
  readonly sizes: Map<string, number>;
  readonly retryAt: Map<string, number>;
}
