import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {makeAccount, noAccounts} from '../helpers/account.ts';
import {freePort} from '../helpers/free-port.ts';
import {signal} from '../helpers/processes.ts';
import {ROOT, Rig, alive, get, killQuietly, until} from '../helpers/rig.ts';
import {makeSmallDisk, noSmallDisk} from '../helpers/small-disk.ts';
import type {SmallDisk} from '../helpers/small-disk.ts';
import {Tenant} from '../helpers/tenant.ts';
import {testWith, toolPath} from '../helpers/tools.ts';

function rig(t: ExecutionContext, env: Readonly<Record<string, string>> = {}): Rig {
  const made = Rig.create(env);
  t.teardown(async () => {
    const left = await made.clean();
    if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
  });
  return made;
}

/** Says its master's pid, and prints nothing: what prints to a full disk is in trouble by itself. */
const QUIET = `import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getppid()).encode()]
`;

function testOnDisk(
  title: string,
  check: (t: ExecutionContext, it: Rig, disk: SmallDisk) => Promise<void>,
): void {
  if (noSmallDisk !== undefined) {
    test.skip(`${title} (skipped, ${noSmallDisk})`, () => undefined);
    return;
  }
  test.serial(title, async (t) => {
    const disk = makeSmallDisk();
    t.teardown(() => disk.remove());
    await check(t, rig(t, {APPSUP_STATE_DIR: path.join(disk.directory, 's')}), disk);
  });
}

testOnDisk(
  'C14 a full disk stops nothing: what runs serves, what dies comes back, and a command says that the disk is full',
  async (t, it, disk) => {
    const {port} = await it.defineGunicorn('full', '', QUIET);
    await it.define('other', '[programs.queue]\ncommand = "sleep 600"\n');
    await it.ok('start', 'all');
    const other = await it.pid('other', 'queue');
    const first = await it.pid('full');
    disk.fill();
    t.is((await get(port, '/full/')).body, String(first));
    const stop = await it.appsup('stop', 'full');
    t.is(stop.code, 1);
    t.regex(
      stop.stderr,
      /^Cannot write .*apps\/full\.json: the disk is full\n {2}hint: make room: df -h shows where/m,
    );
    t.is(await it.pid('full'), first);
    process.kill(first, 'SIGKILL');
    await until(async () => {
      const {state, pid} = await it.process('full');
      return state === 'running' && pid !== first;
    }, 'a new master');
    t.is((await get(port, '/full/')).status, 200);

    killQuietly(it.supervisorPid() as number);
    await it.ok('daemon', 'start');
    await until(async () => (await it.process('full')).state === 'running', 'the app to run');
    t.is(it.children('full').length, 3);
    t.is((await get(port, '/full/')).body, String(await it.pid('full')));
    t.is(await it.pid('other', 'queue'), other);

    disk.free();
    t.regex(await it.ok('restart', 'full'), /nothing dropped/);
    killQuietly(it.supervisorPid() as number);
    await it.ok('daemon', 'start');
    t.is((await it.status()).supervisor.adopted, 2);
    await it.ok('stop', 'all');
    t.deepEqual(it.children(), []);
  },
);

/**
 * For `node --require`: while there is a file `used-up` in the home, whatever takes room in the state directory is refused as by a
 * quota. Hardly any machine of tests has a file system with one; the program and what it does about it are real.
 */
const QUOTA = `
const fs = require('node:fs');
const {APPSUP_STATE_DIR: state, HOME: home} = process.env;
const refuse = (name, isMeant) => {
  const real = fs[name];
  fs[name] = (...args) => {
    if (!isMeant(args) || !fs.existsSync(home + '/used-up')) return real(...args);
    throw Object.assign(new Error('EDQUOT: disk quota exceeded, ' + name), {code: 'EDQUOT', syscall: name, errno: -122});
  };
};
const isOurs = (file) => typeof file === 'string' && file.startsWith(state + '/');
if (home !== undefined && state !== undefined) {
  for (const name of ['writeSync', 'writeFileSync', 'appendFileSync']) {
    refuse(name, ([target]) => isOurs(typeof target === 'number' ? fs.readlinkSync('/proc/self/fd/' + target) : target));
  }
}
`;

