import {once} from 'node:events';
import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {alive, get, killQuietly, Load, Rig, until, WSGI} from '../helpers/rig.ts';
import {run} from '../helpers/run.ts';
import {testWith, toolPath} from '../helpers/tools.ts';

function rig(t: {readonly teardown: (action: () => Promise<void>) => void}): Rig {
  const made = Rig.create();
  t.teardown(async () => {
    const left = await made.clean();
    if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
  });
  return made;
}

/** The worker that answers, and its master. */
async function pidsBehind(port: number, mount: string): Promise<{master: number; worker: number}> {
  const [master = 0, worker = 0] = (await get(port, `${mount}/`)).body.split(' ').map(Number);
  return {master, worker};
}

/** A gunicorn that binds the port by itself, as one under supervisord does. */
const BINDS =
  '[programs.web]\ncommand = "bash -c \'exec gunicorn -w 2 -b 127.0.0.1:$PORT wsgi:application\'"\nlisten = "port"\n';

// Its five seconds are the supervisor's and not those of twenty other tests: before them, one by one.
for (const kind of ['inherits its socket', 'binds its port by itself'] as const) {
  test.serial(
    `C1 a SIGKILLed master that ${kind} is replaced by one master that serves within 5 s; nothing of the old group is left, and "running" is never said before it can be reached`,
    async (t) => {
      const it = rig(t);
      const {port} =
        kind === 'binds its port by itself'
          ? await it.define('idle', BINDS, {'wsgi.py': WSGI})
          : await it.defineGunicorn('idle');
      await it.ok('start', 'idle');
      const before = it.children('idle');
      const {master} = await pidsBehind(port, '/idle');
      t.is(await it.pid('idle'), master);
      const killed = performance.now();
      process.kill(master, 'SIGKILL');
      await until(async () => {
        const {state, pid} = await it.process('idle');
        return state === 'running' && pid !== master;
      }, 'a new master');
      const after = await pidsBehind(port, '/idle');
      t.true(performance.now() - killed <= 5000, `${Math.round(performance.now() - killed)} ms`);
      t.is(after.master, await it.pid('idle'));
      t.false(before.some(alive));
      t.is((await it.process('idle')).restarts, 1);
    },
  );
}

test('C2 a SIGKILLed worker is replaced by its master, and the supervisor changes nothing', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('worker');
  await it.ok('start', 'worker');
  const {master, worker} = await pidsBehind(port, '/worker');
  process.kill(worker, 'SIGKILL');
  await until(() => !alive(worker), 'the end of the worker');
  for (let i = 0; i < 50; i++) t.is((await get(port, '/worker/')).status, 200);
  await until(() => it.children('worker').length === 3, 'another worker');
  t.false(it.children('worker').includes(worker));
  t.is(await it.pid('worker'), master);
});

test('a SIGKILLed group comes back, and visitors that wait are served', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('group');
  await it.ok('start', 'group');
  const {master} = await pidsBehind(port, '/group');
  process.kill(-master, 'SIGKILL');
  await until(() => !alive(master), 'the end of the master');
  t.is((await get(port, '/group/')).status, 200);
});

test('C6 a restart under eight clients drops nothing, and neither does one with a mistake in the code', async (t) => {
  const it = rig(t);
  const {port, directory} = await it.defineGunicorn('busy');
  await it.ok('start', 'busy');
  const load = new Load(port, '/busy/');
  await load.answers(50);
  for (let i = 0; i < 4; i++) {
    const before = await it.pid('busy');
    t.regex(await it.ok('restart', 'busy'), /nothing dropped/);
    t.not(await it.pid('busy'), before);
    await load.answers(20);
  }
  const serving = await it.pid('busy');
  const file = path.join(directory, 'wsgi.py');
  writeFileSync(file, `import not_there\n${readFileSync(file, 'utf8')}`);
  const failed = await it.appsup('restart', 'busy');
  t.is(failed.code, 1);
  t.regex(failed.stdout + failed.stderr, /still serves/);
  t.regex(failed.stdout + failed.stderr, /ModuleNotFoundError: No module named 'not_there'/);
  t.is(await it.pid('busy'), serving);
  await load.answers(20);
  await load.stop();
  t.deepEqual(load.failures, []);
});

