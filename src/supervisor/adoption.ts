import {MARK, parseMark} from '../core/mark.ts';
import type {Proc} from '../system/proc.ts';
import type {ProcessWorld} from './live-process.ts';
import type {Done, ProcessRecord, UnitRecord} from './records.ts';
import {endTree, lives} from './tree.ts';

/** What an earlier supervisor left behind. */
export interface Inheritance {
  /** Units whose serving process lives: to be taken over. */
  readonly living: readonly UnitRecord[];
  /** Processes that lived beside it: on their way out, or never proven. */
  readonly superseded: readonly {readonly unit: UnitRecord; readonly process: ProcessRecord}[];
  /** Units that had a process, which is gone. */
  readonly dead: readonly UnitRecord[];
  /** Units that had done their work since the boot, and rest. */
  readonly done: readonly (UnitRecord & {readonly done: Done})[];
}

/** Sort the records by what still lives. After a reboot nothing does: pids are of another boot then. */
export function inheritanceOf(records: readonly UnitRecord[], proc: Proc): Inheritance {
  const bootId = proc.bootId();
  const isLiving = (process: ProcessRecord) => process.bootId === bootId && lives(proc, process);
  const living = records.filter(({main}) => main !== undefined && isLiving(main));
  return {
    living,
    superseded: records.flatMap((unit) => unit.others.filter(isLiving).map((process) => ({unit, process}))),
    dead: records.filter((unit) => unit.main !== undefined && !living.includes(unit)),
    done: records.flatMap((unit) =>
      unit.main === undefined && unit.done?.bootId === bootId ? {...unit, done: unit.done} : [],
    ),
  };
}

/**
 * End everything that carries a mark of this state directory and belongs to no living leader: orphans of a master that
 * died while no supervisor was there, and a process that was started in the instant before the supervisor died.
 */
export async function endOrphans(
  world: ProcessWorld,
  state: string,
  keep: ReadonlySet<string>,
  onOrphan: (mark: string) => void,
): Promise<void> {
  const {proc} = world;
  const marks = new Map<string, number>();
  for (const {pid} of proc.list()) {
    const mark = pid === process.pid ? undefined : proc.variable(pid, MARK);
    if (mark === undefined || keep.has(mark) || parseMark(mark)?.state !== state) continue;
    marks.set(mark, Math.min(pid, marks.get(mark) ?? Infinity));
  }
  await Promise.all(
    [...marks].map(async ([mark, pid]) => {
      onOrphan(mark);
      await endTree({
        ...world,
        leader: {pid, startTicks: proc.stat(pid)?.startTicks ?? 0, mark},
        killAt: () => 0,
      });
    }),
  );
}
