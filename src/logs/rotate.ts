import {randomBytes} from 'node:crypto';
import {constants, renameSync, rmSync, statfsSync} from 'node:fs';
import {open} from 'node:fs/promises';
import type {FileHandle} from 'node:fs/promises';
import path from 'node:path';

import {systemCode} from '../errors.ts';
import {compareRanks, nextRank} from './archive.ts';
import type {Beside, Move, Rank} from './archive.ts';
import {besideOf, besidePath} from './beside.ts';
import {copyBytes, readBytes, writeAll} from './bytes.ts';
import {LAST_BYTES, NOTE_BYTES, noteLength, noteOf, planCut} from './cut.ts';
import type {Cut} from './cut.ts';
import type {RotateWorld} from './rotate-world.ts';
import {continueStopped, moveTheRest} from './stop-writers.ts';
import {asTrouble} from './trouble.ts';

/** `blocks` leaves some lines behind; `everything` also takes those, for a log that is rotated because of its age. */
export type Extent = 'blocks' | 'everything';

/**
 * Move the lines of a log to an archive beside it while programs append to it; no line is lost, doubled or torn.
 *
 * ```
 *             log                              beside it
 *  begun      aaaaa bbbbb ccc|                 copying.TOKEN  (empty)
 *  copied     aaaaa bbbbb ccccc ddd|           copying.TOKEN  aaaaa bbbbb      and on the disk
 *  marked     TOKEN bbbbb ccccc ddddd|         copying.TOKEN  aaaaa bbbbb      the head is in the archive, so it can carry a mark
 *  committed  TOKEN bbbbb ccccc ddddd eee|     moving.TOKEN   aaaaa bbbbb
 *  collapsed  bb ccccc ddddd eeeee|            moving.TOKEN   aaaaa bbbbb      whole blocks only: the end of `b` is there twice,
 *  noted      [] ccccc ddddd eeeee f|          moving.TOKEN   aaaaa bbbbb      until a note covers it
 *  archived   [] ccccc ddddd eeeee fffff|      20261121T…     aaaaa bbbbb
 * ```
 *
 * Every step is one system call, so whoever comes after a SIGKILL reads from the name and from the head of the log what was done:
 * the token is random, no program prints it. Where the file system cannot collapse, the writers are stopped for the last bytes.
 *
 * @returns The archive, absolute; `undefined` when there was nothing to move.
 * @throws AppsupError `DISK` when the archive cannot be written: the log is as it was. `TIMEOUT` when a writer does not stop:
 *   {@link recover} goes on later.
 */
export async function rotate(file: string, extent: Extent, world: RotateWorld): Promise<string | undefined> {
  await recover(file, world);
  try {
    const log = await openLog(file);
    if (log === undefined) return undefined;
    try {
      const plan = await planFor(file, log, extent);
      return plan === undefined ? undefined : await moveLines(file, log, plan, world);
    } finally {
      await log.close();
    }
  } catch (error) {
    throw asTrouble(error, `archive ${file}`);
  }
}

/** Finish what a rotation that was killed, or that failed, has left: to be called before anything else is done with a log. */
export async function recover(file: string, world: RotateWorld): Promise<void> {
  const moves = besideOf(file).filter((beside) => beside.kind === 'move');
  try {
    for (const move of moves.toSorted((a, b) => compareRanks(a.rank, b.rank))) {
      const token = await headOf(file, move.token.length);
      if (move.stage === 'moving' || token === move.token) await finish(file, move, world);
      else rmSync(besidePath(file, move));
    }
  } catch (error) {
    throw asTrouble(error, `archive ${file}`);
  } finally {
    await continueStopped(file, world);
  }
}

interface Plan extends Cut {
  readonly skip: number;
}

async function planFor(file: string, log: FileHandle, extent: Extent): Promise<Plan | undefined> {
  const blockBytes = blockBytesOf(file);
  const {size} = await log.stat();
  const from = Math.max(0, size - LAST_BYTES);
  const last = await readBytes(log, from, size - from);
  const cut = planCut({last, from, blockBytes, everything: extent === 'everything'});
  const skip = noteLength(await readBytes(log, 0, blockBytes + NOTE_BYTES));
  return cut === undefined || cut.end <= skip ? undefined : {...cut, skip};
}

