import {constants, rmSync} from 'node:fs';
import {open} from 'node:fs/promises';
import type {FileHandle} from 'node:fs/promises';

import {AppsupError, systemCode} from '../errors.ts';
import {readIfThere, writeAtomically} from '../system/files.ts';
import type {Guard} from '../system/log-files.ts';
import type {Move} from './archive.ts';
import {copyBytes, readBytes, writeAll} from './bytes.ts';
import {LAST_BYTES} from './cut.ts';
import type {RotateWorld} from './rotate-world.ts';

/** A process stops within a few microseconds unless it waits for a disk. */
const STOP_MS = 2000;

/**
 * Stop the writers of a log, move what is left of it into the archive, and continue them: the way where nothing else works.
 *
 * The line that is not finished goes back into the log. Each part looks whether it was done already; see {@link recover}.
 */
export async function moveTheRest(
  file: string,
  archivePath: string,
  {skip, token}: Move,
  world: RotateWorld,
): Promise<void> {
  await withWritersStopped(file, world, async (check) => {
    const archive = await open(archivePath, constants.O_RDWR | constants.O_APPEND);
    try {
      const log = await open(file, constants.O_RDWR | constants.O_NOFOLLOW);
      try {
        await emptyLog(log, archive, {skip, token}, {...world, check});
        await trimArchive(log, archive, world);
      } finally {
        await log.close();
      }
    } catch (error) {
      // The log was deleted by somebody: the archive is what there is.
      if (systemCode(error) !== 'ENOENT') throw error;
    } finally {
      await archive.close();
    }
  });
}

/**
 * Copy the rest, and leave the unfinished line as all that is in the log.
 *
 * ```
 *  TOKEN bbbb ccccc dd|        the token says that the rest may not have been copied
 *  TOddTOKENb ccccc dd|        the unfinished line is put before it, the token first: one of the two is always whole
 *  dd|                         one truncation; without the token, all of this was done
 * ```
 */
async function emptyLog(
  log: FileHandle,
  archive: FileHandle,
  {skip, token}: Pick<Move, 'skip' | 'token'>,
  world: RotateWorld & {readonly check: () => void},
): Promise<void> {
  const mark = Buffer.from(token, 'latin1');
  if (!(await readBytes(log, 0, LAST_BYTES + mark.length)).includes(mark)) return;
  const from = skip + (await archive.stat()).size;
  await copyBytes(log, archive, {from, to: (await log.stat()).size});
  await archive.datasync();
  world.onStep?.('rest copied');
  const unfinished = await unfinishedLine(archive);
  await writeAll(log, mark, unfinished.length);
  await writeAll(log, unfinished, 0);
  world.onStep?.('rest returned');
  world.check();
  await log.truncate(unfinished.length);
  world.onStep?.('emptied');
}

/** What is in the log again is taken from the archive; not if somebody has emptied the log by hand. */
async function trimArchive(log: FileHandle, archive: FileHandle, world: RotateWorld): Promise<void> {
  const unfinished = await unfinishedLine(archive);
  if (!(await readBytes(log, 0, unfinished.length)).equals(unfinished)) return;
  await archive.truncate((await archive.stat()).size - unfinished.length);
  world.onStep?.('trimmed');
}

/** What follows the last line feed; nothing if there is none in the last MiB: an endless line is cut somewhere. */
async function unfinishedLine(archive: FileHandle): Promise<Buffer> {
  const {size} = await archive.stat();
  const from = Math.max(0, size - LAST_BYTES);
  const last = await readBytes(archive, from, size - from);
  const feed = last.lastIndexOf(10);
  return feed < 0 ? Buffer.alloc(0) : last.subarray(feed + 1);
}

/**
 * Do something while no writer of a log runs; they are continued whatever happens.
 *
 * If we are killed meanwhile, the guard continues them at once; if that was killed, too, the next supervisor does: who is stopped is
 * on the disk before it is stopped. A process that somebody else had stopped stays so.
 *
 * @param action - Is given a check to be made before the step that cannot be taken back.
 * @throws AppsupError `TIMEOUT` when one does not stop, or does not stay so.
 */
