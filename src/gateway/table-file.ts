import {readFileSync, unwatchFile, watch, watchFile} from 'node:fs';
import type {FSWatcher} from 'node:fs';
import path from 'node:path';

import {messageOf, systemCode} from '../errors.ts';
import {parseRoutes} from './routes.ts';
import type {Route} from './routes.ts';

export interface TableFileOptions {
  /** Absolute; replaced by rename. */
  readonly file: string;
  readonly onRoutes: (routes: readonly Route[]) => void;
  readonly onProblem: (text: string) => void;
}

/** Where the kernel gives no more watches to this account, the file is looked at so often. */
const LOOK_MS = 2000;

/** The route table as it is kept by the supervisor. A bad one changes nothing: the last good one counts. */
export class TableFile {
  readonly #options: TableFileOptions;
  #watcher: FSWatcher | undefined;
  #last = '';

  constructor(options: TableFileOptions) {
    this.#options = options;
    // First, so that nothing is missed in between. The directory, since the file is another one after each change.
    this.#watch();
    this.#read();
  }

  close(): void {
    this.#watcher?.close();
    unwatchFile(this.#options.file);
  }

  #watch(): void {
    const {file} = this.#options;
    try {
      this.#watcher = watch(path.dirname(file), (_event, name) => {
        if (name === null || name === path.basename(file)) this.#read();
      });
      this.#watcher.on('error', (error) => this.#poll(messageOf(error)));
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      this.#poll(messageOf(error));
    }
  }

  #poll(why: string): void {
    this.#options.onProblem(`cannot watch the route table, so it is looked at every 2 s: ${why}`);
    watchFile(this.#options.file, {interval: LOOK_MS}, () => this.#read());
  }

  #read(): void {
    const {file, onRoutes, onProblem} = this.#options;
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return onProblem(`cannot read the route table: ${messageOf(error)}`);
    }
    if (text === this.#last) return;
    this.#last = text;
    const read = parseRoutes(text);
    if (read.ok) onRoutes(read.routes);
    else onProblem(`the route table ${file} is not taken: ${read.problem}`);
  }
}
