import {readdirSync} from 'node:fs';

import {MARK, parseMark} from '../../../src/core/mark.ts';
import {isAlive, systemProc} from '../../../src/system/proc.ts';
import type {ProcStat} from '../../../src/system/proc.ts';

/** A living process that was started by the supervisor, or by something that it had started. */
export interface Member extends ProcStat {
  /** `app:process` */
  readonly unit: string;
  readonly generation: number;
}

/** Everything alive that carries a mark of this state directory. */
export function census(state: string): readonly Member[] {
  return systemProc.list().flatMap((stat) => {
    const mark = parseMark(systemProc.variable(stat.pid, MARK) ?? '');
    if (mark?.state !== state) return [];
    return [{...stat, unit: `${mark.app}:${mark.process}`, generation: mark.generation}];
  });
}

/** Generations of each unit that live, the oldest first. */
export function generationsOf(members: readonly Member[]): ReadonlyMap<string, readonly number[]> {
  const units = new Map<string, readonly number[]>();
  for (const {unit, generation} of members)
    units.set(
      unit,
      [...new Set([...(units.get(unit) ?? []), generation])].toSorted((a, b) => a - b),
    );
  return units;
}

/** True while exactly this process lives. */
export function isStill({pid, startTicks}: Member): boolean {
  const stat = systemProc.stat(pid);
  return stat !== undefined && isAlive(stat) && stat.startTicks === startTicks;
}

/** Children of a process that ended and that it has not looked after. */
export function zombiesOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = systemProc.stat(Number(name));
      return stat?.ppid === parent && stat.state === 'Z' ? [stat.pid] : [];
    });
}
