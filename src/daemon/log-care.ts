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

  async delete(app: string): Promise<void> {
    await this.#keeper?.delete(app);
  }

  /** Resolves when the rotation that is under way has ended. */
  async close(): Promise<void> {
    const keeper = this.#keeper;
    this.#keeper = undefined;
    await keeper?.close();
  }
}
