import {rmSync, statSync} from 'node:fs';
import type {Stats} from 'node:fs';

import {systemCode} from '../errors.ts';
import {compareRanks, momentOfStamp} from './archive.ts';
import {besideOf, besidePath} from './beside.ts';
import {LEAST_BYTES, surplus} from './limits.ts';
import type {Archive, LogLimits} from './limits.ts';

/** The archives of a log, in no order. */
export function archivesOf(log: string): readonly Archive[] {
  return besideOf(log).flatMap((beside) => {
    if (beside.kind !== 'archive') return [];
    const file = besidePath(log, beside);
    const bytes = sizeOf(file);
    return bytes === undefined ? [] : {file, log, rank: beside.rank, gzip: beside.gzip, bytes};
  });
}

/** Remove what the logs of one app have too much of. */
export function removeSurplus(logs: readonly string[], limits: LogLimits, wallMs: number): void {
  const most = mostBytes(limits);
  const liveBytes = logs.reduce((sum, log) => sum + Math.min(most, sizeOf(log) ?? 0), 0);
  for (const {file} of surplus(logs.flatMap(archivesOf), limits, {wallMs, liveBytes}))
    rmSync(file, {force: true});
}

/** A log of so many bytes is rotated. */
export function mostBytes({maxBytes}: Pick<LogLimits, 'maxBytes'>): number {
  return Math.max(maxBytes, LEAST_BYTES);
}

/** Milliseconds until the first line of a log is too old: it is as old as the newest archive, or else as the file. */
export function untilOld(log: string, {maxAgeMs}: Pick<LogLimits, 'maxAgeMs'>, wallMs: number): number {
  if (maxAgeMs === undefined) return Infinity;
  const newest = archivesOf(log)
    .toSorted((a, b) => compareRanks(a.rank, b.rank))
    .at(-1);
  const began =
    newest === undefined ? (statOf(log)?.birthtimeMs ?? wallMs) : momentOfStamp(newest.rank.stamp);
  return began + maxAgeMs - wallMs;
}

/** `undefined` when it is not there. */
export function sizeOf(file: string): number | undefined {
  return statOf(file)?.size;
}

/** A file that cannot be looked at is told of by what cannot be done with it. */
function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
