import {readFileSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {gunzipSync} from 'node:zlib';

import {compareRanks, formatRank} from '../../../src/logs/archive.ts';
import {besideOf, besidePath} from '../../../src/logs/beside.ts';
import {readLog} from '../../../src/logs/parts.ts';
import {systemCode} from '../../../src/errors.ts';
import {readIfThere} from '../../../src/system/files.ts';
import {isAlive, systemProc} from '../../../src/system/proc.ts';
import type {Rig} from '../rig.ts';
import {KEEP, REST, SUBJECTS, nameOf} from './programs.ts';
import type {Subject} from './programs.ts';

/** A rotation takes some 20 ms; one that failed is tried again after 30 s. */
const ROTATION_MS = 45_000;
/** A line of a program wherever it begins; whatever is wrong with its rest. */
const LINE = /line (\d+ \d+) (\d+)( x*)?/g;

/** Where the ledgers and the logs are. */
type Place = Pick<Rig, 'home'> & {readonly paths: Pick<Rig['paths'], 'logs'>};

/** What a program knows that it has printed. */
interface Printed {
  /** `GENERATION PID` */
  readonly writer: string;
  readonly pid: number;
  readonly count: number;
}

/** Numbers of each writer in the order of a file, and lines that are not whole. */
interface Found {
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  readonly torn: readonly {readonly writer: string; readonly number: number}[];
}

/**
 * Compares what the programs have printed with what is in their logs.
 *
 * It tells apart a line that is lost, torn, doubled or out of order, an archive that was removed, a rotation that does not end, and
 * a line that is in the files but that `appsup logs` does not show.
 */
export class Lines {
  readonly #rig: Place;
  /** By log, then by file without `.gz`: an archive never changes, and the oldest of {@link KEEP} are removed. */
  readonly #archives = new Map<string, Map<string, Found>>();

  constructor(rig: Place) {
    this.#rig = rig;
  }

  /** @returns How many lines were printed, and what is wrong with them: nothing, if every line is in the logs once. */
  async check(): Promise<{readonly lines: number; readonly faults: readonly string[]}> {
    let lines = 0;
    const faults: string[] = [];
    for (const subject of SUBJECTS) {
      // First what was printed, then where it ought to be: what is printed meanwhile is no fault.
      const printed = this.#printed(subject);
      lines += printed.reduce((sum, {count}) => sum + count, 0);
      const log = path.join(this.#rig.paths.logs, subject.app, `${subject.process}.log`);
      if (besideOf(log).length < KEEP)
        faults.push(...faultsOf(`appsup logs ${nameOf(subject)}`, printed, readerOf(log)));
      faults.push(...(await this.#faultsOfFiles(log, printed)));
    }
    return {lines, faults};
  }

  #printed({app, process}: Subject): readonly Printed[] {
    const ledger = path.join(this.#rig.home, app, 'ledger');
    return readdirSync(ledger).flatMap((name) => {
      const [owner, generation, pid] = name.split('.');
      const count = Number(readFileSync(path.join(ledger, name), 'utf8'));
      return owner === process ? [{writer: `${generation} ${pid}`, pid: Number(pid), count}] : [];
    });
  }

  async #faultsOfFiles(log: string, printed: readonly Printed[]): Promise<readonly string[]> {
    const end = performance.now() + ROTATION_MS;
    for (;;) {
      const found = this.#readBetweenRotations(log);
      if (found !== undefined) {
        const faults = faultsOf(log, printed, found);
        return faults.length === 0 ? [] : [...faults, ...describe(log)];
      }
      if (performance.now() > end) return [`${log}: a rotation does not end`, ...describe(log)];
      await sleep(20);
    }
  }

  /** `undefined` when a rotation is under way, or came between: its lines are in two files then, or in none that was read. */
  #readBetweenRotations(log: string): Found | undefined {
    const before = archivesOf(log);
    if (before === undefined) return undefined;
    const known = this.#archives.get(log) ?? new Map<string, Found>();
    this.#archives.set(log, known);
    try {
      const parts = before.map((file) => archive(file, known));
      const live = findIn(readIfThere(log) ?? '');
      if (archivesOf(log)?.join('\n') !== before.join('\n')) return undefined;
      return merge([...(before.length < KEEP ? parts : known.values()), live]);
    } catch (error) {
      // Compressed meanwhile.
      if (systemCode(error) !== 'ENOENT') throw error;
      return undefined;
    }
  }
}

function archive(file: string, known: Map<string, Found>): Found {
  const name = file.replace(/\.gz$/, '');
  const before = known.get(name);
  if (before !== undefined) return before;
  const bytes = readFileSync(file);
  const found = findIn((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1'));
  known.set(name, found);
  return found;
}

/** Oldest first; where a plain archive and its compressed copy are both there, one of them. `undefined` during a rotation. */
function archivesOf(log: string): readonly string[] | undefined {
  const beside = besideOf(log);
  if (beside.some(({kind}) => kind === 'move')) return undefined;
  const archives = beside
    .filter((each) => each.kind === 'archive')
    .toSorted((a, b) => compareRanks(a.rank, b.rank) || Number(a.gzip) - Number(b.gzip));
  return archives
    .filter(({rank}, at) => formatRank(rank) !== formatRank(archives[at - 1]?.rank ?? {stamp: '', serial: 0}))
    .map((archive) => besidePath(log, archive));
}

/** As the command shows it, rotation or not. */
function readerOf(log: string): Found {
  return findIn(`${readLog(log, () => false)?.lines.join('\n') ?? ''}\n`);
}

function findIn(text: string): Found {
  const numbers = new Map<string, number[]>();
  const torn: {writer: string; number: number}[] = [];
  for (const match of text.matchAll(LINE)) {
    const [whole, writer = '', digits, rest] = match;
    const number = Number(digits);
    const behind = text.charAt(match.index + whole.length);
    // The last one is still being written.
    if (behind === '') continue;
    if (rest !== ` ${REST}` || behind !== '\n') torn.push({writer, number});
    else if (numbers.get(writer)?.push(number) === undefined) numbers.set(writer, [number]);
  }
  return {numbers, torn};
}

function merge(parts: readonly Found[]): Found {
  const numbers = new Map<string, number[]>();
  for (const part of parts)
    for (const [writer, more] of part.numbers) numbers.set(writer, [...(numbers.get(writer) ?? []), ...more]);
  return {numbers, torn: parts.flatMap(({torn}) => torn)};
}

function faultsOf(where: string, printed: readonly Printed[], {numbers, torn}: Found): readonly string[] {
  return printed.flatMap(({writer, pid, count}) => {
    const found = numbers.get(writer) ?? [];
    const [lost, doubled] = [missingOf(found, count), found.length - new Set(found).size];
    // A write of one that was killed may end anywhere; it was not counted then.
    const halves = torn.filter((each) => each.writer === writer && each.number <= count);
    const disorder = found.find((number, at) => number < (found[at - 1] ?? 0));
    return [
      ...(lost.length === 0 ? [] : [`of ${count} lines are lost: ${lost.join(', ')}`]),
      ...halves.map(({number}) => `torn: line ${number}`),
      ...(doubled === 0 ? [] : [`${doubled} lines are there twice`]),
      ...(disorder === undefined ? [] : [`line ${disorder} comes too late`]),
      // It counts after it has printed, so one may be ahead; a living one prints on.
      ...(isLiving(pid) || found.length <= count + 1 ? [] : [`${found.length} lines of ${count}`]),
    ].map((fault) => `${where}, generation and pid ${writer}: ${fault}`);
  });
}

/** Those of 1 to `count` that are not among the numbers: `3`, `7-71`. */
function missingOf(numbers: readonly number[], count: number): readonly string[] {
  const there = [...new Set(numbers)].filter((number) => number <= count).toSorted((a, b) => a - b);
  return [...there, count + 1].flatMap((next, at) => {
    const [first, last] = [(there[at - 1] ?? 0) + 1, next - 1];
    return first > last ? [] : [first === last ? `${first}` : `${first}-${last}`];
  });
}

/** What is beside the log now, and which lines it begins and ends with. */
function describe(log: string): readonly string[] {
  const directory = path.dirname(log);
  return readdirSync(directory)
    .filter((name) => name.startsWith(path.basename(log)))
    .toSorted()
    .map((name) => {
      const bytes = readFileSync(path.join(directory, name));
      const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
      const all = [...text.matchAll(LINE)].map(([, writer, number]) => `${writer} ${number}`);
      return `  ${name}: ${bytes.length} bytes, ${all.length} lines, ${all[0] ?? '-'} to ${all.at(-1) ?? '-'}`;
    });
}

function isLiving(pid: number): boolean {
  const stat = systemProc.stat(pid);
  return stat !== undefined && isAlive(stat);
}
