import {rmSync} from 'node:fs';
import path from 'node:path';

import {readIfReadable, writeAtomically} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';

/** What the user asked for, per process. Survives reboots: what ran runs, what was stopped stays stopped. */
export type Desired = 'running' | 'stopped';

/** One small file per app: a damaged one costs that app's wishes alone. */
export class DesiredStates {
  readonly #directory: string;
  readonly #onGarbage: (file: string) => void;

  constructor({
    paths,
    onGarbage,
  }: {
    readonly paths: Pick<Paths, 'desired'>;
    readonly onGarbage: (file: string) => void;
  }) {
    this.#directory = paths.desired;
    this.#onGarbage = onGarbage;
  }

  /** By process name. */
  read(app: string): ReadonlyMap<string, Desired> {
    const file = this.#file(app);
    const text = readIfReadable(file);
    if (text === undefined) return new Map();
    const wishes = parse(text);
    if (wishes === undefined) this.#onGarbage(file);
    return wishes ?? new Map();
  }

  write(app: string, wishes: ReadonlyMap<string, Desired>): void {
    writeAtomically(this.#file(app), JSON.stringify({version: 1, processes: Object.fromEntries(wishes)}));
  }

  /** Nothing is wished of an app that was removed. */
  remove(app: string): void {
    rmSync(this.#file(app), {force: true});
  }

  #file(app: string): string {
    return path.join(this.#directory, `${app}.json`);
  }
}

function parse(text: string): ReadonlyMap<string, Desired> | undefined {
  try {
    const value = JSON.parse(text) as {version?: unknown; processes?: unknown} | null;
    if (value?.version !== 1 || typeof value.processes !== 'object' || value.processes === null)
      return undefined;
    const wishes = new Map<string, Desired>();
    for (const [process, wish] of Object.entries<unknown>({...value.processes})) {
      if (wish === 'running' || wish === 'stopped') wishes.set(process, wish);
    }
    return wishes;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
