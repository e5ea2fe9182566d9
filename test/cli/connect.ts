import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {summonSupervisor} from '../../src/cli/connect.ts';
import {startSupervisor} from '../../src/cli/start-supervisor.ts';
import {supervisorEnvironment} from '../../src/cli/supervisor-environment.ts';
import {AppsupError} from '../../src/errors.ts';
import {isAlive, systemProc} from '../../src/system/proc.ts';
import {fakeSupervisor, infoOf, temporaryDirectory} from '../helpers/fake-supervisor.ts';

const gone = new AppsupError('SUPERVISOR_GONE', 'none is running', {details: {reached: false}});
const noPause = async (): Promise<void> => {};

/** A supervisor that answers from the `after`th question on. */
function answering(after: number) {
  let asked = 0;
  return fakeSupervisor({
    async info() {
      if (++asked < after) throw gone;
      return infoOf();
    },
  });
}

test('summonSupervisor() starts none when one answers', async (t) => {
  await summonSupervisor(
    () => answering(1),
    async () => t.fail(),
    noPause,
  );
  t.pass();
});

test('summonSupervisor() starts one when none answers', async (t) => {
  let started = 0;
  await summonSupervisor(
    () => answering(2),
    async () => void started++,
    noPause,
  );
  t.is(started, 1);
});

test('summonSupervisor() waits for the one that another command starts', async (t) => {
  const refused = async (): Promise<void> => {
    throw new AppsupError('SUPERVISOR_RUNS', 'another one runs');
  };
  const api = await summonSupervisor(() => answering(5), refused, noPause);
  t.is((await api.info()).pid, 4242);
  await t.throwsAsync(
    summonSupervisor(() => answering(Infinity), refused, noPause),
    {
      code: 'SUPERVISOR_START',
      message: /one holds the lock, but none answers/,
    },
  );
});

test('summonSupervisor() passes on what is not an absence', async (t) => {
  const api = fakeSupervisor({
    info: async () => {
      throw new AppsupError('TIMEOUT', 'silent');
    },
  });
  await t.throwsAsync(
    summonSupervisor(
      () => api,
      async () => t.fail(),
      noPause,
    ),
    {code: 'TIMEOUT'},
  );
});

/** A stand-in for the supervisor's program; `env` shows what it was given. */
async function start(
  t: ExecutionContext,
  script: string,
  limitMs?: number,
): Promise<{readonly state: string; readonly done: Promise<void>}> {
  const home = temporaryDirectory(t);
  const daemon = path.join(home, 'appsupd.cjs');
  const state = path.join(home, 'state');
  writeFileSync(daemon, script);
  const env = supervisorEnvironment(
    {...process.env, HOME: home, APPSUP_STATE_DIR: state},
    {username: 'alice', uid: 1000, homedir: home, shell: null},
  );
  const limit = limitMs === undefined ? {} : {limitMs};
  return {state, done: startSupervisor({paths: {state, home}, daemon, env, ...limit})};
}

test('startSupervisor() returns when it is ready, and leaves it running in a session of its own', async (t) => {
  const script = `
    require('node:fs').writeFileSync(process.env.APPSUP_STATE_DIR + '/it.json', JSON.stringify({pid: process.pid, env: process.env, cwd: process.cwd()}));
    process.stderr.write('a word\\n');
    require('node:fs').writeSync(3, 'ready\\n');
    setTimeout(() => {}, 60_000);`;
  const {state, done} = await start(t, script);
  await done;
  const it = JSON.parse(readFileSync(path.join(state, 'it.json'), 'utf8')) as {
    pid: number;
    env: Record<string, string>;
    cwd: string;
  };
  t.teardown(() => process.kill(it.pid, 'SIGKILL'));
  const stat = systemProc.stat(it.pid);
  t.true(stat !== undefined && isAlive(stat));
  t.is(stat?.session, it.pid);
  t.is(it.cwd, path.dirname(state));
  t.deepEqual(Object.keys(it.env).sort(), [
    'APPSUP_READY_FD',
    'APPSUP_STATE_DIR',
    'HOME',
    'LANG',
    'LOGNAME',
    'PATH',
    'SHELL',
    'USER',
  ]);
  t.is(readFileSync(path.join(state, 'boot.log'), 'utf8'), 'a word\n');
});

test('startSupervisor() passes on the supervisor’s own reason', async (t) => {
  const record = JSON.stringify({code: 'SUPERVISOR_RUNS', message: 'Another one runs', hint: 'wait'});
  const {done} = await start(t, `require('node:fs').writeSync(3, ${JSON.stringify(`error ${record}\n`)})`);
  const error = await t.throwsAsync(done, {instanceOf: AppsupError, code: 'SUPERVISOR_RUNS'});
  t.is(error?.hint, 'wait');
});

test('startSupervisor() shows the last words of one that dies', async (t) => {
  const {done} = await start(t, `throw new TypeError('no such thing')`);
  await t.throwsAsync(done, {code: 'SUPERVISOR_START', message: /TypeError: no such thing/});
  const silent = await start(t, '');
  await t.throwsAsync(silent.done, {code: 'SUPERVISOR_START', message: /it ended without a word/});
});

test('startSupervisor() does not wait for ever', async (t) => {
  const {state, done} = await start(
    t,
    `require('node:fs').writeFileSync(process.env.APPSUP_STATE_DIR + '/pid', String(process.pid)); setTimeout(() => {}, 60_000);`,
    2000,
  );
  await t.throwsAsync(done, {code: 'SUPERVISOR_START', message: /not ready within 2 s/});
  if (existsSync(path.join(state, 'pid')))
    process.kill(Number(readFileSync(path.join(state, 'pid'), 'utf8')), 'SIGKILL');
});

test('startSupervisor() says when its program is gone', async (t) => {
  const state = temporaryDirectory(t);
  await t.throwsAsync(
    startSupervisor({paths: {state, home: state}, daemon: '/nowhere/appsupd.cjs', env: {}}),
    {
      code: 'SUPERVISOR_START',
      message: /there is no \/nowhere\/appsupd\.cjs/,
    },
  );
});

test('supervisorEnvironment() is the same from every shell', (t) => {
  const account = {username: 'alice', uid: 1000, homedir: '/home/alice', shell: '/bin/zsh'};
  t.deepEqual(
    supervisorEnvironment(
      {
        PATH: '/odd',
        LANG: 'de_DE',
        SECRET: 'x',
        APPSUP_MARK: 'm',
        APPSUP_READY_FD: '9',
        APPSUP_HANDED_OVER: '3',
        XDG_STATE_HOME: '/s',
        XDG_RUNTIME_DIR: '/run/user/1',
      },
      account,
    ),
    {
      HOME: '/home/alice',
      USER: 'alice',
      LOGNAME: 'alice',
      SHELL: '/bin/zsh',
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
      LANG: 'C.UTF-8',
      XDG_STATE_HOME: '/s',
    },
  );
});