testWith(
  ['git'],
  'C6 git pull and restart under four clients: the new code serves and nothing is dropped; a commit that raises at import is refused with its traceback',
  async (t) => {
    const it = rig(t);
    const [origin, clone] = [path.join(it.home, 'origin'), path.join(it.home, 'pulled')];
    const git = async (...words: readonly string[]): Promise<void> => {
      const {code, stderr} = await run(toolPath('git'), words, {...it.env, GIT_CONFIG_GLOBAL: '/dev/null'});
      if (code !== 0) throw new Error(stderr);
    };
    const commit = async (text: string): Promise<void> => {
      writeFileSync(path.join(origin, 'wsgi.py'), text);
      await git('-C', origin, 'add', 'wsgi.py');
      await git('-C', origin, '-c', 'user.name=x', '-c', 'user.email=x@x', 'commit', '-qm', 'x');
    };
    await git('init', '-q', '-b', 'main', origin);
    await commit(WSGI);
    await git('clone', '-q', origin, clone);
    const {port} = await it.define('pulled', '[programs.web]\ngunicorn = "wsgi:application"\nworkers = 2\n');
    await it.ok('start', 'pulled');
    const load = new Load(port, '/pulled/', 4);
    await load.answers(50);
    await commit(WSGI.replace('"%d %d %s%s"', '"v2 %d %d %s%s"'));
    await git('-C', clone, 'pull', '-q', '--ff-only');
    await it.ok('restart', 'pulled');
    t.regex((await get(port, '/pulled/')).body, /^v2 /);
    await commit('import sys\n\n\ndef broken():\n    raise RuntimeError("half a change")\n\n\nbroken()\n');
    await git('-C', clone, 'pull', '-q', '--ff-only');
    const {code, stdout, stderr} = await it.appsup('restart', 'pulled');
    t.is(code, 1);
    for (const part of [/File ".*wsgi\.py", line 5, in broken/, /RuntimeError: half a change/])
      t.regex(stdout + stderr, part);
    await load.answers(20);
    t.regex((await get(port, '/pulled/')).body, /^v2 /);
    await load.stop();
    t.deepEqual(load.failures, []);
  },
);

test('C3 a SIGKILLed supervisor hurts no app: the same processes serve, the next one adopts them and its restart drops nothing', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('calm');
  await it.define('extra', '[programs.queue]\ncommand = "sleep 600"\n');
  await it.ok('start', 'all');
  const pids = [await it.pid('calm'), await it.pid('extra', 'queue')];
  const load = new Load(port, '/calm/');
  await load.answers(50);
  const supervisor = it.supervisorPid() as number;
  process.kill(supervisor, 'SIGKILL');
  await until(() => !alive(supervisor), 'the end of the supervisor');
  await load.answers(100);
  await it.ok('daemon', 'start');
  t.deepEqual([await it.pid('calm'), await it.pid('extra', 'queue')], pids);
  t.is((await it.status()).supervisor.adopted, 2);
  await load.answers(50);
  await it.ok('restart', 'calm');
  t.not(await it.pid('calm'), pids[0]);
  await load.answers(50);
  await load.stop();
  t.deepEqual(load.failures, []);
  await it.ok('stop', 'all');
  t.deepEqual(it.children(), []);
});

test('an adopted process that dies is started again', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('orphaned');
  await it.ok('start', 'orphaned');
  const pid = await it.pid('orphaned');
  killQuietly(it.supervisorPid() as number);
  await it.ok('daemon', 'start');
  t.is(await it.pid('orphaned'), pid);
  process.kill(pid, 'SIGKILL');
  await until(async () => {
    const now = await it.process('orphaned');
    return now.state === 'running' && now.pid !== pid;
  }, 'a new process');
  t.is((await get(port, '/orphaned/')).status, 200);
});

test('a master that dies while no supervisor is there comes back with the supervisor, and its workers go', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('headless');
  await it.ok('start', 'headless');
  await until(() => it.children('headless').length === 3, 'one master with two workers');
  const [before, master] = [it.children('headless'), await it.pid('headless')];
  killQuietly(it.supervisorPid() as number);
  // Workers that are too busy to see that their master has gone would stay, with the socket in their hands.
  for (const pid of before) if (pid !== master) process.kill(pid, 'SIGSTOP');
  process.kill(master, 'SIGKILL');
  await it.ok('daemon', 'start');
  await until(async () => (await it.process('headless')).state === 'running', 'the app to run');
  t.false(before.some(alive));
  t.is((await get(port, '/headless/')).status, 200);
});

