import {randomBytes} from 'node:crypto';
import {chmodSync, closeSync, lstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync} from 'node:fs';

import {AppsupError, systemCode} from '../errors.ts';

/** Create a directory and its parents; the last one is 0700 and ours.
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
    if (stat.isDirectory() && (stat.mode & 0o077) !== 0) chmodSync(directory, 0o700);
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
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
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

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['the disk is full', 'make room: df -h shows where'],
  EDQUOT: ['your disk quota is used up', 'make room: quota -s shows it'],
  EROFS: ['the file system is read-only', 'ask the administrators'],
  EACCES: ['permission denied', 'see ls -ld of the directory'],
  EPERM: ['not permitted', 'see ls -ld of the directory'],
  ENOTDIR: ['a part of the path is not a directory', 'see ls -ld of the path'],
  EISDIR: ['it is a directory', 'move it away'],
};

/** A system error in words, as `DISK`; errors of ours pass through. */
export function asDiskError(error: unknown, action: string): Error {
  if (error instanceof AppsupError) return error;
  const code = systemCode(error);
  const [reason, hint] = REASONS[code ?? ''] ?? [code ?? String(error), 'see ls -ld of the path'];
  return new AppsupError('DISK', `Cannot ${action}: ${reason}`, {
    hint,
    cause: error,
    details: code === undefined ? {} : {system: code},
  });
}
