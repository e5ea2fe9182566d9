import {closeSync, fstatSync, openSync, readSync} from 'node:fs';

import {systemCode} from '../errors.ts';

/** Read backwards in pieces of so many bytes. */
const PIECE = 64 * 1024;
/** Never more than this from the end of one file. */
const MOST = 64 * 1024 * 1024;

/** The end of a log. */
export interface Tail {
  /** Whole lines, oldest first. */
  readonly lines: readonly string[];
  /** Byte behind the last whole line; where following goes on. */
  readonly end: number;
  /** Tells this file from a later one of the same name. */
  readonly inode: number;
}

/**
 * Read the last lines of a log, from its end, so that a large one costs no more than a small one.
 *
 * A last line without a line feed is still being written; it is left to whoever follows, and shown by whoever does not.
 *
 * @param enough - Called with what was read so far; `true` ends the reading. The whole file is read when it never says so.
 * @returns `undefined` when there is no such file.
 */
export function readTail(file: string, enough: (lines: readonly string[]) => boolean): Tail | undefined {
  const fd = openIfThere(file);
  if (fd === undefined) return undefined;
  try {
    const {size, ino} = fstatSync(fd);
    let from = size;
    let bytes: Buffer = Buffer.alloc(0);
    let lines: readonly string[] = [];
    // At least one piece: the end of the last whole line is in it.
    while (from > 0 && size - from < MOST && (from === size || !enough(lines))) {
      const length = Math.min(PIECE, from);
      bytes = Buffer.concat([readAt(fd, from - length, length), bytes]);
      from -= length;
      lines = linesOf(bytes, from === 0);
    }
    const last = bytes.lastIndexOf(10);
    return {lines, end: last < 0 ? from : from + last + 1, inode: ino};
  } finally {
    closeSync(fd);
  }
}

/** Without the first one when its beginning was not read, and without what follows the last line feed. */
function linesOf(bytes: Buffer, whole: boolean): readonly string[] {
  const first = whole ? 0 : bytes.indexOf(10) + 1;
  const last = bytes.lastIndexOf(10);
  if (last < first) return [];
  return bytes.toString('utf8', first, last).split('\n').map(withoutReturn);
}

/** `\r\n` ends a line as well. */
export function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** Read up to `length` bytes at a place; fewer at the end of the file. */
export function readAt(fd: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, bytes, done, length - done, from + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/** `undefined` when there is no such file. */
export function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