test('a supervisor that is SIGKILLed in the middle of starts, stops and restarts never leaves two copies', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('torn');
  await it.ok('start', 'torn');
  for (const [index, verb] of ['restart', 'stop', 'start', 'restart', 'stop', 'start', 'restart'].entries()) {
    const command = it.begin(verb, 'torn');
    await new Promise((resolve) => setTimeout(resolve, 60 + 40 * index));
    const supervisor = it.supervisorPid();
    if (supervisor !== undefined) process.kill(supervisor, 'SIGKILL');
    if (command.exitCode === null) await once(command, 'exit');
    await it.ok('daemon', 'start');
    // What was wished for may or may not have been heard; from here on it is, and there is one copy.
    if (verb === 'stop') await it.ok('stop', 'torn');
    else await it.ok('start', 'torn');
    const masters = new Set<number>();
    if (verb === 'stop') t.deepEqual(it.children('torn'), []);
    else {
      await until(() => it.children('torn').length === 3, 'one master with two workers');
      for (let i = 0; i < 10; i++) masters.add((await pidsBehind(port, '/torn')).master);
      t.deepEqual([...masters], [await it.pid('torn')]);
    }
  }
});

test('C13 stop takes what ignores TERM, what left for another session and what lost its parent', async (t) => {
  const it = rig(t);
  await it.define('stubborn', '[programs.queue]\ncommand = "bash run.sh"\nstop_timeout = "1s"\n', {
    'run.sh':
      "trap '' TERM\nsetsid sleep 600 &\n(setsid sleep 601 &)\nsleep 602 &\nwhile :; do sleep 1; done\n",
  });
  // Has its time to finish, and needs it.
  const {directory} = await it.define(
    'polite',
    '[programs.queue]\ncommand = "bash run.sh"\nstop_timeout = "30s"\n',
    {'run.sh': "trap 'sleep 1; echo x >finished; exit' TERM\nwhile :; do sleep 0.1; done\n"},
  );
  await it.ok('start', 'all');
  await until(() => it.children('stubborn').length >= 5, 'all the children');
  const children = [...it.children('stubborn'), ...it.children('polite')];
  await it.ok('stop', 'all');
  t.false(children.some(alive));
  t.true(existsSync(path.join(directory, 'finished')));
});

test('C12 stop of one app, a changed file, a restart, a new app and one that is removed leave the processes of the others as they are', async (t) => {
  const it = rig(t);
  await it.defineGunicorn('calm');
  await it.define(
    'steady',
    '[programs.queue]\ncommand = "sleep 600"\n[programs.beat]\ncommand = "sleep 601"\n',
  );
  await it.defineGunicorn('other');
  await it.ok('start', 'all');
  await until(() => it.children('calm').length === 3, 'its workers');
  const others = () => [...it.children('calm'), ...it.children('steady')].toSorted((a, b) => a - b);
  const before = others();
  t.is(before.length, 5);
  await it.ok('stop', 'other');
  t.deepEqual(others(), before);
  const file = path.join(it.paths.apps, 'other.toml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('workers = 2', 'workers = 1'));
  await it.ok('start', 'other');
  t.deepEqual(others(), before);
  await it.ok('restart', 'other');
  await it.define('late', '[programs.queue]\ncommand = "sleep 600"\n');
  await it.ok('start', 'late');
  await it.ok('remove', 'late', '--yes');
  t.deepEqual(others(), before);
  // Within one app as well.
  const [queue, beat] = [await it.pid('steady', 'queue'), await it.pid('steady', 'beat')];
  await it.ok('restart', 'steady:beat');
  t.is(await it.pid('steady', 'queue'), queue);
  t.not(await it.pid('steady', 'beat'), beat);
});

test('C8 status says in one command of less than a second what is up, down, flapping, failed and stopped, and why in words', async (t) => {
  const it = rig(t);
  const program = (name: string, command: string, more = '') =>
    `[programs.${name}]\ncommand = "bash -c '${command}'"\n${more}`;
  await it.define('up', program('queue', 'sleep 600'));
  await it.ok('start', 'up');
  t.is((await it.appsup('status')).code, 0);
  const crash = 'echo Traceback >&2; echo KeyError: no-such-key >&2; exit 3';
  await it.define(
    'mixed',
    [
      program('down', 'exit 0', 'restart = "on-failure"\nstart_time = "0s"\n'),
      program('flapping', crash, 'backoff = "60s"\n'),
      program('failed', crash, 'give_up = 1\n'),
      program('resting', 'sleep 600'),
    ].join(''),
  );
  await it.appsup('start', 'mixed');
  await it.ok('stop', 'mixed:resting');
  const states = async () =>
    Object.fromEntries((await it.app('mixed')).processes.map(({process, state}) => [process, state]));
  const expected = {down: 'exited', flapping: 'backoff', failed: 'fatal', resting: 'stopped'};
  await until(async () => JSON.stringify(await states()) === JSON.stringify(expected), 'all of them');
  const {code, stdout, stderr} = await it.appsup('status');
  t.is(code, 3);
  t.regex(stdout, /^up +queue +running/m);
  t.regex(stdout, /down +exited .* exit 0$/m);
  t.regex(stdout, /flapping +backoff .* exit 3: KeyError: no-such-key$/m);
  t.regex(stdout, /failed +fatal .* exit 3: KeyError: no-such-key$/m);
  t.regex(stdout, /resting +stopped .* stopped by you$/m);
  t.regex(stderr, /mixed:flapping {2}next try in/);
  t.regex(stderr, /mixed:failed {2}was given up/);
  t.is((await it.appsup('status', 'up', '--json')).code, 0);
  t.is((await it.appsup('status', 'mixed', '--json')).code, 3);
  t.like(await it.process('mixed', 'failed'), {state: 'fatal', reason: 'exit 3: KeyError: no-such-key'});
  // The machine may be busy with something else, once.
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    await it.appsup('status');
    times.push(performance.now() - began);
  }
  t.true(Math.min(...times) < 1000, times.map(Math.round).join(' '));
});

