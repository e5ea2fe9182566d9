import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {LogKeeper} from '../../src/logs/keeper.ts';
import {DEFAULT_LIMITS} from '../../src/logs/limits.ts';
import type {LogLimits} from '../../src/logs/limits.ts';
import {archivesOf} from '../../src/logs/stock.ts';
import type {Clock} from '../../src/system/clock.ts';
import {systemClock} from '../../src/system/clock.ts';
import {systemLogFiles} from '../../src/system/log-files.ts';
import type {LogFiles} from '../../src/system/log-files.ts';
import {systemProc} from '../../src/system/proc.ts';
import {systemProcesses} from '../../src/system/processes.ts';
import {FakeClock} from '../helpers/fake-clock.ts';
import {ended, faultsOf, logDirectory, startEndless, startWriter} from '../helpers/numbered-log.ts';
import {waitUntil} from '../helpers/wait.ts';

interface Setup {
  readonly limits?: Partial<LogLimits>;
  readonly clock?: Clock;
  readonly files?: Partial<LogFiles>;
}

function setup(t: ExecutionContext, {limits = {}, clock = systemClock, files = {}}: Setup = {}) {
  const directory = path.join(logDirectory('disk'), 'tasks');
  const file = path.join(directory, 'web.log');
  const told: string[] = [];
  const keeper = new LogKeeper({
    clock,
    files: {...systemLogFiles, ...files},
    proc: systemProc,
    processes: systemProcesses,
    log: (message) => told.push(message),
  });
  t.teardown(async () => {
    await keeper.close();
    rmSync(path.dirname(directory), {recursive: true, force: true});
  });
  const keep = (more: Partial<LogLimits> = {}) =>
    keeper.set({app: 'tasks', directory, files: [file], limits: {...DEFAULT_LIMITS, ...limits, ...more}});
  return {directory, file, told, keeper, keep};
}

/** Lets everything happen that is due within `ms`. */
async function pass(clock: FakeClock, keeper: LogKeeper, ms: number): Promise<void> {
  const end = clock.monotonic() + ms;
  while (clock.monotonic() < end) {
    clock.advance(50);
    await keeper.settled();
  }
}

test('LogKeeper keeps the lines of a program at full speed, in compressed archives', async (t) => {
  const {directory, file, keeper, keep} = setup(t, {limits: {maxBytes: 2_000_000, keep: 1000}});
  keep();
  await waitUntil('the directory is made', () => existsSync(directory));
  const programs = [0, 1].map((writer) => startWriter(file, writer, 300_000));
  await Promise.all(programs.map(ended));
  await waitUntil('the last rotation', () => statSync(file).size < 2_000_000);
  await keeper.settled();
  const archives = archivesOf(file);
  t.true(archives.length >= 3);
  t.true(archives.every(({gzip}) => gzip));
  await keeper.close();
  t.deepEqual(faultsOf(file, 2, 300_000), []);
});

test('LogKeeper bounds what an app has on the disk', async (t) => {
  const {file, keeper, keep} = setup(t, {limits: {maxBytes: 500_000, totalBytes: 3_000_000, gzip: false}});
  keep();
  const {child, end} = await waitUntil('the directory is made', () => existsSync(path.dirname(file))).then(
    () => startEndless(file),
  );
  t.teardown(() => child.kill('SIGKILL'));
  await waitUntil('archives are removed', () => {
    const [oldest] = archivesOf(file).toSorted((a, b) => (a.file < b.file ? -1 : 1));
    return oldest !== undefined && seen.add(oldest.file).size > 5;
  });
  await end();
  await waitUntil('the log rests', () => statSync(file).size < 500_000);
  await keeper.settled();
  t.true(archivesOf(file).reduce((sum, {bytes}) => sum + bytes, 0) <= 3_000_000);
});
const seen = new Set<string>();

test('LogKeeper arms no timer for a silent app, and one watch', async (t) => {
  const clock = new FakeClock();
  let watches = 0;
  const files: Partial<LogFiles> = {
    watch: () => {
      watches++;
      return {close: () => watches--};
    },
  };
  const {file, directory, keeper, keep} = setup(t, {clock, files});
  writeLog(directory, file, 'a line\n');
  keep();
  await pass(clock, keeper, 2000);
  t.is(clock.armed, 0);
  t.is(watches, 1);
  clock.advance(86_400_000);
  t.is(watches, 1);
  await keeper.close();
  t.is(watches, 0);
});

