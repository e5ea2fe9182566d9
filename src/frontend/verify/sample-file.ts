import {readdirSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../../errors.ts';

/** Small enough to be fetched whole, and not so small that another answer is the same by chance. */
const [LEAST_BYTES, MOST_BYTES] = [8, 256 * 1024];
const MOST_DEPTH = 3;
const MOST_NAMES = 500;

/**
 * Some file of a directory, to be asked for through the front end; `undefined` when there is none that would do.
 *
 * @returns `name` relative to the directory.
 */
export function sampleFile(directory: string): {readonly name: string; readonly bytes: Buffer} | undefined {
  for (const name of namesIn(directory, '', MOST_DEPTH)) {
    const file = path.join(directory, name);
    try {
      const stat = statSync(file);
      if (stat.isFile() && stat.size >= LEAST_BYTES && stat.size <= MOST_BYTES)
        return {name, bytes: readFileSync(file)};
    } catch (error) {
      // Gone, or not for us to read: another one will do.
      if (systemCode(error) === undefined) throw error;
    }
  }
  return undefined;
}

/** Names of files and, after them, of those below; none of them hidden. */
function namesIn(directory: string, below: string, depth: number): readonly string[] {
  let entries;
  try {
    entries = readdirSync(path.join(directory, below), {withFileTypes: true}).slice(0, MOST_NAMES);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
  const shown = entries
    .filter(({name}) => !name.startsWith('.'))
    .toSorted((a, b) => a.name.localeCompare(b.name));
  const files = shown.filter((entry) => entry.isFile()).map(({name}) => path.join(below, name));
  if (depth === 0) return files;
  const folders = shown.filter((entry) => entry.isDirectory());
  return [...files, ...folders.flatMap(({name}) => namesIn(directory, path.join(below, name), depth - 1))];
}
