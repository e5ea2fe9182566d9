import {closeSync, fstatSync, readFileSync} from 'node:fs';

import {systemCode} from '../errors.ts';
import type {Rank} from './archive.ts';
import {alike, layoutOf, lookAt, readPart} from './look.ts';
import type {Look} from './look.ts';
import {openIfThere, readAt, readBack, wholeLines} from './tail.ts';

/** A rotation that comes between is over in a moment; after so many tries what was read is good enough to be shown. */
const TRIES = 5;

/** A place in what a program has printed, whatever becomes of its log. */
export interface Place {
  /** Of the log; `undefined`: there was none. */
  readonly inode: number | undefined;
  /** The newest archive; `undefined`: there was none. */
  readonly rank: Rank | undefined;
  /** Bytes of lines behind that archive; notes of ours do not count. */
  readonly offset: number;
}

/** The end of a log. */
export interface LogEnd {
  /** Whole lines, oldest first. */
  readonly lines: readonly string[];
  /** Behind the last whole line; where following goes on. */
  readonly place: Place;
}

/**
 * Read the last lines of a log and, if they do not suffice, of its archives, newest first.
 *
 * Each line is there once, also while a rotation is under way: its traces are looked at before and after, and if they changed it is
 * read again. A last line without a line feed is still being written and is left out.
 *
 * @param enough - Called with what was read so far; `true` ends the reading. Everything is read when it never says so.
 */
export function readLog(file: string, enough: (lines: readonly string[]) => boolean): LogEnd {
  for (let tries = 1; ; tries++) {
    const fd = openIfThere(file);
    try {
      const look = lookAt(file, fd);
      const end = readEnd(file, fd, look, enough);
      if (tries === TRIES || alike(lookAt(file, fd), look)) return end;
    } catch (error) {
      // Compressed, or removed as surplus, since its name was read.
      if (systemCode(error) !== 'ENOENT' || tries === TRIES) throw error;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }
}

function readEnd(
  file: string,
  fd: number | undefined,
  look: Look,
  enough: (lines: readonly string[]) => boolean,
): LogEnd {
  const rank = look.archives.at(-1)?.rank;
  const inode = fd === undefined ? undefined : fstatSync(fd).ino;
  const log = fd === undefined ? {lines: [], offset: 0} : readNewest(file, fd, look, enough);
  let {lines} = log;
  for (const archive of look.archives.toReversed()) {
    if (enough(lines)) break;
    lines = [...wholeLines(readPart(archive, 0, Infinity)), ...lines];
  }
  return {lines, place: {inode, rank, offset: log.offset}};
}

/** What is in no archive. */
function readNewest(
  file: string,
  fd: number,
  look: Look,
  enough: (lines: readonly string[]) => boolean,
): {readonly lines: readonly string[]; readonly offset: number} {
  const {moved, from} = layoutOf(file, look);
  if (moved === undefined) {
    const {lines, end} = readBack(fd, from, enough);
    return {lines, offset: end - from};
  }
  const {size} = fstatSync(fd);
  // In one piece: the archive may end within a line.
  const bytes = Buffer.concat([
    readFileSync(moved.file).subarray(0, moved.bytes),
    readAt(fd, from, Math.max(0, size - from)),
  ]);
  return {lines: wholeLines(bytes), offset: bytes.lastIndexOf(10) + 1};
}
