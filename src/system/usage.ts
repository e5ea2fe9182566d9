import type {Proc} from './proc.ts';

/** Bytes by the pid of a leader. */
export type MemoryOf = ReadonlyMap<number, number>;

/**
 * Resident memory of many processes, each with all of its descendants; file pages, which they share, count once.
 *
 * An estimate that costs microseconds. The exact share of each process costs the kernel a walk through its page tables,
 * which is too much for a command that is typed all day.
 */
export function measureMemory(proc: Proc, leaders: readonly number[]): MemoryOf {
  return new Map(leaders.map((leader) => [leader, memoryOf(proc, treeOf(proc, leader))]));
}

/**
 * What a process and all of its descendants have used: memory as {@link measureMemory} counts it, and milliseconds of
 * processor time by pid. Empty when it is gone.
 */
export function measureUsage(
  proc: Proc,
  leader: number,
): {readonly cpuMs: ReadonlyMap<number, number>; readonly memory: number} {
  const tree = treeOf(proc, leader);
  const cpuMs = new Map(
    tree.flatMap((pid) => {
      const stat = proc.stat(pid);
      return stat === undefined ? [] : [[pid, stat.cpuMs] as const];
    }),
  );
  return {cpuMs, memory: memoryOf(proc, tree)};
}

function treeOf(proc: Proc, leader: number): readonly number[] {
  const seen = new Set<number>();
  const queue = [leader];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    if (seen.has(pid)) continue;
    seen.add(pid);
    queue.push(...proc.children(pid));
  }
  return [...seen];
}

function memoryOf(proc: Proc, pids: readonly number[]): number {
  let [own, file] = [0, 0];
  for (const pid of pids) {
    const resident = proc.resident(pid);
    own += resident?.own ?? 0;
    file = Math.max(file, resident?.file ?? 0);
  }
  return own + file;
}