test('a quota that is used up stops nothing: what runs serves, what dies comes back, and a command says what to do', async (t) => {
  const home = mkdtempSync(path.join(tmpdir(), 'as-quota-'));
  t.teardown(() => rmSync(home, {recursive: true}));
  const preload = path.join(home, 'quota.cjs');
  writeFileSync(preload, QUOTA);
  const it = rig(t, {APPSUP_STATE_DIR: path.join(home, 's')});
  const {port} = await it.defineGunicorn('over', '', QUIET);
  const supervisor = spawn(process.execPath, ['--require', preload, path.join(ROOT, 'bin/appsupd')], {
    env: it.env,
    stdio: 'ignore',
    detached: true,
  });
  supervisor.unref();
  await until(async () => (await it.appsup('daemon', 'status')).code === 0, 'the supervisor');
  await it.ok('start', 'over');
  const first = await it.pid('over');
  const usedUp = path.join(it.home, 'used-up');
  writeFileSync(usedUp, '');
  const stop = await it.appsup('stop', 'over');
  t.is(stop.code, 1);
  t.regex(
    stop.stderr,
    /^Cannot write .*apps\/over\.json: your disk quota is used up\n {2}hint: make room: quota -s shows it/m,
  );
  t.is((await get(port, '/over/')).body, String(first));
  process.kill(first, 'SIGKILL');
  await until(async () => {
    const {state, pid} = await it.process('over');
    return state === 'running' && pid !== first;
  }, 'a new master');
  t.is((await get(port, '/over/')).status, 200);
  await until(() => it.children('over').length === 3, 'one master with two workers');
  rmSync(usedUp);
  await it.ok('stop', 'over');
  t.deepEqual(it.children(), []);
});

function testWithTenant(title: string, check: (t: ExecutionContext, tenant: Tenant) => Promise<void>): void {
  if (noAccounts !== undefined) {
    test.skip(`${title} (skipped, ${noAccounts})`, () => undefined);
    return;
  }
  test.serial(title, async (t) => {
    const tenant = await Tenant.create();
    t.teardown(async () => await tenant.remove());
    await check(t, tenant);
  });
}

testWithTenant(
  'C14 a home that can no longer be written stops nothing, and every command says so',
  async (t, tenant) => {
    const {account} = tenant;
    tenant.write('site/wsgi.py', QUIET, 0o644);
    await tenant.ok('add', path.join(account.home, 'site'));
    await tenant.ok('start', 'site');
    const {port = 0, mount} = await tenant.app('site');
    const supervisor = (await tenant.status()).supervisor.pid;
    const close = async (mode: string) => await account.ok(`find ~ -type d -print0 | xargs -0 chmod ${mode}`);
    await close('u-w');
    t.is((await get(port, `${mount}/`)).status, 200);
    for (const verb of ['stop', 'restart', 'start']) {
      const {code, stderr} = await tenant.appsup(verb, 'site');
      t.is(code, 1, `${verb}: ${stderr}`);
      t.regex(stderr, /^Cannot write .*apps\/site\.json: permission denied/m);
    }
    // A server that dies cannot be given its socket's file now; it comes as soon as that can be made.
    const [master = 0] = Object.values(await tenant.pids());
    signal(master, 'SIGKILL');
    const processOf = async () => (await tenant.app('site')).processes[0];
    await until(async () => (await processOf())?.state === 'backoff', 'the reason why it cannot be started');
    t.regex((await processOf())?.reason ?? '', /^Cannot .*: (permission denied|EACCES)/);
    t.is((await get(port, `${mount}/`)).status, 503);
    await close('u+w');
    await until(async () => (await processOf())?.state === 'running', 'the app to run');
    await close('u-w');
    t.is((await tenant.status()).supervisor.pid, supervisor);

    // A supervisor that cannot write even its socket cannot be had; that it says, and the app serves on.
    signal(supervisor, 'SIGKILL');
    const {code, stderr} = await tenant.appsup('daemon', 'start');
    t.is(code, 1);
    t.regex(stderr, /^Cannot .*: (permission denied|EACCES)/m);
    t.notRegex(stderr, /^ {4}at /m);
    t.is((await get(port, `${mount}/`)).status, 200);
    await close('u+w');
    await tenant.ok('restart', 'site');
    t.is((await get(port, `${mount}/`)).status, 200);
    await tenant.ok('daemon', 'stop');
  },
);

