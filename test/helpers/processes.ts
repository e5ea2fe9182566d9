import {readdirSync, readFileSync, statSync} from 'node:fs';

import {isAlive, systemProc} from '../../src/system/proc.ts';
import {waitUntil} from './wait.ts';

/** `R`, `S`, `D`, `T`, `Z`, ...; `undefined` when there is no such process. */
export function processState(pid: number): string | undefined {
  return systemProc.stat(pid)?.state;
}

/** True for what runs, sleeps or is stopped; a zombie is dead. */
export function isRunning(pid: number): boolean {
  const stat = systemProc.stat(pid);
  return stat !== undefined && isAlive(stat);
}

/** Everything alive of a user. */
export function processesOf(uid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => ownerOf(pid) === uid && isRunning(pid));
}

/** The words of a command line; none for a zombie and for what has gone. */
export function argvOf(pid: number): readonly string[] {
  return attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)) ?? [];
}

/** What a process was started with. Root can read everybody's. */
export function environmentOf(pid: number): Readonly<Record<string, string>> {
  const text = attempt(() => readFileSync(`/proc/${pid}/environ`, 'utf8')) ?? '';
  return Object.fromEntries(
    text
      .split('\0')
      .filter(Boolean)
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

/** Send a signal to one process, if it is still there. */
export function signal(pid: number, name: NodeJS.Signals): void {
  attempt(() => process.kill(pid, name));
}

/** SIGKILL a process and wait until it is dead. */
export async function kill(pid: number): Promise<void> {
  signal(pid, 'SIGKILL');
  await waitUntil(`process ${pid} is dead`, () => !isRunning(pid));
}

/** SIGKILL everything of a user, again and again, until nothing is left: what a reboot does to an account. */
export async function killAllOf(uid: number): Promise<void> {
  if (uid < 1000) throw new Error(`uid ${uid} is not an account of a test`);
  await waitUntil(`no process of uid ${uid} is left`, () => {
    const pids = processesOf(uid);
    for (const pid of pids) signal(pid, 'SIGKILL');
    return pids.length === 0;
  });
}

function ownerOf(pid: number): number | undefined {
  return attempt(() => statSync(`/proc/${pid}`).uid);
}

/** Processes come and go between two looks. */
function attempt<Value>(look: () => Value): Value | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
