import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, constants, mkdtempSync, openSync, readFileSync, readdirSync, statfsSync} from 'node:fs';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';

import {compareRanks, parseBeside} from '../../src/logs/archive.ts';
import {noteLength} from '../../src/logs/cut.ts';

/** Prints «WRITER NUMBER xxx» as fast as it can, each line with a write(2) of its own, so that several may share a file. */
const LINES = `
const [writer, count] = process.argv.slice(1);
const {writeSync} = require('node:fs');
for (let i = 0; i < count; i++) writeSync(1, writer + ' ' + i + ' ' + 'x'.repeat(i % 150) + '\\n');
`;
/** Does so in blocks, as a program does whose stdout is a file: a block ends somewhere in a line. */
const BLOCKS = `
const [writer, count] = process.argv.slice(1);
const {writeSync} = require('node:fs');
let block = '';
for (let i = 0; i < count; i++) {
  block += writer + ' ' + i + ' ' + 'x'.repeat(i % 150) + '\\n';
  while (block.length >= 4096) { writeSync(1, block.slice(0, 4096)); block = block.slice(4096); }
}
writeSync(1, block);
`;

/** Blocks as well, at some 30 MB/s, until SIGTERM; then it says on stderr how many lines there were. */
const ENDLESS = `
const {writeSync} = require('node:fs');
let [block, i, over] = ['', 0, false];
process.on('SIGTERM', () => (over = true));
const timer = setInterval(() => {
  for (let end = i + 2000; i < end; i++) {
    block += '0 ' + i + ' ' + 'x'.repeat(i % 150) + '\\n';
    while (block.length >= 4096) { writeSync(1, block.slice(0, 4096)); block = block.slice(4096); }
  }
  if (!over) return;
  clearInterval(timer);
  writeSync(1, block);
  writeSync(2, String(i));
}, 5);
`;

/** A program that writes until it is told to end. */
export function startEndless(file: string): {
  readonly child: ChildProcess;
  readonly end: () => Promise<number>;
} {
  const fd = openLog(file);
  try {
    const child = spawn(process.execPath, ['-e', ENDLESS], {stdio: ['ignore', fd, 'pipe']});
    let said = '';
    child.stderr?.on('data', (data: Buffer) => (said += data.toString()));
    return {
      child,
      async end() {
        child.kill('SIGTERM');
        if (child.stderr?.closed !== true) await once(child, 'close');
        return Number(said);
      },
    };
  } finally {
    closeSync(fd);
  }
}

function openLog(file: string): number {
  return openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
}

/** A program whose stdout is appended to a file by itself. */
export function startWriter(
  file: string,
  writer: number,
  count: number,
  how: 'lines' | 'blocks' = 'lines',
): ChildProcess {
  const fd = openLog(file);
  try {
    return spawn(process.execPath, ['-e', how === 'lines' ? LINES : BLOCKS, String(writer), String(count)], {
      stdio: ['ignore', fd, 'inherit'],
    });
  } finally {
    closeSync(fd);
  }
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** What is wrong with the lines of a log and its archives; nothing, if each writer's numbers are there once and in order. */
export function faultsOf(file: string, writers: number, count: number): readonly string[] {
  const next = Array.from({length: writers}, () => 0);
  const faults: string[] = [];
  for (const part of partsInOrder(file)) {
    const bytes = part.endsWith('.gz') ? gunzipSync(readFileSync(part)) : readFileSync(part);
    if (part !== file && bytes.at(-1) !== 10) faults.push(`${path.basename(part)} ends within a line`);
    const lines = bytes.toString('latin1', part === file ? noteLength(bytes) : 0).split('\n');
    for (const line of lines.slice(0, -1)) {
      const [, writer, number, rest = ''] = /^(\d) (\d+) (x*)$/.exec(line) ?? [];
      const [of, at] = [Number(writer), Number(number)];
      if (rest.length !== at % 150) faults.push(`torn in ${path.basename(part)}: ${line.slice(0, 80)}`);
      else if (at !== next[of]) faults.push(`${path.basename(part)}: ${at} instead of ${next[of]}`);
      if (rest.length === at % 150) next[of] = at + 1;
    }
  }
  for (const [of, at] of next.entries()) if (at !== count) faults.push(`writer ${of} ends with ${at}`);
  return faults.slice(0, 5);
}

/** The archives, oldest first, then the log. Anything else beside it is a fault of its own. */
export function partsInOrder(file: string): readonly string[] {
  const directory = path.dirname(file);
  const archives = readdirSync(directory).flatMap((name) => {
    if (name === path.basename(file)) return [];
    const beside = parseBeside(path.basename(file), name);
    if (beside?.kind !== 'archive') throw new Error(`${name} was left`);
    return {file: path.join(directory, name), rank: beside.rank};
  });
  return [...archives.toSorted((a, b) => compareRanks(a.rank, b.rank)).map((archive) => archive.file), file];
}

/** A new directory where heads can be collapsed, as far as the machine has such a file system, or where they cannot. */
export function logDirectory(kind: 'disk' | 'memory'): string {
  return mkdtempSync(path.join(kind === 'memory' ? '/dev/shm' : '/var/tmp', 'appsup-logs-'));
}

/** statfs(2): ext4 and xfs. */
export function canCollapse(directory: string): boolean {
  return [0xef53, 0x58465342].includes(statfsSync(directory).type);
}