test('C14 a log directory that is gone is made again at the next start, what runs goes on, and the supervisor with it', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('logless');
  await it.define('other', '[programs.queue]\ncommand = "sleep 600"\n');
  await it.ok('start', 'all');
  const [supervisor, other] = [it.supervisorPid(), await it.pid('other', 'queue')];
  rmSync(it.paths.logs, {recursive: true});
  t.is((await get(port, '/logless/')).status, 200);
  t.is((await it.process('logless')).state, 'running');
  t.not((await it.appsup('logs', 'logless')).code, -1);
  const first = await it.pid('logless');
  process.kill(first, 'SIGKILL');
  await until(
    async () => (await it.process('logless')).state === 'running' && (await it.pid('logless')) !== first,
    'a new master',
  );
  t.is((await get(port, '/logless/')).status, 200);
  t.regex(await it.ok('logs', 'logless'), /request \//);
  t.is(it.supervisorPid(), supervisor);
  t.is(await it.pid('other', 'queue'), other);
  // Nor can it be made: the message says so, and the others go on.
  rmSync(path.join(it.paths.logs, 'logless'), {recursive: true});
  writeFileSync(path.join(it.paths.logs, 'logless'), 'in the way');
  const {code, stdout, stderr} = await it.appsup('restart', 'logless');
  t.is(code, 1);
  t.regex(stdout + stderr, /logs\/logless/);
  t.is((await get(port, '/logless/')).status, 200);
  t.is(it.supervisorPid(), supervisor);
  t.is(await it.pid('other', 'queue'), other);
});

test('a log file that is deleted is written again from the next restart on', async (t) => {
  const it = rig(t);
  const {port} = await it.defineGunicorn('unlogged');
  await it.ok('start', 'unlogged');
  const log = path.join(it.paths.logs, 'unlogged/web.log');
  rmSync(log);
  t.is((await get(port, '/unlogged/')).status, 200);
  await it.ok('restart', 'unlogged');
  t.is((await get(port, '/unlogged/')).status, 200);
  await until(
    () => existsSync(log) && readFileSync(log, 'utf8').includes('request /'),
    'a line in the new log',
  );
  t.is(statSync(log).mode & 0o777, 0o600);
  t.is(it.children('unlogged').length, 3);
});

