import path from 'node:path';

import {readText} from '../launch/look.ts';
import {ownProcesses} from './own-processes.ts';
import {broken, ok, unseen, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import type {Look} from './world.ts';

/** Of `/proc/self/limits`: soft limits by their kernel's names; `Infinity` is none. */
export type Limits = ReadonlyMap<string, number>;

export interface LimitFacts {
  readonly limits: Limits;
  /** Threads of all processes of this account, which count for `Max processes`. */
  readonly threads: number;
  /** Nothing is denied to root for its number of processes. */
  readonly root: boolean;
}

export const lookAtLimits: Look = ({root, account: {uid}}) => {
  const text = readText(path.join(root, 'proc/self/limits'));
  if (text === undefined) return [unseen('limits', 'the limits of this login', 'no /proc/self/limits')];
  const threads = ownProcesses(root, uid).reduce((sum, {pid}) => sum + threadsOf(root, pid), 0);
  return judgeLimits({limits: parseLimits(text), threads, root: uid === 0});
};

function threadsOf(root: string, pid: number): number {
  const status = readText(path.join(root, 'proc', String(pid), 'status')) ?? '';
  return Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 1);
}

/** `Max open files            20000                20000                files`. Pure. */
export function parseLimits(text: string): Limits {
  return new Map(
    [...text.matchAll(/^(Max .+?) {2,}(\S+) +\S+/gm)].map(([, name = '', soft = '']) => [
      name,
      soft === 'unlimited' ? Infinity : Number(soft),
    ]),
  );
}

/** Pure. */
export function judgeLimits({limits, threads, root}: LimitFacts): readonly Answer[] {
  const of = (name: string) => limits.get(name) ?? Infinity;
  const answers = [
    ...judgeFiles(of('Max open files')),
    ...(root ? [] : judgeProcesses(of('Max processes'), threads)),
    ...judgeMemory(of('Max address space')),
    ...(of('Max cpu time') === Infinity
      ? []
      : [
          broken(
            'limit-cpu',
            `a process of yours is killed after ${of('Max cpu time')} s of work (ulimit -t): the supervisor and your apps, too`,
            'raise or remove the limit "cpu" in /etc/security/limits.conf',
            'administrators',
          ),
        ]),
    ...(of('Max file size') >= 100_000_000
      ? []
      : [
          warning(
            'limit-file-size',
            `files of yours end at ${of('Max file size')} bytes (ulimit -f): logs and databases fail there`,
            'raise or remove the limit "fsize" in /etc/security/limits.conf',
            'administrators',
          ),
        ]),
  ];
  return answers.length > 0
    ? answers
    : [ok('limits', `open files, processes and memory are enough (ulimit -a)`)];
}

function judgeFiles(most: number): readonly Answer[] {
  if (most >= 1024) return [];
  const text = `a process of yours may have ${most} files open (ulimit -n), and each visitor is one`;
  const hint = 'raise it in ~/.profile: ulimit -n 1024; or limits = { nofile = 1024 } in the app’s file';
  return [(most < 256 ? broken : warning)('limit-files', text, hint)];
}

function judgeProcesses(most: number, threads: number): readonly Answer[] {
  const left = most - threads;
  if (left >= 50) return [];
  const text = `you have ${threads} processes and threads, and may have ${most} (ulimit -u)`;
  const hint = 'see them: ps -u "$USER" -L; or ask for more';
  return [(left < 10 ? broken : warning)('limit-processes', text, hint)];
}

/** Node reserves address space that it never uses; below this it does not start, or dies. */
function judgeMemory(most: number): readonly Answer[] {
  if (most >= 4_000_000_000) return [];
  const text = `a process of yours may have ${Math.round(most / 1e6)} MB of address space (ulimit -v): Node reserves more than it uses, and dies of that`;
  return [
    broken(
      'limit-memory',
      text,
      'ulimit -v unlimited, in ~/.profile; limits of memory belong into the app’s file',
    ),
  ];
}
