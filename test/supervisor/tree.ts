import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';

import test from 'ava';

import {MARK} from '../../src/core/mark.ts';
import {endTree, lives, membersOf, signalTree} from '../../src/supervisor/tree.ts';
import type {Leader} from '../../src/supervisor/tree.ts';
import {systemClock} from '../../src/system/clock.ts';
import {systemProc} from '../../src/system/proc.ts';
import {systemProcesses} from '../../src/system/processes.ts';

const world = {proc: systemProc, processes: systemProcesses, clock: systemClock};
let marks = 0;

/** A leader that prints the pids of what it started, then waits. */
async function family(
  script: string,
): Promise<{leader: Leader; child: ChildProcess; pids: readonly number[]}> {
  const mark = `/test/${process.pid}|tasks:web|${++marks}`;
  const child = spawn('/bin/bash', ['-c', `${script}; echo; exec sleep 300`], {
    detached: true,
    env: {PATH: '/usr/bin:/bin', [MARK]: mark},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let line = '';
  for await (const part of child.stdout as NodeJS.ReadableStream) {
    line += String(part);
    if (line.includes('\n')) break;
  }
  const pids = line.trim().split(/\s+/).filter(Boolean).map(Number);
  const pid = child.pid as number;
  return {leader: {pid, startTicks: systemProc.stat(pid)?.startTicks ?? 0, mark}, child, pids};
}

test('membersOf() finds the group, children in sessions of their own, and grandchildren that lost their parent', async (t) => {
  const {leader, pids} = await family(
    'sleep 300 & echo -n "$! "; setsid sleep 301 & echo -n "$! "; (setsid sleep 302 & echo -n "$! ")',
  );
  t.teardown(async () => await endTree({...world, leader, killAt: () => 0}));
  t.is(pids.length, 3);
  const found = membersOf(systemProc, leader).map(({pid}) => pid);
  const inOrder = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
  t.deepEqual(inOrder(found), inOrder([leader.pid, ...pids]));
  await endTree({...world, leader, killAt: () => 0});
  t.deepEqual(membersOf(systemProc, leader), []);
});

test('endTree() leaves nothing of a group whose leader was killed', async (t) => {
  const {leader, child, pids} = await family('sleep 300 & echo -n "$! "; sleep 300 & echo -n "$! "');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.true(pids.every((pid) => systemProc.stat(pid) !== undefined));
  await endTree({...world, leader, killAt: () => 0});
  t.false(pids.some((pid) => lives(systemProc, {pid, startTicks: systemProc.stat(pid)?.startTicks ?? -1})));
});

test('endTree() waits for a graceful end before it kills', async (t) => {
  const {leader, child} = await family('true');
  const killAt = systemClock.monotonic() + 60_000;
  const exit = once(child, 'exit');
  setTimeout(() => child.kill('SIGTERM'), 50);
  await endTree({...world, leader, killAt: () => killAt});
  t.deepEqual(await exit, [null, 'SIGTERM']);
});

test('signalTree() reaches the program behind a shell that does not pass signals on', async (t) => {
  const mark = `/test/${process.pid}|tasks:wrapped|1`;
  const child = spawn('/bin/bash', ['-c', 'sleep 300; true'], {
    detached: true,
    env: {PATH: '/bin', [MARK]: mark},
  });
  await once(child, 'spawn');
  const pid = child.pid as number;
  const leader = {pid, startTicks: systemProc.stat(pid)?.startTicks ?? 0, mark};
  while (membersOf(systemProc, leader).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  t.is(signalTree(systemProc, systemProcesses, leader, 'SIGTERM'), 'group');
  await endTree({...world, leader, killAt: () => Infinity});
  t.pass();
});

test('a later process with the same pid is not the leader', (t) => {
  const stranger = {pid: process.pid, startTicks: 1, mark: 'none'};
  t.false(lives(systemProc, stranger));
  t.deepEqual(membersOf(systemProc, stranger), []);
});