/** `LD_PRELOAD` for a supervisor whose clock is set by a file; only the wall clock, as with date(1). */
function fakeTime(file: string): Readonly<Record<string, string>> {
  const {stdout} = spawnSync(toolPath('faketime'), ['-f', '+0', '/usr/bin/env'], {encoding: 'utf8'});
  const library = /^LD_PRELOAD=(.+)$/m.exec(stdout)?.[1];
  if (library === undefined) throw new Error(`faketime sets no LD_PRELOAD:\n${stdout}`);
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

testWith(
  ['faketime'],
  'a clock that is set forward and back by a day ends nothing, delays nothing, and starts nothing twice',
  async (t) => {
    const it = rig(t);
    const clock = path.join(it.home, 'clock');
    const set = (offset: string) => writeFileSync(clock, `${offset}\n`);
    set('+0');
    const {port} = await it.defineGunicorn('timed');
    await it.define(
      'failing',
      '[programs.queue]\ncommand = "bash -c \'exit 1\'"\nbackoff = "2s"\nbackoff_cap = "2s"\ngive_up = "never"\n',
    );
    await it.define('old', '[programs.queue]\ncommand = "sleep 600"\nlimits = { lifetime = "6h" }\n');
    const supervise = async () => {
      const supervisor = spawn(process.execPath, [path.join(ROOT, 'bin/appsupd')], {
        env: {...it.env, ...fakeTime(clock)},
        stdio: 'ignore',
        detached: true,
      });
      supervisor.unref();
      await until(async () => (await it.appsup('daemon', 'status')).code === 0, 'the supervisor');
    };
    await supervise();
    await it.ok('start', 'timed', 'old');
    await it.appsup('start', 'failing');
    const [master, old] = [await it.pid('timed'), await it.pid('old', 'queue')];
    const since = (await it.status()).supervisor.since;
    for (const offset of ['+86400', '-86400', '+0']) {
      set(offset);
      const before = (await it.process('failing', 'queue')).restarts;
      await until(
        async () => (await it.process('failing', 'queue')).restarts >= before + 2,
        `two more tries at ${offset}`,
      );
      t.deepEqual([await it.pid('timed'), await it.pid('old', 'queue')], [master, old]);
      t.is((await get(port, '/timed/')).status, 200);
    }
    // A restart counts its moments by the clock that nobody sets; its mark is never one that was there.
    let serving = master;
    for (const offset of ['-86400', '+86400']) {
      set(offset);
      t.regex(await it.ok('restart', 'timed'), /nothing dropped/);
      t.not(await it.pid('timed'), serving);
      serving = await it.pid('timed');
    }
    // The supervisor that comes tomorrow, and the one that came yesterday, adopt what runs, and it is no older than it is.
    for (const offset of ['+86400', '-86400']) {
      set(offset);
      killQuietly(it.supervisorPid() as number);
      await supervise();
      const restarts = (await it.process('failing', 'queue')).restarts;
      await until(async () => (await it.process('failing', 'queue')).restarts > restarts, 'another try');
      t.deepEqual([await it.pid('timed'), await it.pid('old', 'queue')], [serving, old]);
      t.true(
        Math.abs((await it.status()).supervisor.since - since) > 43_200_000,
        'the clock of the supervisor was not set',
      );
    }
    t.is(it.children('timed').length, 3);
    t.is(it.children('old').length, 1);
  },
);

/** Listens as another account; its end is the caller's. */
const SQUATTER = `import os, signal, socket, sys
os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); print("up", flush=True)
signal.pause()
`;

/** Takes its time before it binds, as an application that loads long. */
const SLOW_BIND = `import http.server, os, time
while not os.path.exists("go"): time.sleep(0.05)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
`;

(noAccounts === undefined ? test : test.skip)(
  'a port that another user takes between the check and the bind is not fought for, and had as soon as it is free',
  async (t) => {
    const it = rig(t);
    const account = await makeAccount();
    t.teardown(async () => await account.remove());
    const program =
      '[programs.web]\ncommand = "/usr/bin/python3 slow.py"\nlisten = "port"\nready_timeout = "20s"\nbackoff = "500ms"\nbackoff_cap = "500ms"\ngive_up = "never"\nhealth = { path = "/" }\n';
    const {port, directory} = await it.define('slow', program, {'slow.py': SLOW_BIND});
    await it.ok('start', 'slow', '--no-wait');
    await until(() => it.children('slow').length === 1, 'the program, before it binds');
    const squatter = spawn('/usr/bin/python3', ['-c', SQUATTER, String(port), String(account.uid)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.teardown(() => squatter.kill('SIGKILL'));
    await once(squatter.stdout, 'data');
    writeFileSync(path.join(directory, 'go'), '');
    await until(
      async () => /Address already in use/.test((await it.process('slow')).reason ?? ''),
      'the reason in status',
    );
    t.true(alive(squatter.pid as number));
    t.not((await it.process('slow')).state, 'running');
    squatter.kill('SIGKILL');
    await once(squatter, 'exit');
    await until(async () => (await it.process('slow')).state === 'running', 'the program to run');
  },
);

test('a server that never gets ready is ended in time, tried again, and says what it answered', async (t) => {
  const it = rig(t);
  const code =
    'def application(environ, start_response):\n    start_response("503 Not Yet", [])\n    return [b""]\n';
  const {port} = await it.defineGunicorn(
    'never',
    'ready_timeout = "3s"\nstop_timeout = "2s"\nhealth = { path = "/" }\n',
    code,
  );
  const {code: ended, stdout, stderr} = await it.appsup('start', 'never');
  t.is(ended, 7);
  t.regex(stdout + stderr, /not ready within 3 s: \/never\/ answers 503/);
  await until(async () => (await it.process('never')).restarts >= 2, 'further tries');
  t.regex(
    (await it.process('never')).reason ?? '',
    /^not ready within 3 s: \/never\/ answers 503$|^\/never\/ answers 503$/,
  );
  t.true(it.children('never').length <= 3);
  await it.ok('stop', 'never');
  t.deepEqual(it.children('never'), []);
  t.is((await get(port, '/never/')).status, 503);
});

test('programs that close their output and leave zombies run, restart and stop like others', async (t) => {
  const it = rig(t);
  await it.define(
    'odd',
    '[programs.mute]\ncommand = "/usr/bin/python3 mute.py"\n[programs.zombies]\ncommand = "/usr/bin/python3 zombies.py"\n',
    {
      'mute.py': 'import os, time\nfor fd in (0, 1, 2): os.close(fd)\ntime.sleep(600)\n',
      // Its children end, and it never looks.
      'zombies.py':
        'import os, time\nfor _ in range(20):\n    if os.fork() == 0: os._exit(0)\nopen("ready", "w").close()\ntime.sleep(600)\n',
    },
  );
  await it.ok('start', 'odd');
  await until(() => existsSync(path.join(it.home, 'odd/ready')), 'the zombies');
  const before = it.children('odd');
  t.is(before.length, 2);
  await it.ok('restart', 'odd');
  t.false(before.some(alive));
  t.is(it.children('odd').length, 2);
  await it.ok('logs', 'odd');
  await it.ok('stop', 'odd');
  t.deepEqual(it.children('odd'), []);
});

test('200 MB of output go past the supervisor: it stays as small as it was, and the last lines are at hand', async (t) => {
  const it = rig(t);
  const {directory} = await it.define('loud', '[programs.queue]\ncommand = "/usr/bin/python3 loud.py"\n', {
    'loud.py': `import os, time
line = b"x" * 99 + b"\\n"
for _ in range(200): os.write(1, line * 10000)
os.write(1, b"that was all\\n")
open("done", "w").close()
time.sleep(600)
`,
  });
  await it.ok('daemon', 'start');
  const supervisor = it.supervisorPid() as number;
  const residentMb = () =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${supervisor}/status`, 'utf8'))?.[1]) / 1024;
  await it.status();
  const before = residentMb();
  await it.ok('start', 'loud');
  let most = before;
  await until(
    () => {
      most = Math.max(most, residentMb());
      return existsSync(path.join(directory, 'done'));
    },
    'the end of the output',
    120_000,
  );
  t.true(most - before < 100, `the supervisor had ${before} MB, then ${most}`);
  t.regex(await it.ok('logs', 'loud', '-n', '3'), /that was all/);
  const pid = await it.pid('loud', 'queue');
  process.kill(pid, 'SIGKILL');
  await until(async () => (await it.process('loud', 'queue')).restarts === 1, 'a new process');
  await it.ok('stop', 'loud');
});

/** A database that comes when it is told to. */
async function lateDatabase(t: ExecutionContext): Promise<{readonly port: number; come(): Promise<void>}> {
  const port = await freePort();
  return {
    port,
    async come() {
      const server = net
        .createServer((socket) => socket.on('error', () => undefined).end())
        .listen(port, '127.0.0.1');
      await once(server, 'listening');
      t.teardown(() => server.close());
    },
  };
}

test('C5 a program that comes after a database waits for it without a process, and starts when it answers', async (t) => {
  const it = rig(t);
  const database = await lateDatabase(t);
  const {port} = await it.defineGunicorn('patient', `after = ["tcp://127.0.0.1:${database.port}"]\n`);
  await it.ok('start', 'patient', '--no-wait');
  await until(
    async () => (await it.process('patient')).reason === `waits for tcp://127.0.0.1:${database.port}`,
    'the reason in status',
  );
  t.deepEqual(it.children('patient'), []);
  t.is((await get(port, '/patient/')).status, 503);
  await database.come();
  await until(async () => (await it.process('patient')).state === 'running', 'the app to run');
  t.is((await it.process('patient')).restarts, 0);
  t.is((await get(port, '/patient/')).status, 200);
});

test('C5 after a boot an app that fails without its database is tried until the database is there, however seldom it may fail otherwise', async (t) => {
  const it = rig(t);
  const database = await lateDatabase(t);
  const needy = `import socket\nsocket.create_connection(("127.0.0.1", ${database.port})).close()\n${QUIET}`;
  const limits = 'give_up = 2\nbackoff = "200ms"\nbackoff_cap = "500ms"\n';
  // One worker: two that fail at once end gunicorn in the middle of its own end, and its last words are of that.
  const toml = `[programs.web]\ngunicorn = "wsgi:application"\nworkers = 1\n${limits}`;
  const {port} = await it.define('needy', toml, {'wsgi.py': needy});
  // By hand: it is given up, with the reason.
  const {code, stdout, stderr} = await it.appsup('start', 'needy');
  t.is(code, 7);
  t.regex(stdout + stderr, /ConnectionRefusedError/);
  await until(async () => (await it.process('needy')).state === 'fatal', 'the app to be given up');

  // A boot: nothing of the user's lives, and the supervisor comes before the database.
  killQuietly(it.supervisorPid() as number);
  await until(() => it.supervisorPid() === undefined, 'the end of the supervisor');
  await it.ok('daemon', 'start');
  await until(
    async () => {
      const {state, restarts} = await it.process('needy');
      t.not(state, 'fatal');
      return restarts >= 5;
    },
    'more tries than by hand',
    60_000,
  );
  t.regex((await it.process('needy')).reason ?? '', /ConnectionRefusedError/);
  await database.come();
  await until(async () => (await it.process('needy')).state === 'running', 'the app to run');
  t.is((await get(port, '/needy/')).body, String(await it.pid('needy')));
});
