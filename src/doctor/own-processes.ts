import {readdirSync, readlinkSync, statSync} from 'node:fs';
import path from 'node:path';

import {attempt, readText} from '../launch/look.ts';
import {isAlive, parseStat} from '../system/proc.ts';

/** A living process of one account. */
export interface OwnProcess {
  readonly pid: number;
  readonly ppid: number;
  /** Its command line; a program that sets its title has it in the first one. */
  readonly args: readonly string[];
  /** Where it stands; `undefined`: that cannot be seen. */
  readonly directory: string | undefined;
}

/** All processes of an account that are no zombies. */
export function ownProcesses(root: string, uid: number): readonly OwnProcess[] {
  const proc = path.join(root, 'proc');
  const pids = (attempt(() => readdirSync(proc)) ?? []).filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const place = path.join(proc, pid);
    if (attempt(() => statSync(place))?.uid !== uid) return [];
    const stat = parseStat(readText(path.join(place, 'stat')) ?? '');
    if (stat === undefined || !isAlive(stat)) return [];
    const args = (readText(path.join(place, 'cmdline')) ?? '').split('\0').filter((word) => word !== '');
    return [
      {pid: stat.pid, ppid: stat.ppid, args, directory: attempt(() => readlinkSync(path.join(place, 'cwd')))},
    ];
  });
}
