import {setImmediate as nextTurn} from 'node:timers/promises';

import {watchDirectory} from './watch-directory.ts';

/** Reads on in one log, or in some that belong together. */
export interface Reader {
  /** Absolute. What happens in it is a reason to read. */
  readonly directory: string;
  /** Is a file of this name in the directory a reason? */
  concerns(name: string): boolean;
  /** Hand out some of what is new. @returns Whether there may be more already. */
  read(): boolean;
  close(): void;
}

/**
 * Let the readers read whenever something is written, until the signal aborts.
 *
 * The kernel says when there is something (inotify through fs.watch): no polling. Readers that have much to read take turns.
 */
export async function follow(readers: readonly Reader[], signal: AbortSignal): Promise<void> {
  // What was written between the caller's reading and the watch.
  const due = new Set(readers);
  let wake = (): void => {};
  const directories = new Set(readers.map(({directory}) => directory));
  const watches = [...directories].map((directory) =>
    watchDirectory(directory, (name) => {
      const inside = readers.filter((reader) => reader.directory === directory);
      for (const reader of inside) if (name === undefined || reader.concerns(name)) due.add(reader);
      wake();
    }),
  );
  const end = (): void => wake();
  signal.addEventListener('abort', end);
  try {
    while (!signal.aborted) {
      for (const reader of [...due]) if (!reader.read()) due.delete(reader);
      if (due.size > 0) await nextTurn();
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', end);
    for (const watch of watches) watch.close();
    for (const reader of readers) reader.close();
  }
}
