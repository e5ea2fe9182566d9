import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {copyFileSync, mkdirSync, rmSync} from 'node:fs';
import {createConnection} from 'node:net';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {weigh} from '../helpers/chaos/calm.ts';
import {zombiesOf} from '../helpers/chaos/census.ts';
import {Load, ROOT, Rig, get, killQuietly, until} from '../helpers/rig.ts';

function rig(t: ExecutionContext, env: Readonly<Record<string, string>> = {}): Rig {
  const made = Rig.create(env);
  t.teardown(async () => {
    const left = await made.clean();
    if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
  });
  return made;
}

/** A supervisor that no command waits for; one without the lock ends with the test. */
function supervise(t: ExecutionContext, it: Rig, node = process.execPath): ChildProcess {
  const supervisor = spawn(node, [path.join(ROOT, 'bin/appsupd')], {
    env: it.env,
    cwd: it.home,
    detached: true,
    stdio: 'ignore',
  });
  t.teardown(() => it.supervisorPid() === supervisor.pid || supervisor.kill('SIGKILL'));
  supervisor.unref();
  return supervisor;
}

test('of supervisors that are started at once one goes on, the others leave, and each program is there once', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('one');
  await it.define('two', '[programs.queue]\ncommand = "sleep 600"\n');
  await it.ok('start', 'all');
  for (const killed of [[], it.children()]) {
    killQuietly(it.supervisorPid() as number);
    for (const pid of killed) killQuietly(pid);
    await until(() => it.supervisorPid() === undefined, 'the end of the supervisor');
    const rivals = Array.from({length: 5}, () => supervise(t, it));
    await until(() => rivals.filter(({exitCode}) => exitCode === null).length === 1, 'one to be left');
    await until(async () => (await it.appsup('status')).code === 0, 'all to run');
    const [winner] = rivals.filter(({exitCode}) => exitCode === null);
    t.is(it.supervisorPid(), winner?.pid);
    await until(() => it.children('one').length === 3, 'one master with two workers');
    t.is(it.children('two').length, 1);
    t.is((await get(port, '/one/')).status, 200);
  }
});

test('a supervisor whose Node was removed goes on, restarts drop nothing, and another Node takes over', async (t) => {
  const it = rig(t);
  const bin = path.join(it.home, 'versions/v20/bin');
  mkdirSync(bin, {recursive: true});
  copyFileSync(process.execPath, path.join(bin, 'node'));
  const {port} = await it.defineGunicorn('old');
  const {port: closed} = await it.defineGunicorn('closed');
  const supervisor = supervise(t, it, path.join(bin, 'node'));
  await until(async () => (await it.appsup('daemon', 'status')).code === 0, 'the supervisor');
  await it.ok('start', 'all');
  rmSync(path.join(it.home, 'versions'), {recursive: true});
  const load = new Load(port, '/old/', 2);
  t.teardown(async () => await load.stop());
  await load.answers(20);
  t.regex(await it.ok('restart', 'old'), /nothing dropped/);
  // Its socket changes hands: the page, then the program again.
  await it.ok('stop', 'closed');
  t.is((await get(closed, '/closed/')).status, 503);
  await it.ok('start', 'closed');
  t.is((await get(closed, '/closed/')).status, 200);
  t.is(it.supervisorPid(), supervisor.pid);
  const pid = await it.pid('old');
  await it.ok('daemon', 'restart');
  t.is(await it.pid('old'), pid);
  t.not(it.supervisorPid(), supervisor.pid);
  t.regex(await it.ok('restart', 'old'), /nothing dropped/);
  await load.answers(20);
  await load.stop();
  t.deepEqual(load.failures, []);
});

/** Takes in every orphan of what it starts, and looks after none: PID 1 of many a container. */
const FIRST_PROCESS = `import ctypes, signal, subprocess, sys
if ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) != 0: sys.exit(75)
subprocess.run(sys.argv[1:], check=True)
print("up", flush=True)
signal.pause()
`;

