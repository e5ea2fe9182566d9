import {lstatSync} from 'node:fs';
import path from 'node:path';

import {messageOf, systemCode} from '../errors.ts';

/** Owner and mode of a directory on the way to a file. */
export interface Place {
  readonly directory: string;
  readonly uid: number;
  /** With the type's bits. */
  readonly mode: number;
}

/**
 * Why somebody else than root could put another file in the place of this one; `undefined`: nobody could.
 *
 * The sticky bit is enough for what lies above the last directory: there, nobody can rename what is root's.
 */
export function whyUnsafePlace(file: string): string | undefined {
  const places: Place[] = [];
  try {
    for (let directory = path.dirname(path.resolve(file)); ; directory = path.dirname(directory)) {
      const {uid, mode} = lstatSync(directory);
      places.push({directory, uid, mode});
      if (directory === '/') return whyUnsafe(places);
    }
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? `there is no ${path.dirname(file)}` : messageOf(error);
  }
}

/** The same for places that were looked at, the innermost first. Pure. */
export function whyUnsafe(places: readonly Place[]): string | undefined {
  for (const [index, {directory, uid, mode}] of places.entries()) {
    const isDirectory = (mode & 0o170000) === 0o040000;
    if (!isDirectory) return `${directory} is no directory, or a symbolic link`;
    if (uid !== 0) return `${directory} belongs to uid ${uid}`;
    if ((mode & 0o022) !== 0 && (index === 0 || (mode & 0o1000) === 0))
      return `others can write ${directory}`;
  }
  return undefined;
}