async function moveLines(file: string, log: FileHandle, plan: Plan, world: RotateWorld): Promise<string> {
  const {cut, skip, end} = plan;
  const move: Beside & Move = {
    kind: 'move',
    stage: 'copying',
    rank: freeRank(file, world.clock.wall()),
    cut,
    skip,
    token: randomBytes(16).toString('hex'),
  };
  await copyHead(log, {skip, end}, besidePath(file, move), world);
  await writeAll(log, Buffer.from(move.token, 'latin1'), 0);
  // Else the collapse does it, and the programs wait for the disk meanwhile.
  await log.datasync();
  world.onStep?.('marked');
  return await finish(file, move, world);
}

/** On the disk before anything is taken from the log: a crash of the host must not lose it either. */
async function copyHead(
  log: FileHandle,
  {skip, end}: {readonly skip: number; readonly end: number},
  target: string,
  world: RotateWorld,
): Promise<void> {
  try {
    const archive = await open(target, 'wx', 0o600);
    try {
      world.onStep?.('begun');
      await copyBytes(log, archive, {from: skip, to: end});
      await archive.datasync();
    } finally {
      await archive.close();
    }
  } catch (error) {
    rmSync(target, {force: true});
    throw error;
  }
  world.onStep?.('copied');
}

/** From `marked` on. Each part looks whether it was done already. */
async function finish(file: string, begun: Beside & Move, world: RotateWorld): Promise<string> {
  let move: Beside & Move = {...begun, stage: 'moving'};
  rename(file, begun, move);
  world.onStep?.('committed');
  const collapses = typeof move.cut === 'number' && (await cutHead(file, move, move.cut, world));
  if (!collapses) {
    const stop: Beside & Move = {...move, cut: 'stop'};
    rename(file, move, stop);
    move = stop;
    world.onStep?.('refused');
    await moveTheRest(file, besidePath(file, move), move, world);
  }
  const archive: Beside = {kind: 'archive', rank: move.rank, gzip: false};
  rename(file, move, archive);
  world.onStep?.('archived');
  return besidePath(file, archive);
}

function rename(file: string, from: Beside, to: Beside): void {
  const [old, next] = [besidePath(file, from), besidePath(file, to)];
  if (old !== next) renameSync(old, next);
}

/** `false` when the file system cannot. */
async function cutHead(file: string, move: Move & Beside, cut: number, world: RotateWorld): Promise<boolean> {
  const log = await openLog(file);
  // Deleted by somebody: the archive is what there is.
  if (log === undefined) return true;
  try {
    if (cut > 0) {
      const answer = await world.files.collapse(file, cut, move.token);
      if (answer === 'refused') return false;
      world.onStep?.('collapsed');
    }
    await coverHead(file, log, move, cut);
    world.onStep?.('noted');
    return true;
  } finally {
    await log.close();
  }
}

/** Write the note over the bytes that are in the archive, but over nothing else: somebody may have emptied the log by hand. */
async function coverHead(file: string, log: FileHandle, move: Move & Beside, cut: number): Promise<void> {
  const archive = await open(besidePath(file, move), 'r');
  try {
    const end = move.skip + (await archive.stat()).size;
    const note = noteOf(move.rank, end - cut);
    const head = await readBytes(log, 0, note.length);
    const known = await readBytes(archive, Math.max(0, cut - move.skip), end - Math.max(cut, move.skip));
    const before = note.length - known.length;
    const token = cut === 0 && head.toString('latin1', 0, move.token.length) === move.token;
    const ours =
      head.length === note.length &&
      (token || head.every((byte, at) => at < before || byte === note[at] || byte === known[at - before]));
    if (ours) await writeAll(log, note, 0);
  } finally {
    await archive.close();
  }
}

async function openLog(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function headOf(file: string, length: number): Promise<string | undefined> {
  const log = await openLog(file);
  if (log === undefined) return undefined;
  try {
    return (await readBytes(log, 0, length)).toString('latin1');
  } finally {
    await log.close();
  }
}

function freeRank(file: string, wallMs: number): Rank {
  return nextRank(
    besideOf(file).flatMap((beside) => (beside.kind === 'stopped' ? [] : beside.rank)),
    wallMs,
  );
}

/** Larger blocks than these are a network's unit of transfer, and nothing that could be collapsed. */
function blockBytesOf(file: string): number {
  const {bsize} = statfsSync(path.dirname(file));
  return bsize >= 4096 && bsize <= 65_536 ? bsize : 4096;
}
