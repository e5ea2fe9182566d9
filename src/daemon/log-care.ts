import path from 'node:path';

import type {AppSpec} from '../core/spec.ts';
import {LogKeeper} from '../logs/keeper.ts';
import type {KeeperOptions} from '../logs/keeper.ts';
import type {Paths} from '../system/paths.ts';

/** Keeps the logs of the supervisor's apps within their limits; after a close, the next `set` begins anew. */
export class LogCare {
  readonly #paths: Pick<Paths, 'logs'>;
  readonly #options: KeeperOptions;
  #keeper: LogKeeper | undefined;

  constructor({paths, ...options}: KeeperOptions & {readonly paths: Pick<Paths, 'logs'>}) {
    this.#paths = paths;
    this.#options = options;
  }

  set({name, logs}: AppSpec, processes: readonly string[]): void {
    const directory = path.join(this.#paths.logs, name);
    this.#keeper ??= new LogKeeper(this.#options);
    this.#keeper.set({
      app: name,
      directory,
      files: processes.map((process) => path.join(directory, `${process}.log`)),
      limits: {...logs, keepMs: undefined},
    });
  }

  /** Of runs: one that floods its log is cut like any other. */
  setRuns({name, logs}: AppSpec, files: readonly string[]): void {
    if (files.length === 0) return void this.#keeper?.delete(runsOf(name));
    this.#keeper ??= new LogKeeper(this.#options);
    const directory = path.join(this.#paths.logs, name, 'runs');
    this.#keeper.set({app: runsOf(name), directory, files, limits: {...logs, keepMs: undefined}});
  }

  async delete(app: string): Promise<void> {
    await this.#keeper?.delete(runsOf(app));
    await this.#keeper?.delete(app);
  }

  /** Resolves when the rotation that is under way has ended. */
  async close(): Promise<void> {
    const keeper = this.#keeper;
    this.#keeper = undefined;
    await keeper?.close();
  }
}

/** No app is called so. */
function runsOf(app: string): string {
  return `${app}/runs`;
}
