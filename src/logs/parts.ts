import {closeSync, fstatSync, readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';

import {systemCode} from '../errors.ts';
import {compareRanks} from './archive.ts';
import type {Beside, Move, Rank} from './archive.ts';
import {besideOf, besidePath} from './beside.ts';
import {NOTE_BYTES, noteLength} from './cut.ts';
import {openIfThere, readAt, withoutReturn} from './tail.ts';
import type {Tail} from './tail.ts';

/** Read backwards in pieces of so many bytes. */
const PIECE = 64 * 1024;
/** Longest note: one block of the largest kind, and what is always there. */
const MOST_NOTE = 64 * 1024 + NOTE_BYTES;
/** A rotation that comes between is over in a moment; after so many tries what was read is good enough to be shown. */
const TRIES = 5;

/**
 * Read the last lines of a log and, if they do not suffice, of its archives, newest first.
 *
 * Each line is there once, also while a rotation is under way: its names are looked at before and after, and if they changed it is
 * read again. A last line without a line feed is still being written and is left out.
 *
 * @param enough - Called with what was read so far; `true` ends the reading. Everything is read when it never says so.
 * @returns `end` and `inode` are those of the log itself. `undefined` when there is neither a log nor an archive.
 */
export function readLog(file: string, enough: (lines: readonly string[]) => boolean): Tail | undefined {
  for (let tries = 1; ; tries++) {
    const parts = partsOf(file);
    try {
      const tail = readParts(file, parts, enough);
      if (tries === TRIES || signatureOf(partsOf(file)) === signatureOf(parts)) return tail;
    } catch (error) {
      // Compressed, or removed as surplus, since its name was read.
      if (systemCode(error) !== 'ENOENT' || tries === TRIES) throw error;
    }
  }
}

/** What a log consists of besides itself, oldest first. */
interface Parts {
  readonly archives: readonly {readonly rank: Rank; readonly file: string; readonly gzip: boolean}[];
  readonly move: (Beside & Move) | undefined;
}

/** Also where a plain archive and its compressed copy are both there, one of them. */
function partsOf(file: string): Parts {
  const beside = besideOf(file);
  const byRank = new Map<string, Parts['archives'][number]>();
  for (const each of beside) {
    if (each.kind !== 'archive') continue;
    const key = `${each.rank.stamp}-${each.rank.serial}`;
    if (!each.gzip || !byRank.has(key)) {
      byRank.set(key, {rank: each.rank, gzip: each.gzip, file: besidePath(file, each)});
    }
  }
  return {
    archives: [...byRank.values()].toSorted((a, b) => compareRanks(a.rank, b.rank)),
    move: beside.find((each) => each.kind === 'move'),
  };
}

function signatureOf({archives, move}: Parts): string {
  return JSON.stringify([archives.map(({rank}) => rank), move]);
}

function readParts(
  file: string,
  {archives, move}: Parts,
  enough: (lines: readonly string[]) => boolean,
): Tail | undefined {
  const fd = openIfThere(file);
  if (fd === undefined && archives.length === 0) return undefined;
  let tail: Tail = {lines: [], end: 0, inode: 0};
  let moved: readonly string[] = [];
  if (fd !== undefined) {
    try {
      const start = startOf(fd, file, move);
      moved = start.archive === undefined ? [] : linesOf(readFileSync(start.archive));
      tail = readBack(fd, start.from, (lines) => enough(lines));
    } finally {
      closeSync(fd);
    }
  }
  let lines = moved.length > 0 && !enough(tail.lines) ? [...moved, ...tail.lines] : tail.lines;
  for (const archive of archives.toReversed()) {
    if (enough(lines)) break;
    const bytes = readFileSync(archive.file);
    lines = [...linesOf(archive.gzip ? gunzipSync(bytes) : bytes), ...lines];
  }
  return {...tail, lines};
}

/** Where the lines begin that are in no archive, and what else holds lines while a rotation is under way. */
function startOf(
  fd: number,
  file: string,
  move: (Beside & Move) | undefined,
): {readonly from: number; readonly archive: string | undefined} {
  const head = readAt(fd, 0, MOST_NOTE);
  const note = noteLength(head);
  if (move === undefined) return {from: note, archive: undefined};
  const archive = besidePath(file, move);
  // At the head, or behind an unfinished line that was put there.
  const marked = head.includes(Buffer.from(move.token, 'latin1'));
  // Without the mark, a copy that has just begun.
  if (!marked && move.stage === 'copying') return {from: note, archive: undefined};
  const end = move.skip + sizeOf(archive);
  if (marked) return {from: end, archive};
  return {from: move.cut === 'stop' ? 0 : Math.max(note, end - move.cut), archive};
}

function sizeOf(file: string): number {
  const fd = openIfThere(file);
  if (fd === undefined) return 0;
  try {
    return fstatSync(fd).size;
  } finally {
    closeSync(fd);
  }
}

/** From the end, not before `from`, until there are enough whole lines. */
function readBack(fd: number, from: number, enough: (lines: readonly string[]) => boolean): Tail {
  const {size, ino} = fstatSync(fd);
  const pieces: Buffer[] = [];
  let lines: readonly string[] = [];
  let at = size;
  while (at > from && (at === size || !enough(lines))) {
    // Twice as much each time: looking at the lines costs as much as reading them.
    const length = Math.min(at - from, Math.max(PIECE, size - at));
    at -= length;
    pieces.unshift(readAt(fd, at, length));
    const bytes = Buffer.concat(pieces);
    lines = linesOf(at > from ? bytes.subarray(bytes.indexOf(10) + 1) : bytes);
  }
  const bytes = Buffer.concat(pieces);
  const last = bytes.lastIndexOf(10);
  return {lines, end: last < 0 ? at : at + last + 1, inode: ino};
}

function linesOf(bytes: Buffer): readonly string[] {
  const last = bytes.lastIndexOf(10);
  return last < 0 ? [] : bytes.toString('utf8', 0, last).split('\n').map(withoutReturn);
}
