import {createReadStream, createWriteStream, renameSync, rmSync} from 'node:fs';
import {pipeline} from 'node:stream/promises';
import {createGzip} from 'node:zlib';

import {asDiskError} from '../system/files.ts';
import type {Rank} from './archive.ts';
import {besideOf, besidePath} from './beside.ts';

/** zlib's default; 9 takes twice the time for a fiftieth of the size. */
const LEVEL = 6;

/**
 * Compress an archive, in pieces and in Node's thread pool: the supervisor goes on meanwhile, with some 300 KB more.
 *
 * The plain one is there until the compressed one is whole and on the disk.
 *
 * @throws AppsupError `DISK`: the plain one stays. `AbortError` when the signal aborts.
 */
export async function compress(log: string, rank: Rank, signal: AbortSignal): Promise<void> {
  const plain = besidePath(log, {kind: 'archive', rank, gzip: false});
  const draft = besidePath(log, {kind: 'draft', rank});
  try {
    await pipeline(
      createReadStream(plain),
      createGzip({level: LEVEL}),
      createWriteStream(draft, {mode: 0o600, flush: true}),
      {signal},
    );
    renameSync(draft, besidePath(log, {kind: 'archive', rank, gzip: true}));
    rmSync(plain, {force: true});
  } catch (error) {
    rmSync(draft, {force: true});
    if (signal.aborted) throw error;
    throw asDiskError(error, `compress ${plain}`);
  }
}

/** Remove what a compression that was killed has left. */
export function removeLeftovers(log: string): void {
  const beside = besideOf(log);
  const compressed = new Set<string>();
  for (const each of beside) {
    if (each.kind === 'draft') rmSync(besidePath(log, each), {force: true});
    if (each.kind === 'archive' && each.gzip) compressed.add(besidePath(log, {...each, gzip: false}));
  }
  for (const plain of compressed) rmSync(plain, {force: true});
}