test('LogKeeper rotates a silent log when it is old, and looks no more when nothing is left in it', async (t) => {
  const clock = new FakeClock();
  const {file, directory, keeper, keep} = setup(t, {clock, limits: {maxAgeMs: 3_600_000, gzip: false}});
  // The file is as old as the machine's clock says, which is ahead of the test's.
  const behind = Date.now() - clock.wall();
  clock.advance(Math.max(0, behind));
  writeLog(directory, file, 'a line\n'.repeat(100));
  keep();
  await pass(clock, keeper, 1000);
  t.is(archivesOf(file).length, 0);
  clock.advance(3_700_000);
  await keeper.settled();
  t.is(archivesOf(file).length, 1);
  clock.advance(3_700_000);
  await keeper.settled();
  t.is(archivesOf(file).length, 1);
  t.true(clock.armed <= 1);
});

test('LogKeeper looks by the clock where the system has no watch left', async (t) => {
  const clock = new FakeClock();
  const {file, directory, keeper, keep} = setup(t, {
    clock,
    files: {watch: () => undefined},
    limits: {maxBytes: 100_000, gzip: false},
  });
  writeLog(directory, file, '');
  keep();
  await pass(clock, keeper, 1000);
  appendFileSync(file, 'a line\n'.repeat(20_000));
  await pass(clock, keeper, 3000);
  t.is(archivesOf(file).length, 1);
});

test('LogKeeper tells once of a log that was deleted while its program runs', async (t) => {
  const clock = new FakeClock();
  const {file, directory, keeper, keep, told} = setup(t, {
    clock,
    files: {watch: () => undefined, writers: () => [1]},
  });
  writeLog(directory, file, 'a line\n');
  keep();
  await pass(clock, keeper, 1000);
  t.deepEqual(told, []);
  unlinkSync(file);
  await pass(clock, keeper, 10_000);
  t.deepEqual(told, ['A log was deleted while its program runs: what it prints goes nowhere']);
});

test('LogKeeper makes a directory again that was removed', async (t) => {
  const {directory, file, keep} = setup(t);
  keep();
  await waitUntil('the directory is made', () => existsSync(directory));
  // At once, it may not be watched yet.
  await new Promise((resolve) => setTimeout(resolve, 100));
  rmSync(directory, {recursive: true});
  await waitUntil('it is made again', () => existsSync(directory));
  t.false(existsSync(file));
});

test('LogKeeper tells once that the disk is full, leaves the log, and tries again later', async (t) => {
  const clock = new FakeClock();
  let full = true;
  let tries = 0;
  const files: Partial<LogFiles> = {
    watch: () => undefined,
    async collapse(...args) {
      tries++;
      if (full) throw Object.assign(new Error('no space'), {code: 'ENOSPC'});
      return await systemLogFiles.collapse(...args);
    },
  };
  const {file, directory, keeper, keep, told} = setup(t, {
    clock,
    files,
    limits: {maxBytes: 100_000, gzip: false},
  });
  writeLog(directory, file, 'a line\n'.repeat(20_000));
  keep();
  await pass(clock, keeper, 100_000);
  t.deepEqual(told, [`Cannot archive ${file}: the disk is full`]);
  t.true(tries >= 2 && tries <= 5, `${tries} tries`);
  full = false;
  await pass(clock, keeper, 40_000);
  t.is(archivesOf(file).length, 1);
  t.deepEqual(readdirSync(directory).length, 2);
});

test('LogKeeper finishes what was left behind before it begins', async (t) => {
  const {file, directory, keeper, keep} = setup(t);
  writeLog(directory, file, 'a line\n');
  const token = '0123456789abcdef0123456789abcdef';
  writeFileSync(`${file}.copying.20261121T023005Z.4096.0.${token}`, 'half of');
  writeFileSync(`${file}.20261121T023001Z`, 'a line\n');
  writeFileSync(`${file}.20261121T023001Z.gz.part`, 'half of');
  keep();
  await waitUntil(
    'all is in order',
    () => readdirSync(directory).join() === 'web.log,web.log.20261121T023001Z.gz',
  );
  await keeper.settled();
  t.pass();
});

function writeLog(directory: string, file: string, text: string): void {
  mkdirSync(directory, {recursive: true});
  writeFileSync(file, text);
}
