import {compareRanks, momentOfStamp} from './archive.ts';
import type {Rank} from './archive.ts';

/** How much of an app's output is kept. */
export interface LogLimits {
  /** A log that has so many bytes is rotated; at least {@link LEAST_BYTES}. */
  readonly maxBytes: number;
  /** A log whose first line is so old is rotated. `undefined`: age does not matter. */
  readonly maxAgeMs: number | undefined;
  /** Archives of each log. */
  readonly keep: number;
  /** Archives older than this go. `undefined`: age does not matter. */
  readonly keepMs: number | undefined;
  /** All logs and archives of the app together. */
  readonly totalBytes: number;
  /** Archives are compressed. */
  readonly gzip: boolean;
}

const MIB = 1024 * 1024;

/** Below this, a log would be rotated more often than it is read. */
export const LEAST_BYTES = 64 * 1024;

export const DEFAULT_LIMITS: LogLimits = {
  maxBytes: 10 * MIB,
  maxAgeMs: undefined,
  keep: 10,
  keepMs: undefined,
  totalBytes: 100 * MIB,
  gzip: true,
};

/** An archive as it lies on the disk. */
export interface Archive {
  /** Absolute. */
  readonly file: string;
  /** The log that it was cut from, absolute. */
  readonly log: string;
  readonly rank: Rank;
  readonly gzip: boolean;
  readonly bytes: number;
}

/** What counts besides the archives themselves. */
export interface Now {
  readonly wallMs: number;
  /** Of the logs that are being written, each counted up to `maxBytes`: a flood must not cost the archives. */
  readonly liveBytes: number;
}

/** The archives of one app that have to go: too many of one log, too old, or too large together. The oldest go first. */
export function surplus(archives: readonly Archive[], limits: LogLimits, now: Now): readonly Archive[] {
  const newestFirst = archives.toSorted((a, b) => compareRanks(b.rank, a.rank));
  const kept = new Map<string, number>();
  let bytes = now.liveBytes;
  let full = false;
  return newestFirst.filter(({log, rank, bytes: own}) => {
    const count = (kept.get(log) ?? 0) + 1;
    if (count > limits.keep) return true;
    if (limits.keepMs !== undefined && now.wallMs - momentOfStamp(rank.stamp) > limits.keepMs) return true;
    // What is older than a surplus one goes as well, however small: a log without holes can be read.
    full ||= bytes + own > limits.totalBytes;
    if (full) return true;
    kept.set(log, count);
    bytes += own;
    return false;
  });
}

/** Longest time between two looks at a log that is being written; what a program prints meanwhile is the excess over `maxBytes`. */
const LOOK_MS = 400;
/** Shortest: a rotation takes about as long. */
const SOON_MS = 50;

/** Growth of one log between two looks. */
export interface Growth {
  readonly bytes: number;
  readonly grown: number;
  readonly elapsedMs: number;
}

/** Milliseconds until a log that grows so fast has to be looked at again; `undefined`: it rests, the kernel will say when it grows. */
export function nextLook(growth: Growth, limits: Pick<LogLimits, 'maxBytes'>): number | undefined {
  const {bytes, grown, elapsedMs} = growth;
  if (grown <= 0) return undefined;
  const full = ((limits.maxBytes - bytes) / grown) * Math.max(1, elapsedMs);
  return Math.min(LOOK_MS, Math.max(SOON_MS, full));
}