test('a stopped app answers 503 with a plain page, and serves again after start', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('resting');
  await it.ok('start', 'resting');
  await it.ok('stop', 'resting');
  const {status, body, headers} = await get(port, '/resting/');
  t.is(status, 503);
  t.regex(body, /resting.*is not running/);
  t.truthy(headers['retry-after']);
  await it.ok('start', 'resting');
  t.is((await get(port, '/resting/')).status, 200);
});

test('a command that is SIGKILLed does not undo what it asked for', async (t) => {
  const it = rig(t);
  await it.defineGunicorn('asked');
  await it.ok('daemon', 'start');
  const command = it.begin('start', 'asked');
  await until(() => it.children('asked').length > 0, 'the first process');
  command.kill('SIGKILL');
  await until(async () => (await it.process('asked')).state === 'running', 'the app to run');
  t.pass();
});

test('twenty commands at once start one supervisor and one copy of each app', async (t) => {
  const it = rig(t);
  await it.defineGunicorn('one');
  await it.define('two', '[programs.queue]\ncommand = "sleep 600"\n');
  const runs = await Promise.all(
    Array.from({length: 20}, async (_, i) => await it.appsup('start', i % 2 === 0 ? 'one' : 'two')),
  );
  t.deepEqual(
    runs.map(({code}) => code),
    Array.from({length: 20}, () => 0),
    runs.map(({stderr}) => stderr).join(''),
  );
  t.is(it.children('one').length, 3);
  t.is(it.children('two').length, 1);
});

test('a broken file of one app is reported and touches no other, nor what runs of it', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('sound');
  await it.defineGunicorn('broken');
  await it.ok('start', 'all');
  const pids = [await it.pid('sound'), await it.pid('broken')];
  const file = path.join(it.paths.apps, 'broken.toml');
  writeFileSync(file, `${readFileSync(file, 'utf8')}stop_singal = "INT"\n`);
  const check = await it.appsup('check');
  t.is(check.code, 1);
  t.regex(
    check.stdout + check.stderr,
    /broken\.toml:\d+:1 Unknown key "stop_singal": did you mean "stop_signal"\?/,
  );
  t.is((await it.appsup('restart', 'broken')).code, 1);
  await it.ok('restart', 'sound');
  t.is(await it.pid('broken'), pids[1] as number);
  killQuietly(it.supervisorPid() as number);
  await it.ok('daemon', 'start');
  t.is(await it.pid('broken'), pids[1] as number);
  t.is((await get(port, '/sound/')).status, 200);
  t.regex((await it.app('broken')).problems.join('\n'), /stop_singal/);
  await it.ok('stop', 'broken');
});

