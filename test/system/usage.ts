import {spawn} from 'node:child_process';
import {once} from 'node:events';

import test from 'ava';

import {systemProc} from '../../src/system/proc.ts';
import {measureMemory, measureUsage} from '../../src/system/usage.ts';

test('measureUsage() counts a process with all that it started', async (t) => {
  const child = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const grandchild = Number(line.toString());
  t.teardown(() => process.kill(grandchild, 'SIGKILL'));
  const {pid = 0} = child;
  const {cpuMs, memory} = measureUsage(systemProc, pid);
  t.deepEqual(new Set(cpuMs.keys()), new Set([pid, grandchild]));
  t.true(memory > 0);
  t.is(measureMemory(systemProc, [grandchild]).size, 1);
});

test('measureUsage() sees processor time grow', (t) => {
  const before = measureUsage(systemProc, process.pid).cpuMs.get(process.pid) ?? Number.NaN;
  const end = process.cpuUsage().user + 100_000;
  while (process.cpuUsage().user < end) Math.sqrt(end);
  const spent = (measureUsage(systemProc, process.pid).cpuMs.get(process.pid) ?? Number.NaN) - before;
  t.true(spent >= 80, `${spent} ms`);
});

test('measureUsage() of a process that has gone is nothing', (t) => {
  const usage = measureUsage(systemProc, 2 ** 30);
  t.is(usage.cpuMs.size, 0);
  t.is(usage.memory, 0);
});
