import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {gunzipSync} from 'node:zlib';

import {besideOf, besidePath} from '../../../src/logs/beside.ts';
import {readIfThere} from '../../../src/system/files.ts';
import {isAlive, systemProc} from '../../../src/system/proc.ts';
import type {Rig} from '../rig.ts';
import {SUBJECTS} from './programs.ts';
import type {Subject} from './programs.ts';

/** What is wrong with the lines that the programs have printed; nothing, if every line is in the logs once. */
export function faultsOfLines(rig: Rig): {readonly lines: number; readonly faults: readonly string[]} {
  const checks = SUBJECTS.map((subject) => check(rig, subject));
  return {
    lines: checks.reduce((sum, {lines}) => sum + lines, 0),
    faults: checks.flatMap(({faults}) => faults),
  };
}

/** One process: its log with its archives, against what its generations know that they have printed. */
function check(rig: Rig, subject: Subject): {readonly lines: number; readonly faults: readonly string[]} {
  const {app, process} = subject;
  const ledger = path.join(rig.home, app, 'ledger');
  // First what was printed, then where it ought to be: what is printed meanwhile is no fault.
  const printed = readdirSync(ledger).flatMap((name) => {
    const [owner, generation, pid] = name.split('.');
    const count = Number(readFileSync(path.join(ledger, name), 'utf8'));
    return owner === process ? [{writer: `${generation} ${pid}`, pid: Number(pid), count}] : [];
  });
  const found = new Map<string, number[]>();
  for (const [, writer = '', number] of logOf(rig, subject).matchAll(/^line (\d+ \d+) (\d+)$/gm)) {
    const numbers = found.get(writer) ?? [];
    numbers.push(Number(number));
    found.set(writer, numbers);
  }
  const faults = printed.flatMap(({writer, pid, count}) => {
    const numbers = found.get(writer) ?? [];
    const missing = firstMissing(numbers, count);
    const name = `${app}:${process}, generation and pid ${writer}`;
    return [
      ...(missing === undefined ? [] : [`${name}: line ${missing} of ${count} is lost`]),
      ...(new Set(numbers).size === numbers.length
        ? []
        : [`${name}: ${numbers.length - new Set(numbers).size} lines are there twice`]),
      // It counts after it has printed, so one may be ahead; a living one prints on.
      ...(isLiving(pid) || numbers.length <= count + 1
        ? []
        : [`${name}: ${numbers.length} lines of ${count}`]),
    ];
  });
  return {lines: printed.reduce((sum, {count}) => sum + count, 0), faults};
}

function firstMissing(numbers: readonly number[], count: number): number | undefined {
  const all = new Set(numbers);
  for (let number = 1; number <= count; number++) if (!all.has(number)) return number;
  return undefined;
}

/** The archives and the log, in no order. */
function logOf(rig: Rig, {app, process}: Subject): string {
  const log = path.join(rig.paths.logs, app, `${process}.log`);
  const archives = besideOf(log).filter((beside) => beside.kind === 'archive');
  const texts = archives.flatMap((archive) => {
    // One that was just compressed may be there as both.
    if (!archive.gzip && archives.some(({gzip, rank}) => gzip && isDeepStrictEqual(rank, archive.rank)))
      return [];
    const bytes = readFileSync(besidePath(log, archive));
    return [(archive.gzip ? gunzipSync(bytes) : bytes).toString('latin1')];
  });
  return [...texts, readIfThere(log) ?? ''].join('\n');
}

function isLiving(pid: number): boolean {
  const stat = systemProc.stat(pid);
  return stat !== undefined && isAlive(stat);
}
