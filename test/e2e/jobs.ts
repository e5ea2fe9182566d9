import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import type {JobStatus} from '../../src/control/api.ts';
import {Rig, alive, killQuietly, until} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

/** An app that only waits, with these jobs. */
async function appWith(
  jobs: string,
  files: Readonly<Record<string, string>> = {},
): Promise<{readonly rig: Rig; readonly directory: string}> {
  const rig = Rig.create();
  const {directory} = await rig.define('flush', `[programs.queue]\ncommand = "sleep 1000"\n${jobs}`, files);
  return {rig, directory};
}

async function jobOf(rig: Rig, name: string): Promise<JobStatus> {
  const lines = (await rig.ok('jobs', 'flush', '--json')).trimEnd().split('\n');
  const found = lines.map((line) => JSON.parse(line) as JobStatus).find(({job}) => job === name);
  if (found === undefined) throw new Error(`there is no job ${name}`);
  return found;
}

/** Resolves when it does not run, with how it ended. */
async function ended(rig: Rig, name: string): Promise<JobStatus['last']> {
  // What is not there is null in JSON.
  await until(
    async () => ((await jobOf(rig, name)).running ?? undefined) === undefined,
    `the end of ${name}`,
  );
  return (await jobOf(rig, name)).last;
}

const linesIn = (file: string): readonly string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];

test('K8: a job runs each second with the environment of its app, and never beside itself', async (t) => {
  const {rig, directory} = await appWith(
    '[jobs.flush_old]\nschedule = "* * * * * *"\ncommand = ["./flush", "$APPSUP_APP"]\nenv = { WHOSE = "the job" }\n',
    {
      '.env': 'SECRET_KEY=from-the-env-file\n',
      flush: `#!/bin/sh
mkdir lock || { echo overlap >> runs; exit 3; }
echo "$1 $SECRET_KEY $WHOSE $APPSUP_PROCESS $(pwd)" >> runs
sleep 1.5
rmdir lock
`,
    },
  );
  t.teardown(async () => await rig.clean());
  const file = path.join(rig.paths.apps, 'flush.toml');
  writeFileSync(file, `env_file = ".env"\n${readFileSync(file, 'utf8')}`, {mode: 0o600});
  const runs = path.join(directory, 'runs');

  await rig.ok('start', 'flush');
  await until(() => linesIn(runs).length >= 3, 'three runs');
  t.deepEqual([...new Set(linesIn(runs))], [`flush from-the-env-file the job flush_old ${directory}`]);

  await rig.ok('stop', 'flush');
  await ended(rig, 'flush_old');
  const {last, nextAt, reason} = await jobOf(rig, 'flush_old');
  t.like(last, {result: 'done', trigger: 'schedule', code: undefined});
  t.deepEqual([nextAt, reason], [null, 'the app is stopped']);
  t.true(existsSync(last?.log ?? ''));
});

