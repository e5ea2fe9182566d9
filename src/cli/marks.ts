import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import type {Paths} from '../system/paths.ts';

/** Things that are said or asked once per user and host. */
export type Mark = 'boot-asked' | 'root-warned' | `front-missed.${string}`;

/** True the first time for a mark, and never again. A state directory that cannot be written says everything each time. */
export function firstTime(paths: Pick<Paths, 'state'>, mark: Mark): boolean {
  const directory = path.join(paths.state, 'once');
  const file = path.join(directory, mark);
  if (existsSync(file)) return false;
  try {
    mkdirSync(directory, {recursive: true, mode: 0o700});
    writeFileSync(file, '', {mode: 0o600});
  } catch {
    // Nothing depends on it: being told twice is harmless.
  }
  return true;
}
