import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {RotateWorld, Step} from '../../src/logs/rotate-world.ts';
import {recover, rotate} from '../../src/logs/rotate.ts';
import {systemClock} from '../../src/system/clock.ts';
import {systemLogFiles} from '../../src/system/log-files.ts';
import {systemProc} from '../../src/system/proc.ts';
import {systemProcesses} from '../../src/system/processes.ts';
import {
  canCollapse,
  ended,
  faultsOf,
  logDirectory,
  partsInOrder,
  startEndless,
  startWriter,
} from '../helpers/numbered-log.ts';
import {waitUntil} from '../helpers/wait.ts';

const world: RotateWorld = {
  clock: systemClock,
  files: systemLogFiles,
  proc: systemProc,
  processes: systemProcesses,
};

const rotator = path.resolve('build/test/helpers/rotator.js');
const LINES = 200_000;
const BYTES = 1_000_000;

function logIn(t: ExecutionContext, kind: 'disk' | 'memory'): string {
  const directory = logDirectory(kind);
  t.teardown(() => rmSync(directory, {recursive: true}));
  return path.join(directory, 'web.log');
}

/** Rotates whenever there are BYTES; kills itself at a step, if one is given. */
function startRotator(t: ExecutionContext, file: string, ...step: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [rotator, file, String(BYTES), ...step], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended(child);
}

for (const kind of ['disk', 'memory'] as const) {
  for (const how of ['lines', 'blocks'] as const) {
    // Blocks of several writers tear each other's lines without any rotation.
    const [writers, count] = how === 'lines' ? [3, LINES] : [1, 10 * LINES];
    test.serial(
      `rotate() keeps every line of ${writers} program(s) that write ${how} at full speed, in ${kind}`,
      async (t) => {
        const file = logIn(t, kind);
        const programs = Array.from({length: writers}, (_, writer) => startWriter(file, writer, count, how));
        const child = startRotator(t, file);
        await Promise.all(programs.map(ended));
        await kill(child);
        await recover(file, world);
        t.true(partsInOrder(file).length > 3);
        t.deepEqual(faultsOf(file, writers, count), []);
      },
    );
  }
}

const collapsing: readonly Step[] = [
  'begun',
  'copied',
  'marked',
  'committed',
  'collapsed',
  'noted',
  'archived',
];
const stopping: readonly Step[] = [
  ...(['begun', 'copied', 'marked', 'committed', 'refused', 'recorded', 'stopped'] as const),
  ...(['rest copied', 'rest returned', 'emptied', 'trimmed', 'archived'] as const),
];

for (const [kind, steps] of [
  ['disk', collapsing],
  ['memory', stopping],
] as const) {
  for (const step of steps) {
    test.serial(
      `recover() loses nothing when a rotation in ${kind} was killed after «${step}»`,
      async (t) => {
        const file = logIn(t, kind);
        if (kind === 'disk' && !canCollapse(path.dirname(file)))
          return t.log('skipped: no ext4 or xfs in /var/tmp');
        const program = startEndless(file);
        t.teardown(() => program.child.kill('SIGKILL'));
        // The first, and one where a note is at the head already.
        for (const nth of ['1', '2']) await ended(startRotator(t, file, step, nth));
        const parts = besides(file);
        const child = startRotator(t, file);
        await waitUntil('a rotation goes well', () => besides(file) !== parts);
        // A program that is stopped for ever would not end.
        const count = await program.end();
        await kill(child);
        await recover(file, world);
        t.deepEqual(faultsOf(file, 1, count), []);
      },
    );
  }
}

test.serial('recover() after kills at any moment, while three programs write at full speed', async (t) => {
  for (const kind of ['disk', 'memory'] as const) {
    const file = logIn(t, kind);
    const programs = [0, 1, 2].map((writer) => startWriter(file, writer, LINES));
    const running = () => programs.some(({exitCode}) => exitCode === null);
    for (let pause = 0; running(); pause = (pause + 7) % 60) {
      const before = besides(file);
      const child = startRotator(t, file);
      // It has begun something; from there on, anywhere.
      await waitUntil('a rotation', () => !running() || besides(file) !== before, {everyMs: 1});
      await new Promise((resolve) => setTimeout(resolve, pause));
      await kill(child);
    }
    await Promise.all(programs.map(ended));
    await recover(file, world);
    t.deepEqual(faultsOf(file, 3, LINES), [], kind);
  }
});