test('where the first process of the host leaves zombies, a dead supervisor and dead programs count as gone', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('web');
  const appsup = [process.execPath, path.join(ROOT, 'bin/appsup')];
  const first = spawn('/usr/bin/python3', ['-c', FIRST_PROCESS, ...appsup, 'start', 'web'], {
    env: it.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => first.kill('SIGKILL'));
  await once(first.stdout, 'data');
  await until(() => it.children('web').length === 3, 'one master with two workers');
  const [supervisor, master] = [it.supervisorPid() as number, await it.pid('web')];
  killQuietly(supervisor);
  await until(() => zombiesOf(first.pid as number).includes(supervisor), 'the zombie of the supervisor');
  await it.ok('daemon', 'start');
  t.is(await it.pid('web'), master);
  killQuietly(master);
  await until(async () => {
    const {state, pid} = await it.process('web');
    return state === 'running' && pid !== master;
  }, 'a new master');
  t.true(zombiesOf(first.pid as number).includes(master));
  t.is((await get(port, '/web/')).body.split(' ')[0], String(await it.pid('web')));
  await it.ok('stop', 'web');
  t.deepEqual(it.children(), []);
});

test('followers of the events that never read are hung up on before what they ought to read piles up', async (t) => {
  const it = rig(t);
  const loud = `bash -c "echo ${'reason '.repeat(40)} >&2; exit 1"`;
  const again = 'backoff = "100ms"\nbackoff_cap = "100ms"\ngive_up = "never"\n';
  await it.define('failing', `[programs.queue]\ncommand = '''${loud}'''\nnumprocs = 20\n${again}`);
  await it.ok('daemon', 'start');
  const supervisor = it.supervisorPid() as number;
  const before = weigh(supervisor).descriptors;
  const deaf = Array.from({length: 20}, () => {
    const connection = createConnection(it.paths.socket);
    connection.on('error', () => undefined).pause();
    connection.write('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
    return connection;
  });
  t.teardown(() => deaf.forEach((connection) => connection.destroy()));
  await until(() => weigh(supervisor).descriptors >= before + deaf.length, 'the followers');
  await it.ok('start', 'failing', '--no-wait');
  await until(
    () => weigh(supervisor).descriptors < before + deaf.length,
    'the end of their connections',
    60_000,
  );
  await it.ok('stop', 'failing');
  await until(() => weigh(supervisor).descriptors <= before + MOST_NEW_DESCRIPTORS, 'the end of all of them');
  t.is(it.supervisorPid(), supervisor);
});

/** Of 75 processes each; what they would leave of themselves adds up. */
const ROUNDS = 4;
/** A connection of now, and what a collection leaves to the next one. */
const MOST_NEW_DESCRIPTORS = 3;
const MOST_NEW_MEGABYTES = 30;

test('three hundred restarts later the supervisor is as light as it was', async (t) => {
  const it = rig(t);
  const quick = 'start_time = "0s"\n';
  await it.define('many', `[programs.queue]\ncommand = "sleep 600"\nnumprocs = 75\n${quick}`);
  const {port} = await it.defineGunicorn('web', quick);
  await it.ok('start', 'all');
  const supervisor = it.supervisorPid() as number;
  const round = async () => {
    await it.ok('restart', 'many');
    // Its socket is copied from the page to the program and back, and goes through a candidate.
    await it.ok('restart', 'web');
    await it.ok('stop', 'web');
    await it.ok('start', 'web');
  };
  // The first ones are for warming up: V8 takes what it will use again.
  for (let i = 0; i < 2; i++) await round();
  const before = weigh(supervisor);
  for (let i = 0; i < ROUNDS; i++) await round();
  t.is(it.supervisorPid(), supervisor);
  t.is((await get(port, '/web/')).status, 200);
  await until(
    () => weigh(supervisor).descriptors <= before.descriptors + MOST_NEW_DESCRIPTORS,
    `${before.descriptors} descriptors again`,
  );
  const {megabytes} = weigh(supervisor);
  t.true(megabytes <= before.megabytes + MOST_NEW_MEGABYTES, `${before.megabytes} MB, then ${megabytes}`);
  t.log(`${before.megabytes} MB, then ${megabytes}; ${before.descriptors} descriptors`);
  t.deepEqual(zombiesOf(supervisor), []);
});