async function withWritersStopped(
  file: string,
  world: RotateWorld,
  action: (check: () => void) => Promise<void>,
): Promise<void> {
  await endOldGuards(file, world);
  const toContinue = new Set(recorded(file, world));
  const guards: Guard[] = [];
  try {
    // Again until nobody is found: a process may have been forked between looking and stopping.
    for (
      let running = runningWriters(file, world);
      running.length > 0;
      running = runningWriters(file, world)
    ) {
      for (const pid of running) toContinue.add(pid);
      record(file, toContinue, world);
      world.onStep?.('recorded');
      guards.push(world.files.guard(running, recordPath(file)));
      for (const pid of running) world.processes.signal(pid, 'SIGSTOP');
      await until(
        () => running.every((pid) => world.files.isStopped(pid)),
        world,
        `Cannot archive ${file}: process ${running.join(' or ')} did not stop in ${STOP_MS / 1000} s`,
      );
    }
    world.onStep?.('stopped');
    await action(() => {
      const running = runningWriters(file, world);
      if (running.length > 0)
        throw cannotStop(`Cannot archive ${file}: process ${running.join(', ')} was continued`);
    });
  } finally {
    for (const pid of toContinue) world.processes.signal(pid, 'SIGCONT');
    rmSync(recordPath(file), {force: true});
    for (const guard of guards) guard.release();
  }
}

/** The guard of a supervisor that was killed may be late; it must not continue what is stopped from now on. */
async function endOldGuards(file: string, world: RotateWorld): Promise<void> {
  const guards = (): readonly number[] => world.files.writers(recordPath(file));
  for (const pid of guards()) world.processes.signal(pid, 'SIGKILL');
  await until(
    () => guards().length === 0,
    world,
    `Cannot archive ${file}: a helper of an earlier rotation does not end`,
  );
}

/** Continue what a supervisor that was killed had stopped. */
export async function continueStopped(file: string, world: RotateWorld): Promise<void> {
  const stopped = recorded(file, world);
  for (const pid of stopped) world.processes.signal(pid, 'SIGCONT');
  rmSync(recordPath(file), {force: true});
}

function runningWriters(file: string, world: RotateWorld): readonly number[] {
  const writers = new Set([...world.files.writers(file), ...(world.writersOf?.(file) ?? [])]);
  return [...writers].filter((pid) => !world.files.isStopped(pid));
}

async function until(holds: () => boolean, {clock}: RotateWorld, message: string): Promise<void> {
  const end = clock.monotonic() + STOP_MS;
  while (!holds()) {
    if (clock.monotonic() > end) throw cannotStop(message);
    await new Promise<void>((resolve) => void clock.after(1, resolve));
  }
}

function cannotStop(message: string): AppsupError {
  return new AppsupError('TIMEOUT', message, {hint: 'nothing is lost: the next rotation tries again'});
}

/** `BOOTID\nPID STARTTICKS\n...` */
function record(file: string, pids: ReadonlySet<number>, {proc}: RotateWorld): void {
  const lines = [...pids].map((pid) => `${pid} ${proc.stat(pid)?.startTicks ?? 0}`);
  writeAtomically(recordPath(file), `${[proc.bootId(), ...lines].join('\n')}\n`);
}

/** Those that still are the processes that were recorded. */
function recorded(file: string, {proc}: RotateWorld): readonly number[] {
  const [boot, ...lines] = readIfThere(recordPath(file))?.trim().split('\n') ?? [];
  if (boot !== proc.bootId()) return [];
  return lines.flatMap((line) => {
    const [pid = 0, ticks] = line.split(' ').map(Number);
    return proc.stat(pid)?.startTicks === ticks ? pid : [];
  });
}

function recordPath(file: string): string {
  return `${file}.stopped`;
}
