import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {uptime} from 'node:os';
import path from 'node:path';

import {systemCode} from '../errors.ts';

/** What the kernel says of a process; `/proc/PID/stat`, proc(5). */
export interface ProcStat {
  readonly pid: number;
  /** File name of what runs, of a script its own, at most 15 characters. */
  readonly name: string;
  readonly ppid: number;
  readonly group: number;
  readonly session: number;
  /** `R`, `S`, `D`, `T`, `Z`, ... A `Z` or `X` is dead: only its parent has not looked yet. */
  readonly state: string;
  /** Clock ticks since boot; with the boot id, this tells a process from a later one of the same pid. */
  readonly startTicks: number;
  /** Milliseconds of processor time so far, its own and the kernel's for it, in steps of 10. */
  readonly cpuMs: number;
}

/** The process table, handed in. */
export interface Proc {
  /** `undefined` when there is no such process. */
  stat(pid: number): ProcStat | undefined;
  /** File name of the program that runs, of a script its interpreter: `bash`; `undefined` when it is not ours to read. */
  program(pid: number): string | undefined;
  /** Every process that is not a zombie, of any user. */
  list(): readonly ProcStat[];
  /** One variable of the environment that a process was started with; `undefined` also when it is not ours to read. */
  variable(pid: number, name: string): string | undefined;
  /** All of them; empty when it is not ours to read. */
  environment(pid: number): Readonly<Record<string, string>>;
  /** Proportional set size in bytes; `undefined` when unreadable. */
  memory(pid: number): number | undefined;
  /** Processes that a process has started and that are still its children. */
  children(pid: number): readonly number[];
  /** Resident bytes: `own` is memory of its own, `file` is program text and the like, which others may share. */
  resident(pid: number): {readonly own: number; readonly file: number} | undefined;
  /** Bytes that a new program could use without swapping; `undefined` when the kernel does not say. */
  availableMemory(): number | undefined;
  /** Milliseconds since a process began, by a clock that nobody sets. */
  ageMs(startTicks: number): number;
  /** Differs after every boot. */
  bootId(): string;
}

/** USER_HZ, 100 wherever Linux runs Node: the unit of starttime in proc(5). */
const TICK_MS = 10;

export const systemProc: Proc = {
  stat: readStat,
  program: (pid) => {
    try {
      return path.basename(readlinkSync(`/proc/${pid}/exe`));
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return undefined;
    }
  },
  list() {
    const found: ProcStat[] = [];
    for (const name of readdirSync('/proc')) {
      const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
      if (stat !== undefined && isAlive(stat)) found.push(stat);
    }
    return found;
  },
  variable(pid, name) {
    const text = readProc(`/proc/${pid}/environ`);
    const start = `${name}=`;
    return text
      ?.split('\0')
      .find((entry) => entry.startsWith(start))
      ?.slice(start.length);
  },
  environment(pid) {
    const entries = (readProc(`/proc/${pid}/environ`) ?? '')
      .split('\0')
      .filter((entry) => entry.includes('='));
    return Object.fromEntries(
      entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    );
  },
  memory(pid) {
    const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readProc(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  },
  children(pid) {
    // By thread: each has those that it started itself.
    return listProc(`/proc/${pid}/task`).flatMap((thread) =>
      (readProc(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
    );
  },
  resident(pid) {
    const text = readProc(`/proc/${pid}/status`);
    if (text === undefined) return undefined;
    const bytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
    return {own: bytes('RssAnon') + bytes('RssShmem'), file: bytes('RssFile')};
  },
  availableMemory() {
    const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(readProc('/proc/meminfo') ?? '')?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  },
  ageMs: (startTicks) => Math.max(0, uptime() * 1000 - startTicks * TICK_MS),
  bootId: () => (readProc('/proc/sys/kernel/random/boot_id') ?? 'unknown').trim(),
};

/** False for a zombie: `kill(pid, 0)` would still say yes to it. */
export function isAlive(stat: ProcStat): boolean {
  return stat.state !== 'Z' && stat.state !== 'X';
}

/** Parse `/proc/PID/stat`; the name in it may hold blanks and parentheses, so the last `)` counts. */
export function parseStat(text: string): ProcStat | undefined {
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  const [state, ppid, group, session] = fields;
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined) return undefined;
  return {
    pid: Number.parseInt(text, 10),
    name: text.slice(text.indexOf('(') + 1, end),
    ppid: Number(ppid),
    group: Number(group),
    session: Number(session),
    state,
    startTicks: Number(startTicks),
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
  };
}

function readStat(pid: number): ProcStat | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

function listProc(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    // As with readProc().
    return [];
  }
}

/** A process may be gone between two looks, and another user's is not readable: both are «nothing to see». */
function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
