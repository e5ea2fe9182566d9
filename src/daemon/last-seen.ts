import {rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';
import {lockOwner} from '../system/lock.ts';
import type {Paths} from '../system/paths.ts';

/** Touched by the boot script each minute while the supervisor lives, and by the supervisor when it does something. */
const SEEN = 'seen';

/**
 * When an earlier supervisor of this boot was last known to live, wall clock; `undefined` when it ended in good order,
 * or when there was none since the boot.
 */
export function lastSeen(paths: Pick<Paths, 'state' | 'lock' | 'log'>, bootId: string): number | undefined {
  if (lockOwner(paths.lock)?.bootId !== bootId) return undefined;
  const times = [path.join(paths.state, SEEN), paths.lock, paths.log].map(timeOf);
  return Math.max(...times.filter((time) => time !== undefined));
}

/** Note that the supervisor lives. */
export function seen(paths: Pick<Paths, 'state'>): void {
  const file = path.join(paths.state, SEEN);
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') writeFileSync(file, '', {mode: 0o600});
  }
}

/** Leave no trace of having lived: a clean end is no absence. */
export function forget(paths: Pick<Paths, 'state'>): void {
  rmSync(path.join(paths.state, SEEN), {force: true});
}

function timeOf(file: string): number | undefined {
  try {
    return statSync(file).mtimeMs;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
