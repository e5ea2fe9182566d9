import type {Rank} from './archive.ts';
import {formatRank} from './archive.ts';

/**
 * Room for a note at the head of a log whose earlier lines were moved away.
 *
 * Only whole blocks can be cut off a file, so some bytes that are in the archive stay at its head; the note covers them.
 */
export const NOTE_BYTES = 128;
/** In so many bytes from the end of a log its last whole line is looked for. */
export const LAST_BYTES = 1024 * 1024;

const NOTE = /^\[appsup: older lines are in the archive (?:\d{8}T\d{6}Z)(?:-\d+)?\] *\n/;

/** A note of exactly `length` bytes, at least {@link NOTE_BYTES}; one line. */
export function noteOf(rank: Rank, length: number): Buffer {
  return Buffer.from(
    `${`[appsup: older lines are in the archive ${formatRank(rank)}]`.padEnd(length - 1)}\n`,
    'latin1',
  );
}

/** How many of the first bytes of a log are a note of ours. */
export function noteLength(head: Buffer): number {
  return NOTE.exec(head.toString('latin1'))?.[0].length ?? 0;
}

/** Where a log is cut. */
export interface Cut {
  /** So many bytes at the head are collapsed: whole blocks, never the whole file. May be 0. */
  readonly cut: number;
  /** The archive ends here, with a line; behind `cut` by at least {@link NOTE_BYTES}, at most that and a block. */
  readonly end: number;
}

export interface Ending {
  /** The last bytes of the log: {@link LAST_BYTES}, or all. */
  readonly last: Buffer;
  /** Where they begin. */
  readonly from: number;
  /** Of the file system. */
  readonly blockBytes: number;
  /** Also the last few whole lines, which leaves up to one block of blanks at the head. */
  readonly everything: boolean;
}

/** Where to cut, or `undefined` when there is nothing that is worth it. A line without an end for 1 MiB is cut as well. */
export function planCut({last, from, blockBytes, everything}: Ending): Cut | undefined {
  const size = from + last.length;
  const feed = last.lastIndexOf(10);
  // A line feed so near to the beginning leaves no room for a block and a note behind `from`.
  const endless = from > 0 && feed < blockBytes + NOTE_BYTES;
  const wholeEnd = endless ? size : from + feed + 1;
  if (wholeEnd < NOTE_BYTES) return undefined;
  const cut = Math.floor((wholeEnd - NOTE_BYTES) / blockBytes) * blockBytes;
  if (endless) return {cut, end: cut + NOTE_BYTES};
  if (everything || cut === 0) return {cut, end: wholeEnd};
  return {cut, end: from + last.indexOf(10, cut + NOTE_BYTES - 1 - from) + 1};
}
