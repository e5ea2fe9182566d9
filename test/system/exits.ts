import {spawn} from 'node:child_process';
import {once} from 'node:events';

import test from 'ava';

import {systemClock} from '../../src/system/clock.ts';
import {SystemExits} from '../../src/system/exits.ts';
import {systemProc} from '../../src/system/proc.ts';

test('SystemExits tells of the end of each watched process, and of one that is gone already', async (t) => {
  const exits = new SystemExits({proc: systemProc, clock: systemClock});
  const children = [spawn('/bin/sleep', ['60']), spawn('/bin/sleep', ['60'])];
  const ends = children.map(async (child) => {
    const {pid = 0, startTicks = 0} = systemProc.stat(child.pid as number) ?? {};
    return await new Promise<number>((resolve) => exits.watch({pid, startTicks}, () => resolve(pid)));
  });
  const gone = new Promise<void>((resolve) => exits.watch({pid: 2 ** 22 + 1, startTicks: 1}, resolve));
  await gone;
  children[1]?.kill('SIGKILL');
  t.is(await ends[1], children[1]?.pid);
  children[0]?.kill('SIGKILL');
  t.is(await ends[0], children[0]?.pid);
  await Promise.all(
    children.map(async (child) => child.exitCode ?? child.signalCode ?? (await once(child, 'exit'))),
  );
  exits.close();
});
