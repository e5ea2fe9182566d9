import {spawnSync} from 'node:child_process';
import {closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import {systemCode} from '../../src/errors.ts';

/** A file system so small that a test can fill it. */
export interface SmallDisk {
  readonly directory: string;
  /** Take every block that is left. */
  fill(): void;
  /** Give them back. */
  free(): void;
  remove(): void;
}

const MOST_BYTES = 256 * 1024 * 1024;
/** In a container without the right to mount: 64 MiB of Docker's own. */
const SHARED_MEMORY = '/dev/shm';

/** Why there is no disk to fill, or `undefined`: the reason that a skipped test names. */
export const noSmallDisk: string | undefined =
  canMount() || isSmall(SHARED_MEMORY) ? undefined : 'needs root, to mount a small disk';

export function makeSmallDisk(): SmallDisk {
  return canMount() ? mounted() : within(mkdtempSync(path.join(SHARED_MEMORY, 'as-')), () => undefined);
}

function mounted(): SmallDisk {
  const directory = mkdtempSync(path.join(tmpdir(), 'as-disk-'));
  if (!mount(directory)) throw new Error(`cannot mount a tmpfs at ${directory}`);
  return within(directory, () => void spawnSync('umount', ['--lazy', directory]));
}

function within(directory: string, unmount: () => void): SmallDisk {
  const ballast = path.join(directory, 'ballast');
  return {
    directory,
    fill() {
      const fd = openSync(ballast, 'a');
      // The last blocks go one by one.
      for (const bytes of [Buffer.alloc(1024 * 1024), Buffer.alloc(4096), Buffer.alloc(1)])
        while (canWrite(fd, bytes));
      closeSync(fd);
    },
    free: () => rmSync(ballast, {force: true}),
    remove() {
      rmSync(ballast, {force: true});
      unmount();
      rmSync(directory, {recursive: true, force: true});
    },
  };
}

function canWrite(fd: number, bytes: Buffer): boolean {
  try {
    return writeSync(fd, bytes) > 0;
  } catch (error) {
    if (systemCode(error) === 'ENOSPC') return false;
    throw error;
  }
}

function mount(directory: string): boolean {
  return (
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'appsup-test', directory], {stdio: 'ignore'})
      .status === 0
  );
}

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const directory = path.join(tmpdir(), `as-mount-${process.pid}`);
  mkdirSync(directory, {recursive: true});
  const done = mount(directory);
  if (done) spawnSync('umount', [directory]);
  rmSync(directory, {recursive: true, force: true});
  return done;
}

function isSmall(directory: string): boolean {
  try {
    const {blocks, bsize} = statfsSync(directory);
    return blocks * bsize <= MOST_BYTES;
  } catch (error) {
    if (systemCode(error) !== undefined) return false;
    throw error;
  }
}
