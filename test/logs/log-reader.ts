import {spawn} from 'node:child_process';
import {appendFileSync, mkdirSync, rmSync, truncateSync, unlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {compress, removeLeftovers} from '../../src/logs/compress.ts';
import {bytesOf, readPart} from '../../src/logs/look.ts';
import {LogReader} from '../../src/logs/log-reader.ts';
import {readLog} from '../../src/logs/parts.ts';
import type {RotateWorld, Step} from '../../src/logs/rotate-world.ts';
import {rotate} from '../../src/logs/rotate.ts';
import {archivesOf} from '../../src/logs/stock.ts';
import {systemClock} from '../../src/system/clock.ts';
import {systemLogFiles} from '../../src/system/log-files.ts';
import {systemProc} from '../../src/system/proc.ts';
import {systemProcesses} from '../../src/system/processes.ts';
import {following} from '../helpers/following.ts';
import type {Following} from '../helpers/following.ts';
import {ended, logDirectory, startWriter} from '../helpers/numbered-log.ts';
import {waitUntil} from '../helpers/wait.ts';

const world: RotateWorld = {
  clock: systemClock,
  files: systemLogFiles,
  proc: systemProc,
  processes: systemProcesses,
};

function logIn(t: ExecutionContext, kind: 'disk' | 'memory' = 'disk'): string {
  const directory = logDirectory(kind);
  t.teardown(() => rmSync(directory, {recursive: true}));
  return path.join(directory, 'web.log');
}

/** Behind what is there now. */
function readerOf(file: string, onLines: (lines: readonly string[]) => void): LogReader {
  return new LogReader(file, readLog(file, () => true).place, onLines);
}

function followLog(t: ExecutionContext, file: string): Following {
  return following(t, (onLines) => readerOf(file, onLines));
}

/** A reader that reads when it is told to. */
function bystander(file: string): {readonly lines: string[]; readonly readAll: () => void} {
  const lines: string[] = [];
  const reader = readerOf(file, (fresh) => lines.push(...fresh));
  return {
    lines,
    readAll: (): void => {
      while (reader.read()) {
        // Until it says that there is nothing more.
      }
    },
  };
}

const numbered = (from: number, to: number): readonly string[] =>
  Array.from({length: to - from}, (_, at) => `line ${from + at} ${'x'.repeat((from + at) % 150)}`);
const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

test('logs -f hands out lines as they are completed', async (t) => {
  const file = logIn(t);
  writeFileSync(file, 'old\nbeg');
  const {lines, until} = followLog(t, file);
  appendFileSync(file, 'un\nnext\nün');
  await until(2);
  appendFileSync(file, Buffer.from([0xc3]));
  appendFileSync(file, Buffer.from([0xbc, 10]));
  await until(3);
  t.deepEqual(lines, ['begun', 'next', 'ünü']);
});

test('logs -f waits for a log that does not exist yet, and for its directory', async (t) => {
  const file = path.join(path.dirname(logIn(t)), 'app', 'deeper', 'web.log');
  const {lines, until} = followLog(t, file);
  await new Promise((resolve) => setImmediate(resolve));
  mkdirSync(path.dirname(file), {recursive: true});
  writeFileSync(file, 'first\n');
  await until(1);
  t.deepEqual(lines, ['first']);
});

test('logs -f reads a log that was removed to its end, then the new one', async (t) => {
  const file = logIn(t);
  writeFileSync(file, '');
  const {lines, until} = followLog(t, file);
  appendFileSync(file, 'a\nno line feed');
  unlinkSync(file);
  writeFileSync(file, 'b\n');
  await until(3);
  t.deepEqual(lines, ['a', 'no line feed', 'b']);
});

test('logs -f goes on in a log that was emptied by hand, also when it is longer again', (t) => {
  const file = logIn(t);
  writeFileSync(file, 'old\n');
  const {lines, readAll} = bystander(file);
  appendFileSync(file, 'a\n');
  readAll();
  truncateSync(file);
  appendFileSync(file, 'b\n');
  readAll();
  truncateSync(file);
  appendFileSync(file, 'something longer than before\n');
  readAll();
  t.deepEqual(lines, ['a', 'b', 'something longer than before']);
});

for (const kind of ['disk', 'memory'] as const) {
  test(`logs -f neither loses nor repeats a line, whatever step of a rotation it reads at, in ${kind}`, async (t) => {
    const file = logIn(t, kind);
    writeFileSync(file, textOf(numbered(0, 3000)));
    // One reads after each step, the others only before and after the whole.
    const [eager, lazy] = [bystander(file), bystander(file)];
    const steps: Step[] = [];
    for (let round = 1; round <= 4; round++) {
      appendFileSync(file, textOf(numbered(round * 3000, round * 3000 + 1500)));
      if (round % 2 === 1) lazy.readAll();
      appendFileSync(file, textOf(numbered(round * 3000 + 1500, round * 3000 + 3000)));
      const onStep = (step: Step): void => {
        steps.push(step);
        eager.readAll();
      };
      await rotate(file, round === 3 ? 'everything' : 'blocks', {...world, onStep});
    }
    appendFileSync(file, 'the end\n');
    eager.readAll();
    lazy.readAll();
    const expected = [...numbered(3000, 15_000), 'the end'];
    t.true(steps.filter((step) => step === 'archived').length === 4);
    t.deepEqual(eager.lines, expected);
    t.deepEqual(lazy.lines, expected);
  });
}

test('logs -f finds what it missed in compressed archives', async (t) => {
  const file = logIn(t);
  writeFileSync(file, textOf(numbered(0, 2000)));
  const {lines, readAll} = bystander(file);
  for (const from of [2000, 4000, 6000]) {
    appendFileSync(file, textOf(numbered(from, from + 2000)));
    await rotate(file, 'blocks', world);
  }
  for (const {rank} of archivesOf(file)) await compress(file, rank, new AbortController().signal);
  removeLeftovers(file);
  readAll();
  t.deepEqual(lines, numbered(2000, 8000));
});

test('logs -f repeats nothing when the archive that it was reading in is gone', async (t) => {
  const file = logIn(t);
  writeFileSync(file, textOf(numbered(0, 2000)));
  const {lines, readAll} = bystander(file);
  readAll();
  for (const from of [2000, 4000, 6000]) {
    appendFileSync(file, textOf(numbered(from, from + 2000)));
    await rotate(file, 'blocks', world);
  }
  unlinkSync(archivesOf(file)[0]?.file ?? '');
  readAll();
  t.is(new Set(lines).size, lines.length);
  t.is(lines.at(-1), numbered(7999, 8000)[0]);
});

test('logs -f does not take an archive that was compressed meanwhile for an empty one', (t) => {
  const gone = {file: path.join(path.dirname(logIn(t)), 'web.log.20261121T023005Z'), gzip: false};
  t.throws(() => bytesOf(gone), {code: 'ENOENT'});
  t.throws(() => readPart(gone, 0, 10), {code: 'ENOENT'});
});

test('logs -f tells equal lines apart over a rotation', async (t) => {
  const file = logIn(t);
  writeFileSync(file, 'tick\n'.repeat(5000));
  const {lines, readAll} = bystander(file);
  appendFileSync(file, 'tick\n'.repeat(3000));
  readAll();
  appendFileSync(file, 'tick\n'.repeat(4000));
  await rotate(file, 'blocks', world);
  appendFileSync(file, 'tick\n'.repeat(2000));
  readAll();
  t.is(lines.length, 9000);
});

for (const kind of ['disk', 'memory'] as const) {
  test.serial(
    `logs -f shows each of 1,000,000 numbered lines once while they are rotated and compressed at full speed, in ${kind}`,
    async (t) => {
      const file = logIn(t, kind);
      writeFileSync(file, '');
      const {lines, until} = followLog(t, file);
      const rotator = spawn(
        process.execPath,
        [path.resolve('build/test/helpers/rotator.js'), file, '1000000'],
        {
          stdio: ['ignore', 'ignore', 'inherit'],
          env: {...process.env, COMPRESS: '1'},
        },
      );
      t.teardown(() => rotator.kill('SIGKILL'));
      const [rounds, count] = [4, 250_000];
      for (let round = 0; round < rounds; round++) {
        await ended(startWriter(file, round, count, 'blocks'));
        await until((round + 1) * count);
        await waitUntil('a rotation', () => archivesOf(file).length > round);
      }
      t.is(lines.length, rounds * count);
      t.is(
        lines.findIndex(
          (line, at) => line !== `${Math.floor(at / count)} ${at % count} ${'x'.repeat((at % count) % 150)}`,
        ),
        -1,
      );
    },
  );
}
