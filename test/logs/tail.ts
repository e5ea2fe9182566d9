import {writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import {readTail} from '../../src/logs/tail.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';

const atLeast = (count: number) => (lines: readonly string[]) => lines.length >= count;
const never = (): boolean => false;

test('readTail() reads the last lines of a log that is larger than one piece', (t) => {
  const file = path.join(temporaryDirectory(t), 'web.log');
  writeFileSync(file, Array.from({length: 50_000}, (_, at) => `line ${at}\n`).join(''));
  const tail = readTail(file, atLeast(3));
  t.deepEqual(tail?.lines.slice(-3), ['line 49997', 'line 49998', 'line 49999']);
  t.true((tail?.lines.length ?? 0) < 10_000);
  t.is(readTail(file, never)?.lines.length, 50_000);
});

test('readTail() gives back every whole line, and where the rest begins', (t) => {
  const file = path.join(temporaryDirectory(t), 'web.log');
  fc.assert(
    fc.property(
      fc.array(fc.string().filter((text) => !/[\r\n]/.test(text))),
      fc.constantFrom('', 'unfinished'),
      (lines, rest) => {
        const whole = lines.map((line) => `${line}\n`).join('');
        writeFileSync(file, whole + rest);
        const tail = readTail(file, never);
        t.deepEqual(
          tail?.lines,
          lines.map((line) => Buffer.from(line).toString()),
        );
        t.is(tail?.end, Buffer.byteLength(whole));
      },
    ),
  );
});

test('readTail() knows when there is no file', (t) => {
  t.is(readTail(path.join(temporaryDirectory(t), 'none.log'), never), undefined);
});

test('readTail() looks further back for the end of a very long line', (t) => {
  const file = path.join(temporaryDirectory(t), 'web.log');
  writeFileSync(file, `first\n${'x'.repeat(200_000)}`);
  t.deepEqual(readTail(file, atLeast(0))?.end, 6);
});
