import {statSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';
import {lockOwner} from '../system/lock.ts';
import type {Paths} from '../system/paths.ts';

/** Touched by the boot script each minute while the supervisor lives. */
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

function timeOf(file: string): number | undefined {
  try {
    return statSync(file).mtimeMs;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
