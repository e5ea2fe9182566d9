import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';

import test from 'ava';

import {systemClock} from '../../src/system/clock.ts';
import {withResolvers} from '../../src/supervisor/with-resolvers.ts';
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

test('SystemExits takes a process for ended whose pid was given to another one', async (t) => {
  const exits = new SystemExits({proc: systemProc, clock: systemClock});
  const {pid, startTicks} = systemProc.stat(process.pid) ?? {pid: 0, startTicks: 0};
  await new Promise<void>((resolve) => exits.watch({pid, startTicks: startTicks - 1}, resolve));
  t.pass();
  exits.close();
});

test('SystemExits does not look again and again at a process that it watches after the last of others has ended', async (t) => {
  let timers = 0;
  const clock = {
    ...systemClock,
    after: (ms: number, call: () => void) => {
      timers++;
      return systemClock.after(ms, call);
    },
  };
  const exits = new SystemExits({proc: systemProc, clock});
  const watchNew = (onExit: () => void): ChildProcess => {
    const child = spawn('/bin/sleep', ['60']);
    const {startTicks = 0} = systemProc.stat(child.pid ?? 0) ?? {};
    exits.watch({pid: child.pid ?? 0, startTicks}, onExit);
    return child;
  };
  // Each is watched by a helper of its own, and that of the one before ends meanwhile.
  for (let turn = 0; turn < 3; turn++) {
    const {promise, resolve} = withResolvers<void>();
    watchNew(resolve).kill('SIGKILL');
    await promise;
  }
  t.is(timers, 0);
  exits.close();
});