function besides(file: string): string {
  return readdirSync(path.dirname(file)).join();
}

test.serial(
  'rotate() moves the few lines of a silent program without stopping it, and does not move them again',
  async (t) => {
    for (const kind of ['disk', 'memory'] as const) {
      const file = logIn(t, kind);
      writeFileSync(file, 'a line\n'.repeat(100));
      const archive = await rotate(file, 'everything', world);
      t.is(readFileSync(archive ?? '', 'latin1'), 'a line\n'.repeat(100));
      t.is(await rotate(file, 'everything', world), undefined);
      writeFileSync(file, 'another\n'.repeat(1000), {flag: 'a'});
      const second = await rotate(file, 'everything', world);
      t.is(readFileSync(second ?? '', 'latin1'), 'another\n'.repeat(1000));
      t.true(statSync(file).size < 8192);
    }
  },
);

test.serial('rotate() has nothing to do without a log, or with an empty one', async (t) => {
  const file = logIn(t, 'disk');
  t.is(await rotate(file, 'everything', world), undefined);
  writeFileSync(file, '');
  t.is(await rotate(file, 'everything', world), undefined);
  t.deepEqual(readdirSync(path.dirname(file)), ['web.log']);
});

test.serial('rotate() keeps what was not finished when somebody has emptied the log by hand', async (t) => {
  const file = logIn(t, 'disk');
  const text = 'before\n'.repeat(BYTES / 5);
  writeFileSync(file, text);
  await ended(startRotator(t, file, 'committed'));
  truncateSync(file);
  writeFileSync(file, 'after\n'.repeat(10_000), {flag: 'a'});
  await recover(file, world);
  t.is(readFileSync(file, 'latin1'), 'after\n'.repeat(10_000));
  t.true(readFileSync(partsInOrder(file)[0] ?? '', 'latin1').startsWith('before\n'.repeat(BYTES / 6)));
});

test.serial('rotate() leaves a program stopped that somebody else had stopped', async (t) => {
  const file = logIn(t, 'memory');
  writeFileSync(file, 'a line\n'.repeat(10_000));
  const {child: program} = startEndless(file);
  t.teardown(() => program.kill('SIGKILL'));
  const pid = program.pid ?? 0;
  await waitUntil('the program writes', () => statSync(file).size > 200_000);
  program.kill('SIGSTOP');
  await waitUntil('it is stopped', () => systemLogFiles.isStopped(pid));
  t.truthy(await rotate(file, 'blocks', world));
  t.true(systemLogFiles.isStopped(pid));
});

test.serial('rotate() leaves the log alone when the archive cannot be written', async (t) => {
  const file = logIn(t, 'disk');
  const text = 'a line\n'.repeat(10_000);
  writeFileSync(file, text);
  const full: RotateWorld = {
    ...world,
    onStep(step) {
      if (step === 'begun')
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), {code: 'ENOSPC'});
    },
  };
  await t.throwsAsync(rotate(file, 'blocks', full), {message: `Cannot archive ${file}: the disk is full`});
  t.is(readFileSync(file, 'latin1'), text);
  t.deepEqual(readdirSync(path.dirname(file)), ['web.log']);
});

test.serial('a program is continued when the rotation that stopped it is killed', async (t) => {
  const file = logIn(t, 'memory');
  const {child: program} = startEndless(file);
  t.teardown(() => program.kill('SIGKILL'));
  const child = startRotator(t, file, 'stopped');
  await once(child, 'exit');
  await waitUntil('it runs on, without a successor', () => !systemLogFiles.isStopped(program.pid ?? 0));
  t.true(existsSync(`${file}.stopped`));
  await recover(file, world);
  t.false(existsSync(`${file}.stopped`));
});
