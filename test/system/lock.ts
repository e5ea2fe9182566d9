import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';

import {lockOwner, takeLock} from '../../src/system/lock.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'as-'));
test.after.always(() => rmSync(directory, {recursive: true}));

test('takeLock() gives the lock to one, and to the next when it is released', (t) => {
  const file = path.join(directory, 'one');
  const first = takeLock(file);
  t.truthy(first);
  t.is(takeLock(file), undefined);
  first?.release();
  t.truthy(takeLock(file));
});

test('takeLock() gets the lock of a process that was killed', async (t) => {
  const file = path.join(directory, 'two');
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  await once(holder.stdout as NodeJS.ReadableStream, 'data');
  t.is(takeLock(file), undefined);
  process.kill(-(holder.pid as number), 'SIGKILL');
  await once(holder, 'close');
  t.truthy(takeLock(file));
});

test('lockOwner() reads what the holder wrote, and nothing from a damaged or empty file', (t) => {
  const file = path.join(directory, 'three');
  t.is(lockOwner(file), undefined);
  const lock = takeLock(file);
  lock?.write('12345 678 0b1c2d3e-boot and more');
  t.deepEqual(lockOwner(file), {pid: 12345, startTicks: 678, bootId: '0b1c2d3e-boot'});
  lock?.write('x');
  t.is(lockOwner(file), undefined);
});