test('garbled and truncated state files are named and cost nothing but themselves', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('garbled');
  await it.ok('start', 'garbled');
  killQuietly(it.supervisorPid() as number);
  writeFileSync(path.join(it.paths.processes, 'garbled.web.json'), '{"version":1,"proc');
  writeFileSync(path.join(it.paths.desired, 'other.json'), '\u0000\u0001');
  await it.ok('daemon', 'start');
  await until(async () => (await it.process('garbled')).state === 'running', 'the app to run');
  t.is((await get(port, '/garbled/')).status, 200);
  t.is(it.children('garbled').length, 3);
  t.regex(it.diary(), /a damaged state file is ignored/);
});

test('a deleted control socket and a stale one heal', async (t) => {
  const it = rig(t);
  await it.define('plain', '[programs.queue]\ncommand = "sleep 600"\n');
  await it.ok('start', 'plain');
  rmSync(it.paths.socket);
  await until(() => existsSync(it.paths.socket), 'a new socket');
  t.is((await it.process('plain', 'queue')).state, 'running');
  killQuietly(it.supervisorPid() as number);
  t.true(existsSync(it.paths.socket));
  await it.ok('start', 'plain');
  t.is((await it.process('plain', 'queue')).state, 'running');
});

test('a supervisor that is stopped in its tracks is not felt by an app that prints more than any pipe holds', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('printing', '', CHATTY);
  await it.ok('start', 'printing');
  const supervisor = it.supervisorPid() as number;
  process.kill(supervisor, 'SIGSTOP');
  t.teardown(() => killQuietly(supervisor, 'SIGCONT'));
  const {worker} = await pidsBehind(port, '/printing');
  const load = new Load(port, '/printing/');
  t.teardown(async () => await load.stop());
  await load.answers(500);
  await load.stop();
  t.deepEqual(load.failures, []);
  // Its master does not need us either.
  process.kill(worker, 'SIGKILL');
  await until(() => !alive(worker), 'the end of the worker');
  for (let i = 0; i < 20; i++) t.is((await get(port, '/printing/')).status, 200);
  process.kill(supervisor, 'SIGCONT');
  t.is((await it.process('printing')).restarts, 0);
});

/** 8 KB for each request: a pipe holds 64 KB. */
const CHATTY = `import os
def application(environ, start_response):
    os.write(1, b"x" * 8191 + b"\\n")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("%d %d" % (os.getppid(), os.getpid())).encode()]
`;

test('a program that exits at once is tried six times in half a minute at most, and status says why', async (t) => {
  const it = rig(t);
  await it.define(
    'failing',
    '[programs.queue]\ncommand = "bash -c \'echo no such queue >&2; echo x >>starts; exit 1\'"\n',
  );
  const start = await it.appsup('start', 'failing');
  t.is(start.code, 7);
  t.regex(start.stdout + start.stderr, /no such queue/);
  const status = await it.appsup('status');
  t.is(status.code, 3);
  t.regex(status.stdout, /backoff.*exit 1: no such queue/);
  t.true(readFileSync(path.join(it.home, 'failing/starts'), 'utf8').length / 2 <= 6);
  await it.ok('stop', 'failing');
});

test('a planned restart of the supervisor hands its sockets over: same processes, no visitor refused, and restarts after it drop nothing', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('handed');
  const {port: closed} = await it.defineGunicorn('closed');
  await it.ok('start', 'all');
  await it.ok('stop', 'closed');
  const [pid, supervisor] = [await it.pid('handed'), it.supervisorPid()];
  const load = new Load(port, '/handed/');
  await load.answers(50);
  for (let round = 0; round < 3; round++) await it.ok('daemon', 'restart');
  t.not(it.supervisorPid(), supervisor);
  t.is(await it.pid('handed'), pid);
  t.is((await get(closed, '/closed/')).status, 503);
  t.regex(await it.ok('restart', 'handed'), /nothing dropped/);
  await load.answers(50);
  await load.stop();
  t.deepEqual(load.failures, []);
  await it.ok('start', 'closed');
  t.is((await get(closed, '/closed/')).status, 200);
});
