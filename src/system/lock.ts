import {spawnSync} from 'node:child_process';
import {closeSync, constants, ftruncateSync, openSync, writeSync} from 'node:fs';

import {AppsupError, systemCode} from '../errors.ts';
import {asDiskError, readIfThere} from './files.ts';
import {isAlive} from './proc.ts';
import type {Proc, ProcStat} from './proc.ts';

/** The single-instance lock, held for as long as this process lives: the kernel lets go of it, whatever happens. */
export interface Lock {
  /** One line for people and for the boot script: `PID STARTTICKS BOOTID`. */
  write(line: string): void;
  release(): void;
  /** Whoever inherits this descriptor holds the lock, too, and keeps it when we end. */
  readonly fd: number;
}

/**
 * Take the lock with flock(2), or `undefined` when somebody holds it.
 *
 * flock(1) locks the open file that it inherits from us; the lock belongs to that open file, so it stays ours when flock(1) ends.
 *
 * @throws AppsupError `SUPERVISOR_START` when there is no flock(1), `DISK` when the file cannot be opened.
 */
export function takeLock(file: string): Lock | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    throw asDiskError(error, `open ${file}`);
  }
  const result = spawnSync('flock', ['-n', '-E', '75', '3'], {
    env: {PATH: '/usr/bin:/bin'},
    stdio: ['ignore', 'ignore', 'pipe', fd],
  });
  if (result.status === 0) return inheritedLock(fd);
  closeSync(fd);
  if (result.status === 75) return undefined;
  const reason = systemCode(result.error) ?? String(result.stderr).trim();
  throw new AppsupError('SUPERVISOR_START', `Cannot lock ${file}: flock(1) says ${reason}`, {
    hint: 'flock belongs to util-linux; on NFS, choose a local directory: export APPSUP_STATE_DIR=/var/tmp/...',
    cause: result.error,
  });
}

/** A lock that came with a descriptor: it is held already. */
export function inheritedLock(fd: number): Lock {
  return {
    fd,
    write(line) {
      ftruncateSync(fd);
      writeSync(fd, `${line}\n`, 0);
    },
    release: () => closeSync(fd),
  };
}

/** Who holds, or last held, the lock. */
export function lockOwner(
  file: string,
): {readonly pid: number; readonly startTicks: number; readonly bootId: string} | undefined {
  const [pid, startTicks, bootId] = readIfThere(file)?.trim().split(' ') ?? [];
  if (!/^\d+$/.test(pid ?? '') || !/^\d+$/.test(startTicks ?? '') || bootId === undefined) return undefined;
  return {pid: Number(pid), startTicks: Number(startTicks), bootId};
}

/** The process that holds the lock, if it lives: whether it answers or not. */
export function livingOwner(file: string, proc: Pick<Proc, 'stat' | 'bootId'>): ProcStat | undefined {
  const owner = lockOwner(file);
  const stat = owner === undefined || owner.bootId !== proc.bootId() ? undefined : proc.stat(owner.pid);
  return stat !== undefined && isAlive(stat) && stat.startTicks === owner?.startTicks ? stat : undefined;
}
