import {statSync, watch} from 'node:fs';
import type {FSWatcher} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';

/**
 * Tell of everything that happens to the files of a directory. It may come later, and be replaced: until it is there, what is
 * watched is the nearest directory above it.
 *
 * @param onChange - Is given the file's name; `undefined`: look at all.
 */
export function watchDirectory(
  directory: string,
  onChange: (name: string | undefined) => void,
): {readonly close: () => void} {
  let watcher: FSWatcher | undefined;
  const begin = (): void => {
    watcher?.close();
    const nearest = nearestDirectory(directory);
    watcher = watch(nearest, (_kind, name) => {
      // A directory that goes says so by its own name.
      if (nearest === directory && name !== path.basename(directory)) return onChange(name ?? undefined);
      if (nearest !== directory && nearestDirectory(directory) === nearest) return;
      begin();
      onChange(undefined);
    });
    // It may have been made between looking and watching.
    if (nearestDirectory(directory) !== nearest) begin();
  };
  begin();
  return {close: () => watcher?.close()};
}

function nearestDirectory(directory: string): string {
  try {
    if (statSync(directory).isDirectory()) return directory;
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) throw error;
  }
  const above = path.dirname(directory);
  return above === directory ? directory : nearestDirectory(above);
}
