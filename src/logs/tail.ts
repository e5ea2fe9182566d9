import {closeSync, constants, fstatSync, openSync, readSync} from 'node:fs';

import {systemCode} from '../errors.ts';

/** Read backwards in pieces of so many bytes. */
const PIECE = 64 * 1024;
/** Never more than this from the end of one file: it has to fit into one string. */
const MOST = 256 * 1024 * 1024;

/** The end of a log. */
export interface Tail {
  /** Whole lines, oldest first. */
  readonly lines: readonly string[];
  /** Byte behind the last whole line; where following goes on. */
  readonly end: number;
}

/**
 * Read the last lines of a log, from its end, so that a large one costs no more than a small one.
 *
 * A last line without a line feed is still being written; it is left to whoever follows.
 *
 * @param enough - Called with what was read so far; `true` ends the reading. The whole file is read when it never says so.
 * @returns `undefined` when there is no such file.
 */
export function readTail(
  file: string,
  enough: (lines: readonly string[]) => boolean,
): (Tail & {readonly inode: number}) | undefined {
  const fd = openIfThere(file);
  if (fd === undefined) return undefined;
  try {
    return {...readBack(fd, 0, enough), inode: fstatSync(fd).ino};
  } finally {
    closeSync(fd);
  }
}

/** From the end, not before `from`, until there are enough whole lines. */
export function readBack(fd: number, from: number, enough: (lines: readonly string[]) => boolean): Tail {
  const {size} = fstatSync(fd);
  const pieces: Buffer[] = [];
  let lines: readonly string[] = [];
  let at = size;
  let last = -1;
  while (at > from && size - at < MOST && (last < 0 || !enough(lines))) {
    // Twice as much each time: looking at the lines costs as much as reading them.
    const length = Math.min(at - from, Math.max(PIECE, size - at));
    at -= length;
    pieces.unshift(readAt(fd, at, length));
    const bytes = Buffer.concat(pieces);
    lines = wholeLines(at > from ? bytes.subarray(bytes.indexOf(10) + 1) : bytes);
    last = bytes.lastIndexOf(10);
  }
  return {lines, end: last < 0 ? at : at + last + 1};
}

/** What follows the last line feed is none. */
export function wholeLines(bytes: Buffer): readonly string[] {
  const last = bytes.lastIndexOf(10);
  return last < 0 ? [] : bytes.toString('utf8', 0, last).split('\n').map(withoutReturn);
}

/** `\r\n` ends a line as well. */
function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** Puts lines together from pieces of bytes. */
export class Lines {
  /** Begun, not ended. */
  #partial: Buffer = Buffer.alloc(0);

  /** @returns The lines that this piece ends. */
  push(bytes: Buffer): readonly string[] {
    const end = bytes.lastIndexOf(10) + 1;
    if (end === 0) {
      this.#partial = Buffer.concat([this.#partial, bytes]);
      return [];
    }
    const lines = wholeLines(Buffer.concat([this.#partial, bytes.subarray(0, end)]));
    this.#partial = Buffer.from(bytes.subarray(end));
    return lines;
  }

  /** The line that nobody will end. */
  flush(): readonly string[] {
    const partial = this.#partial;
    this.#partial = Buffer.alloc(0);
    return partial.length === 0 ? [] : [withoutReturn(partial.toString('utf8'))];
  }
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

/** `undefined` when there is no such file. A pipe is not waited for. */
export function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
