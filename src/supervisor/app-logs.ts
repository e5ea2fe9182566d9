import type {AppSpec} from '../core/spec.ts';
import type {HostedApp} from './hosted-app.ts';

/** Keeps the logs of apps within their limits. */
export interface LogLimits {
  set(app: AppSpec, processes: readonly string[]): void;
  /** The same for the logs of its runs. */
  setRuns(app: AppSpec, files: readonly string[]): void;
  delete(app: string): Promise<void>;
  close(): Promise<void>;
}

/** Tells the keeper of logs which there are, when that has changed. */
export class AppLogs {
  readonly #limits: LogLimits;
  /** What was told last, by app. */
  readonly #told = new Map<string, string>();
  /** Rotations of removed apps that are still under way: their logs may be removed after them. */
  readonly #farewells: Promise<void>[] = [];

  constructor(limits: LogLimits) {
    this.#limits = limits;
  }

  keep({spec, units, hash}: HostedApp): void {
    if (spec === undefined) return;
    // Looking at all of its files again costs something, and seldom anything has changed.
    const key = `${hash} ${[...units.keys()].join(' ')}`;
    if (this.#told.get(spec.name) === key) return;
    this.#told.set(spec.name, key);
    this.#limits.set(spec, [...units.keys()]);
  }

  /** Of an app that is forgotten. */
  forget(app: string): void {
    this.#told.delete(app);
    this.#farewells.push(this.#limits.delete(app));
  }

  /** Resolves when nothing is at the logs of apps that are forgotten. */
  async leftAlone(): Promise<void> {
    await Promise.all(this.#farewells.splice(0));
  }

  /** Resolves when the rotation that is under way has ended: it is not to be cut off, nor to meet that of a successor. */
  async rest(): Promise<void> {
    await this.#limits.close();
  }

  /** After a {@link rest} that led to nothing. */
  resume(apps: Iterable<HostedApp>): void {
    this.#told.clear();
    for (const app of apps) this.keep(app);
  }
}
