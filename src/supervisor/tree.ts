import {MARK} from '../core/mark.ts';
import type {Clock} from '../system/clock.ts';
import type {Proc, ProcStat} from '../system/proc.ts';
import {isAlive} from '../system/proc.ts';
import type {Processes} from '../system/processes.ts';

/** The first process of a program, and how its relatives are known. */
export interface Leader {
  readonly pid: number;
  readonly startTicks: number;
  /** Value of `APPSUP_MARK` in the environment of everything that it starts. */
  readonly mark: string;
}

/** True while exactly this process lives: not a zombie, not a later one with the same pid. */
export function lives(proc: Proc, leader: Pick<Leader, 'pid' | 'startTicks'>): boolean {
  const stat = proc.stat(leader.pid);
  return stat !== undefined && isAlive(stat) && stat.startTicks === leader.startTicks;
}

/**
 * Everything alive that belongs to a leader, itself included.
 *
 * Relatives are: its group, its session, its descendants, and whatever carries its mark (a child that left for a
 * session of its own and lost its parent is known by nothing else).
 */
export function membersOf(proc: Proc, leader: Leader): readonly ProcStat[] {
  const all = proc.list();
  const owner = all.find((stat) => stat.pid === leader.pid);
  // While a group or session has members its number is not given to a new process (setpgid(2)); so a stranger
  // with our leader's pid means that both are empty.
  const reused = owner !== undefined && owner.startTicks !== leader.startTicks;
  const family = new Set(reused ? [] : [leader.pid]);
  const members = new Map<number, ProcStat>();
  const queue = all.filter(
    (stat) =>
      stat.pid !== process.pid &&
      ((!reused && (stat.pid === leader.pid || stat.group === leader.pid || stat.session === leader.pid)) ||
        proc.variable(stat.pid, MARK) === leader.mark),
  );
  for (let stat = queue.pop(); stat !== undefined; stat = queue.pop()) {
    if (members.has(stat.pid)) continue;
    members.set(stat.pid, stat);
    family.add(stat.pid);
    for (const child of all) if (child.ppid === stat.pid && child.pid !== process.pid) queue.push(child);
  }
  return [...members.values()];
}

/** Interpreters that, as leaders, do not pass a signal on to the command that they wait for. */
const SHELLS = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'ash', 'busybox']);

/**
 * Send a stop signal: to the leader, which ends its workers in its own good order; to the whole group when the leader
 * is only a shell around the real program. Says which it was.
 */
export function signalTree(
  proc: Proc,
  processes: Processes,
  leader: Leader,
  signal: NodeJS.Signals,
): 'leader' | 'group' {
  const to = isShell(proc, leader) ? 'group' : 'leader';
  if (lives(proc, leader)) processes.signal(to === 'group' ? -leader.pid : leader.pid, signal);
  return to;
}

/** True for a leader that is a shell. */
export function isShell(proc: Proc, {pid}: Pick<Leader, 'pid'>): boolean {
  return SHELLS.has(proc.program(pid) ?? proc.stat(pid)?.name ?? '');
}

const WAITS_MS = [1, 2, 5, 10, 20, 50, 100];

/**
 * Wait until nothing of a leader is left; SIGKILL whatever is there from the moment `killAt` on.
 *
 * There is no event for the end of a process that is not our child, so this looks again, at growing distances, as
 * long as there is something to wait for. A process that became another user's (sudo) cannot be ended by us and is not waited for.
 */
export async function endTree(options: {
  readonly proc: Proc;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly leader: Leader;
  /** Asked at every look: a user's patience may end earlier than planned. Monotonic milliseconds. */
  readonly killAt: () => number;
}): Promise<void> {
  const {proc, processes, clock, leader, killAt} = options;
  const beyondReach = new Set<number>();
  for (let look = 0; ; look++) {
    const left = membersOf(proc, leader).filter(({pid}) => !beyondReach.has(pid));
    if (left.length === 0) return;
    if (clock.monotonic() >= killAt()) {
      for (const {pid} of left) if (!processes.signal(pid, 'SIGKILL')) beyondReach.add(pid);
    }
    const wait = WAITS_MS[Math.min(look, WAITS_MS.length - 1)] as number;
    await new Promise<void>((resolve) => clock.after(wait, resolve));
  }
}
