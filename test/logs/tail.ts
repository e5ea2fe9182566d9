import {appendFileSync, renameSync, truncateSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';
import fc from 'fast-check';

import {follow} from '../../src/logs/follow.ts';
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

/** Follows one file; `until` resolves once that many lines have come. */
function following(
  t: ExecutionContext,
  file: string,
): {readonly lines: string[]; readonly until: (count: number) => Promise<void>} {
  const lines: string[] = [];
  const control = new AbortController();
  let wake: () => void = () => {};
  const tail = readTail(file, atLeast(0));
  const done = follow(
    [{file, from: tail?.end ?? 0, inode: tail?.inode}],
    (_file, fresh) => {
      lines.push(...fresh);
      wake();
    },
    control.signal,
  );
  t.teardown(async () => {
    control.abort();
    await done;
  });
  return {
    lines,
    async until(count) {
      while (lines.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

test('follow() hands out lines as they are completed', async (t) => {
  const file = path.join(temporaryDirectory(t), 'web.log');
  writeFileSync(file, 'old\nbeg');
  const {lines, until} = following(t, file);
  appendFileSync(file, 'un\nnext\nün');
  await until(2);
  appendFileSync(file, Buffer.from([0xc3]));
  appendFileSync(file, Buffer.from([0xbc, 10]));
  await until(3);
  t.deepEqual(lines, ['begun', 'next', 'ünü']);
});

test('follow() waits for a file that does not exist yet, and for its directory', async (t) => {
  const file = path.join(temporaryDirectory(t), 'app', 'web.log');
  const {lines, until} = following(t, file);
  writeFileSync(file, 'first\n');
  await until(1);
  t.deepEqual(lines, ['first']);
});

test('follow() reads a replaced file to its end, then the new one', async (t) => {
  const file = path.join(temporaryDirectory(t), 'web.log');
  writeFileSync(file, '');
  const {lines, until} = following(t, file);
  appendFileSync(file, 'a\nno line feed');
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'b\n');
  await until(3);
  t.deepEqual(lines, ['a', 'no line feed', 'b']);
});

test('follow() goes on in a file that was emptied', async (t) => {
  const file = path.join(temporaryDirectory(t), 'web.log');
  writeFileSync(file, 'x'.repeat(5000));
  appendFileSync(file, '\n');
  const {lines, until} = following(t, file);
  appendFileSync(file, 'a\n');
  await until(1);
  truncateSync(file);
  appendFileSync(file, 'b\n');
  await until(2);
  t.deepEqual(lines, ['a', 'b']);
});

test('follow() repeats nothing when rotation has cut off the head', async (t) => {
  const file = path.join(temporaryDirectory(t), 'web.log');
  const head = Array.from({length: 1000}, (_, at) => `head ${at}\n`).join('');
  writeFileSync(file, head);
  const {lines, until} = following(t, file);
  appendFileSync(file, 'kept 1\nkept 2\n');
  await until(2);
  // As fallocate --collapse-range leaves it: the same file, without its beginning.
  writeFileSync(file, `${head.slice(-1500)}kept 1\nkept 2\nnew\n`);
  await until(3);
  t.deepEqual(lines, ['kept 1', 'kept 2', 'new']);
});
