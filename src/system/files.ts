import {randomBytes} from 'node:crypto';
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

import {AppsupError, isAppsupError, systemCode} from '../errors.ts';
import {asDiskError} from './disk-error.ts';

export {asDiskError};

/**
 * Create a directory and its parents; the last one is 0700 and ours, or 0710: with an access control list, that x is its
 * mask, and to take it away would lock out who was let in.
 *
 * @throws AppsupError `UNSAFE_MODE` when it belongs to somebody else, `DISK` when it cannot be made.
 */
export function ensurePrivateDirectory(directory: string): void {
  try {
    mkdirSync(directory, {recursive: true, mode: 0o700});
    const stat = lstatSync(directory);
    if (stat.uid !== process.getuid?.()) {
      throw new AppsupError('UNSAFE_MODE', `Cannot use ${directory}: it belongs to uid ${stat.uid}`);
    }
    if (stat.isDirectory() && (stat.mode & 0o067) !== 0) chmodSync(directory, 0o700);
  } catch (error) {
    throw asDiskError(error, `make the directory ${directory}`);
  }
}

/**
 * Write a file as a whole or not at all: 0600, beside it first, then renamed over it.
 *
 * @throws AppsupError `DISK` with the system's reason; the old file is then untouched.
 */
export function writeAtomically(file: string, text: string | Buffer, mode = 0o600): void {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const fd = openSync(draft, 'wx', mode);
    try {
      const bytes = typeof text === 'string' ? Buffer.from(text) : text;
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, {force: true});
    throw asDiskError(error, `write ${file}`);
  }
}

/** The text of a file, or `undefined` when there is none. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw asDiskError(error, `read ${file}`);
  }
}

/** As {@link readIfThere}, and `''` for what is there and cannot be read (a directory, another mode): as damaged as garbled text. */
export function readIfReadable(file: string): string | undefined {
  try {
    return readIfThere(file);
  } catch (error) {
    if (isAppsupError(error)) return '';
    throw error;
  }
}

/** The names in a directory; none when it is not there. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
