import {spawn} from 'node:child_process';
import {once} from 'node:events';

import test from 'ava';

import {parseStat, systemProc} from '../../src/system/proc.ts';

test('parseStat() reads a name with blanks and parentheses', (t) => {
  const zeros = (length: number): readonly string[] => Array.from({length}, () => '0');
  const fields = ['S', '1', '42', '43', ...zeros(7), '12', '3', ...zeros(6), '777', '0'];
  t.deepEqual(parseStat(`41 (a) b (c)) ${fields.join(' ')}`), {
    pid: 41,
    name: 'a) b (c)',
    ppid: 1,
    group: 42,
    session: 43,
    state: 'S',
    startTicks: 777,
    cpuMs: 150,
  });
});

test('parseStat() is undefined for a text that was cut off', (t) => {
  t.is(parseStat('41 (a) S 1'), undefined);
  t.is(parseStat(''), undefined);
});

test('stat() and list() see this process, and no process that has ended', async (t) => {
  t.is(systemProc.stat(process.pid)?.ppid, process.ppid);
  t.true(systemProc.list().some(({pid}) => pid === process.pid));
  const child = spawn('/bin/true');
  await once(child, 'exit');
  t.is(systemProc.stat(child.pid as number), undefined);
});

test('variable() reads the environment that a process was started with', async (t) => {
  const child = spawn('/bin/sleep', ['60'], {env: {MARKED: 'a=b c', EMPTY: ''}});
  await once(child, 'spawn');
  t.is(systemProc.variable(child.pid as number, 'MARKED'), 'a=b c');
  t.is(systemProc.variable(child.pid as number, 'EMPTY'), '');
  t.is(systemProc.variable(child.pid as number, 'MARK'), undefined);
  child.kill();
});

test('memory() is a sensible number of bytes for this process', (t) => {
  const bytes = systemProc.memory(process.pid);
  if (bytes === undefined) return void t.pass('smaps_rollup is not readable here');
  t.true(bytes > 1_000_000 && bytes < 4_000_000_000);
});

test('children() and resident() of this process', async (t) => {
  const child = spawn('/bin/sleep', ['60']);
  await once(child, 'spawn');
  t.true(systemProc.children(process.pid).includes(child.pid as number));
  const resident = systemProc.resident(process.pid);
  t.true((resident?.own ?? 0) > 1_000_000 && (resident?.file ?? 0) > 1_000_000);
  child.kill();
  t.is(systemProc.resident(2 ** 22 + 1), undefined);
  t.deepEqual(systemProc.children(2 ** 22 + 1), []);
});
