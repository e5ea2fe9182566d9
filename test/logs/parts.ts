import {rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {gzipSync} from 'node:zlib';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {formatBeside} from '../../src/logs/archive.ts';
import type {Beside} from '../../src/logs/archive.ts';
import {noteOf} from '../../src/logs/cut.ts';
import {readLog} from '../../src/logs/parts.ts';
import {rotate} from '../../src/logs/rotate.ts';
import type {Step} from '../../src/logs/rotate-world.ts';
import {systemClock} from '../../src/system/clock.ts';
import {systemLogFiles} from '../../src/system/log-files.ts';
import {systemProc} from '../../src/system/proc.ts';
import {systemProcesses} from '../../src/system/processes.ts';
import {logDirectory} from '../helpers/numbered-log.ts';

function logIn(t: ExecutionContext, kind: 'disk' | 'memory' = 'disk'): string {
  const directory = logDirectory(kind);
  t.teardown(() => rmSync(directory, {recursive: true}));
  return path.join(directory, 'web.log');
}

function put(file: string, beside: Beside, content: string | Buffer): void {
  writeFileSync(path.join(path.dirname(file), formatBeside('web.log', beside)), content);
}

const archive = (serial: number, gzip = false): Beside => ({
  kind: 'archive',
  rank: {stamp: '20261121T023005Z', serial},
  gzip,
});

const all = (): boolean => false;

test('readLog() reads archives in their order, compressed or not, then the log without our note', (t) => {
  const file = logIn(t);
  put(file, archive(2), 'third\n');
  put(file, archive(10), 'fourth\n');
  put(file, archive(0, true), gzipSync('first\nsecond\n'));
  writeFileSync(
    file,
    `${noteOf({stamp: '20261121T023005Z', serial: 10}, 200).toString()}fifth\nsixth\nunfini`,
  );
  t.deepEqual(readLog(file, all).lines, ['first', 'second', 'third', 'fourth', 'fifth', 'sixth']);
});

test('readLog() opens no archive when the log suffices', (t) => {
  const file = logIn(t);
  put(file, archive(0, true), 'this is not gzip');
  writeFileSync(file, 'a\nb\nc\n');
  const tail = readLog(file, (lines) => lines.length >= 2);
  t.deepEqual(tail.lines, ['a', 'b', 'c']);
  t.is(tail.place.offset, 6);
});

test('readLog() takes an archive and its compressed copy for one', (t) => {
  const file = logIn(t);
  put(file, archive(0), 'once\n');
  put(file, archive(0, true), gzipSync('once\n'));
  t.deepEqual(readLog(file, all).lines, ['once']);
});

test('readLog() finds nothing where there is no log', (t) =>
  t.deepEqual(readLog(logIn(t), all), {
    lines: [],
    place: {inode: undefined, rank: undefined, offset: 0},
  }));

for (const kind of ['disk', 'memory'] as const) {
  test(`readLog() shows each line once at every step of a rotation in ${kind}`, async (t) => {
    const file = logIn(t, kind);
    const lines = Array.from({length: 20_000}, (_, number) => `line ${number}`);
    writeFileSync(file, `${lines.join('\n')}\nunfini`);
    const steps: Step[] = [];
    const world = {clock: systemClock, files: systemLogFiles, proc: systemProc, processes: systemProcesses};
    await rotate(file, 'blocks', {
      ...world,
      onStep(step) {
        steps.push(step);
        t.deepEqual(readLog(file, all).lines, lines, step);
      },
    });
    t.true(steps.includes('archived'));
  });
}
