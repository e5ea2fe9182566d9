import {mkdirSync, readdirSync, rmSync} from 'node:fs';
import path from 'node:path';

import type {Paths} from './paths.ts';
import {isAlive} from './proc.ts';
import type {Proc} from './proc.ts';

/** A directory for the route table of a preview; its name says whose it is: `preview-4711-123456`, pid and start. */
export function makePreviewPlace({state}: Pick<Paths, 'state'>, proc: Pick<Proc, 'stat'>): string {
  const place = path.join(state, `preview-${process.pid}-${proc.stat(process.pid)?.startTicks ?? 0}`);
  mkdirSync(place, {mode: 0o700});
  return place;
}

/** Remove what previews have left that could not end by themselves. */
export function sweepPreviews({state}: Pick<Paths, 'state'>, proc: Pick<Proc, 'stat'>): void {
  for (const name of readdirSync(state)) {
    const [, pid, start] = /^preview-(\d+)-(\d+)$/.exec(name) ?? [];
    if (pid === undefined) continue;
    const stat = proc.stat(Number(pid));
    const lives = stat !== undefined && isAlive(stat) && stat.startTicks === Number(start);
    if (!lives) rmSync(path.join(state, name), {recursive: true, force: true});
  }
}
