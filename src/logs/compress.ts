import {renameSync, rmSync} from 'node:fs';
import {open} from 'node:fs/promises';
import type {FileHandle} from 'node:fs/promises';
import {createGzip} from 'node:zlib';
import type {Gzip} from 'node:zlib';

import {asDiskError} from '../system/files.ts';
import type {Rank} from './archive.ts';
import {besideOf, besidePath} from './beside.ts';
import {writeAll} from './bytes.ts';

/** zlib's default; 9 takes twice the time for a fiftieth of the size. */
const LEVEL = 6;
/** The same buffer for every piece: streams take a new one each time, which the supervisor keeps as 30 MB of garbage. */
const PIECE = 64 * 1024;

/**
 * Compress an archive, in Node's thread pool; the supervisor goes on meanwhile.
 *
 * The plain one is there until the compressed one is whole and on the disk.
 *
 * @throws AppsupError `DISK`: the plain one stays; also when the signal aborts.
 */
export async function compress(log: string, rank: Rank, signal: AbortSignal): Promise<void> {
  const plain = besidePath(log, {kind: 'archive', rank, gzip: false});
  const draft = besidePath(log, {kind: 'draft', rank});
  try {
    const source = await open(plain, 'r');
    try {
      const target = await open(draft, 'w', 0o600);
      try {
        await squeeze(source, target, signal);
        await target.datasync();
      } finally {
        await target.close();
      }
    } finally {
      await source.close();
    }
    renameSync(draft, besidePath(log, {kind: 'archive', rank, gzip: true}));
    rmSync(plain, {force: true});
  } catch (error) {
    rmSync(draft, {force: true});
    throw asDiskError(error, `compress ${plain}`);
  }
}

async function squeeze(source: FileHandle, target: FileHandle, signal: AbortSignal): Promise<void> {
  const gzip = createGzip({level: LEVEL, chunkSize: PIECE});
  let squeezed: Buffer[] = [];
  gzip.on('data', (chunk: Buffer) => squeezed.push(chunk));
  const piece = Buffer.allocUnsafe(PIECE);
  try {
    for (let at = 0; ;) {
      signal.throwIfAborted();
      const {bytesRead} = await source.read(piece, 0, PIECE, at);
      at += bytesRead;
      await put(gzip, piece.subarray(0, bytesRead));
      for (const chunk of squeezed) await writeAll(target, chunk, undefined);
      squeezed = [];
      if (bytesRead === 0) return;
    }
  } finally {
    gzip.destroy();
  }
}

/** Nothing is the end. */
async function put(gzip: Gzip, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    gzip.once('error', reject);
    const done = (): void => {
      gzip.off('error', reject);
      resolve();
    };
    if (bytes.length > 0) gzip.write(bytes, done);
    else gzip.once('end', done).end();
  });
}

/** Remove what a compression that was killed has left. */
export function removeLeftovers(log: string): void {
  const beside = besideOf(log);
  for (const each of beside) {
    if (each.kind === 'draft') rmSync(besidePath(log, each), {force: true});
    // Renamed and not yet removed.
    if (each.kind === 'archive' && each.gzip) rmSync(besidePath(log, {...each, gzip: false}), {force: true});
  }
}
