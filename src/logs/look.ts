import {closeSync, fstatSync, openSync, readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';

import {compareRanks} from './archive.ts';
import type {Beside, Move, Rank} from './archive.ts';
import {besideOf, besidePath} from './beside.ts';
import {LAST_BYTES, NOTE_BYTES, noteLength} from './cut.ts';
import {readAt} from './tail.ts';

/** Longest note: one block of the largest kind, and what is always there. */
const MOST_NOTE = 64 * 1024 + NOTE_BYTES;
/** A note says what it is in so many bytes; the rest are blanks. */
const NOTE_BEGINS = '[appsup: ';

/** A finished archive. */
export interface Part {
  readonly rank: Rank;
  /** Absolute. */
  readonly file: string;
  readonly gzip: boolean;
}

/** What a log consists of at one moment. Between two looks that are {@link alike} nothing was moved. */
export interface Look {
  /** Oldest first; where a plain one and its compressed copy are both there, one of them. */
  readonly archives: readonly Part[];
  readonly move: (Beside & Move) | undefined;
  /** Where the mark of the move is in the log; -1: it is not. */
  readonly mark: number;
  /** Bytes of the note at the head of the log. */
  readonly note: number;
}

/** @param fd - The log; `undefined`: there is none, perhaps only its archives. */
export function lookAt(file: string, fd: number | undefined): Look {
  const beside = besideOf(file);
  const byRank = new Map<string, Part>();
  for (const each of beside) {
    if (each.kind !== 'archive') continue;
    const key = `${each.rank.stamp}-${each.rank.serial}`;
    if (!each.gzip || !byRank.has(key))
      byRank.set(key, {rank: each.rank, gzip: each.gzip, file: besidePath(file, each)});
  }
  const move = beside.find((each) => each.kind === 'move');
  return {
    archives: [...byRank.values()].toSorted((a, b) => compareRanks(a.rank, b.rank)),
    move,
    mark: move === undefined || fd === undefined ? -1 : markIn(fd, move),
    note: fd === undefined ? 0 : noteIn(fd),
  };
}

/** At the head, or behind an unfinished line that was put there. */
function markIn(fd: number, {cut, token}: Move): number {
  const mark = Buffer.from(token, 'latin1');
  return readAt(fd, 0, (cut === 'stop' ? LAST_BYTES : 0) + mark.length).indexOf(mark);
}

function noteIn(fd: number): number {
  const begins = readAt(fd, 0, NOTE_BEGINS.length).toString('latin1') === NOTE_BEGINS;
  return begins ? noteLength(readAt(fd, 0, MOST_NOTE)) : 0;
}

export function alike(a: Look, b: Look): boolean {
  return signatureOf(a) === signatureOf(b);
}

function signatureOf({archives, move, mark, note}: Look): string {
  return JSON.stringify([archives.map(({rank}) => rank), move, mark, note]);
}

/** Where the bytes are that are in no finished archive. */
export interface Layout {
  /** The first of them, while a rotation is under way. */
  readonly moved: {readonly file: string; readonly bytes: number} | undefined;
  /** The others are in the log from here on. */
  readonly from: number;
}

/**
 * ```
 *  nothing under way   [note] bbbb cccc            moved: -      from: behind the note
 *  marked              TOKEN bbbb cccc dddd        moved: b      from: c, where it always was
 *  collapsed, noted    [note] cccc dddd            moved: b      from: c
 *  emptied             cc                          moved: b and whole lines of c
 * ```
 */
export function layoutOf(file: string, {move, mark, note}: Look): Layout {
  // Without the mark, a copy that has just begun.
  if (move === undefined || (mark < 0 && move.stage === 'copying')) return {moved: undefined, from: note};
  const archive = besidePath(file, move);
  const bytes = bytesOf({file: archive, gzip: false});
  const end = move.skip + bytes;
  if (mark >= 0) return {moved: {file: archive, bytes}, from: end};
  if (move.cut !== 'stop') return {moved: {file: archive, bytes}, from: Math.max(note, end - move.cut)};
  // Its unfinished line is in the log again.
  return {moved: {file: archive, bytes: readFileSync(archive).lastIndexOf(10) + 1}, from: 0};
}

/**
 * Bytes of what was archived, before it was compressed (RFC 1952, ISIZE: below 4 GiB).
 *
 * @throws `ENOENT` when it was compressed or renamed since it was looked for: look again.
 */
export function bytesOf({file, gzip}: Pick<Part, 'file' | 'gzip'>): number {
  const fd = openSync(file, 'r');
  try {
    const {size} = fstatSync(fd);
    return gzip ? readAt(fd, size - 4, 4).readUInt32LE(0) : size;
  } finally {
    closeSync(fd);
  }
}

/** Some of what was archived; of a compressed one, all of the rest, since it has to be read as a whole. @throws `ENOENT` as {@link bytesOf} */
export function readPart({file, gzip}: Pick<Part, 'file' | 'gzip'>, from: number, length: number): Buffer {
  if (gzip) return gunzipSync(readFileSync(file)).subarray(from);
  const fd = openSync(file, 'r');
  try {
    return readAt(fd, from, Math.min(length, Math.max(0, fstatSync(fd).size - from)));
  } finally {
    closeSync(fd);
  }
}
