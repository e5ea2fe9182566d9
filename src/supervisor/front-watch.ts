import {watch} from 'node:fs';
import type {FSWatcher} from 'node:fs';
import path from 'node:path';

/** Tells of changes in the directory of public sockets, once it is there; the kernel says when, nobody looks. */
export class FrontWatch {
  readonly #options: {
    readonly directory: string;
    readonly onChange: () => void;
    readonly onError: (error: unknown) => void;
  };
  #watcher: FSWatcher | undefined;

  constructor(options: {
    readonly directory: string;
    readonly onChange: () => void;
    readonly onError: (error: unknown) => void;
  }) {
    this.#options = options;
  }

  /** Begin, if that has not happened. The directory has to be there. */
  watch(): void {
    if (this.#watcher !== undefined) return;
    const {directory, onChange, onError} = this.#options;
    try {
      const watcher = watch(directory, {persistent: false}, (_kind, name) => {
        // Of a directory that goes, its own name is told: what is made in its place has to be watched anew.
        if (name === path.basename(directory)) {
          watcher.close();
          this.#watcher = undefined;
        }
        onChange();
        if (this.#watcher === undefined) this.watch();
      });
      // Without a watch (no inotify instances left) all is well but for the healing.
      watcher.on('error', onError);
      this.#watcher = watcher;
    } catch (error) {
      onError(error);
    }
  }
}