test('a job that was running when the supervisor was killed is neither lost nor run twice', async (t) => {
  const {rig, directory} = await appWith(
    '[jobs.long]\nschedule = "@yearly"\ncommand = "./long"\nretries = 5\n',
    {
      long: '#!/bin/sh\necho said\necho begun >> runs\nuntil [ -e go ]; do sleep 0.05; done\necho ended >> runs\nexit 7\n',
    },
  );
  t.teardown(async () => await rig.clean());
  const runs = path.join(directory, 'runs');
  await rig.ok('start', 'flush');
  rig.begin('run', 'flush', 'long');
  await until(() => linesIn(runs).length === 1, 'the begin of the job');

  const supervisor = rig.supervisorPid() ?? 0;
  killQuietly(supervisor);
  await until(() => !alive(supervisor), 'the end of the supervisor');
  await rig.ok('daemon', 'start');
  t.is(await rig.ok('logs', 'flush:long'), 'said\n');
  t.like(await jobOf(rig, 'long'), {running: {result: 'running', trigger: 'user', attempt: 1}});
  t.regex(
    (await rig.appsup('run', 'flush', 'long')).stderr,
    /^Cannot run "long": "long" of flush runs since \d+ s \(step 1 of 1: \.\/long\)\n/,
  );

  // Without the retries, which would run it again.
  const file = path.join(rig.paths.apps, 'flush.toml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('retries = 5\n', ''));
  await rig.ok('daemon', 'restart');
  writeFileSync(path.join(directory, 'go'), '');
  await ended(rig, 'long');
  t.like((await jobOf(rig, 'long')).last, {result: 'failed', code: 7, reason: 'exit 7'});
  t.deepEqual(linesIn(runs), ['begun', 'ended']);
});

test('a job that ended while no supervisor was there is told with its exit code', async (t) => {
  const {rig, directory} = await appWith('[jobs.long]\nschedule = "@yearly"\ncommand = "./long"\n', {
    long: '#!/bin/sh\necho begun >> runs\nuntil [ -e go ]; do sleep 0.05; done\necho ended >> runs\nexit 7\n',
  });
  t.teardown(async () => await rig.clean());
  const runs = path.join(directory, 'runs');
  await rig.ok('start', 'flush');
  rig.begin('run', 'flush', 'long');
  await until(() => linesIn(runs).length === 1, 'the begin of the job');
  killQuietly(rig.supervisorPid() ?? 0);
  await until(() => rig.supervisorPid() === undefined, 'the end of the supervisor');
  writeFileSync(path.join(directory, 'go'), '');
  await until(() => linesIn(runs).length === 2, 'the end of the job');
  await rig.ok('daemon', 'start');
  await ended(rig, 'long');
  t.like((await jobOf(rig, 'long')).last, {result: 'failed', code: 7});
  t.deepEqual(linesIn(runs), ['begun', 'ended']);
});

test('run: what a job leaves behind ends with it, a job that hangs is ended in time, and it is tried again', async (t) => {
  const {rig, directory} = await appWith(
    `[jobs.forks]
schedule = "@daily"
command = ["sh", "-c", "setsid sleep 997 & echo $! > pid; exit 3"]
[jobs.hangs]
schedule = "@daily"
command = ["sh", "-c", "echo try >> tries; sleep 998 & sleep 999"]
timeout = "1s"
retries = 1
retry_after = "0s"
`,
  );
  t.teardown(async () => await rig.clean());
  const forks = await rig.appsup('run', 'flush', 'forks');
  t.is(forks.code, 3, forks.stderr);
  t.false(alive(Number(readFileSync(path.join(directory, 'pid'), 'utf8'))));

  const hangs = await rig.appsup('run', 'flush', 'hangs', '--json');
  t.is(hangs.code, 124);
  t.like(JSON.parse(hangs.stdout.trimEnd().split('\n').at(-1) ?? ''), {
    ok: false,
    result: 'timeout',
    attempt: 2,
  });
  t.deepEqual(linesIn(path.join(directory, 'tries')), ['try', 'try']);
  t.deepEqual(rig.children('flush'), []);
});

testWith(['gunicorn'], 'a job may restart a program; what the user has stopped stays stopped', async (t) => {
  const rig = Rig.create();
  t.teardown(async () => await rig.clean());
  await rig.defineGunicorn('flush', '[jobs.renew]\nschedule = "@daily"\nrestart = "web"\n');
  await rig.ok('start', 'flush');
  const before = await rig.pid('flush');
  t.regex(
    await rig.ok('run', 'flush', 'renew'),
    /^ 1\/1 {2}restart web {2}[\d.]+ s +nothing dropped\ndone {2}renew of flush in/,
  );
  t.not(await rig.pid('flush'), before);
  await rig.ok('stop', 'flush');
  t.regex(await rig.ok('run', 'flush', 'renew'), /restart web {2}skipped {2}the app is stopped/);
  t.is((await rig.process('flush')).state, 'stopped');
});
