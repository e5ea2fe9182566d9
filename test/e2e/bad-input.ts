import {spawnSync} from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {createConnection} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {noAccounts} from '../helpers/account.ts';
import {denyCron, noCron} from '../helpers/cron.ts';
import {freePort} from '../helpers/free-port.ts';
import {get, killQuietly, Rig, ROOT, until} from '../helpers/rig.ts';
import type {Run} from '../helpers/rig.ts';
import {run} from '../helpers/run.ts';
import {makeSmallDisk, noSmallDisk} from '../helpers/small-disk.ts';
import {Tenant} from '../helpers/tenant.ts';
import {testWith} from '../helpers/tools.ts';

/** A home with an app that runs, and has to go on doing so, whatever else goes wrong. */
interface World {
  readonly rig: Rig;
  /** Fails unless the app is served by the same processes as in the beginning. */
  readonly soundIsUntouched: () => Promise<void>;
}

async function world(t: ExecutionContext, env: Readonly<Record<string, string>> = {}): Promise<World> {
  const rig = Rig.create(env);
  t.teardown(async () => void (await rig.clean()));
  const {port} = await rig.defineGunicorn('sound');
  await rig.ok('start', 'sound');
  // The first worker answers; the second one may not be there yet.
  await until(() => rig.children('sound').length === 3, 'a master and its two workers');
  const [pids, supervisor] = [rig.children('sound'), rig.supervisorPid()];
  return {
    rig,
    async soundIsUntouched() {
      t.deepEqual([rig.children('sound'), rig.supervisorPid()], [pids, supervisor]);
      t.is((await get(port, '/sound/')).status, 200);
    },
  };
}

/** One error: what cannot be done and why, and below it what to do, and nothing else. */
function isOneError(
  t: ExecutionContext,
  {code, stdout, stderr}: Run,
  expected: {readonly code: number; readonly message: RegExp; readonly hint?: RegExp},
): void {
  t.is(code, expected.code, stdout + stderr);
  t.is(stdout, '');
  const [message = '', ...rest] = stderr.trimEnd().split('\n');
  t.regex(message, /^Cannot [^.]/);
  t.notRegex(message, /\.$/);
  t.regex(message, expected.message);
  const hint = rest.filter((line) => line.startsWith('  hint: '));
  if (expected.hint !== undefined) t.regex(hint.join('\n'), expected.hint, stderr);
  t.true(hint.length <= 1, stderr);
}

/** Make a directory with a WSGI app that nobody has added. */
function project(rig: Rig, name: string): string {
  const directory = path.join(rig.home, name);
  mkdirSync(directory, {recursive: true});
  writeFileSync(path.join(directory, 'wsgi.py'), 'def application(environ, start_response): ...\n');
  return directory;
}

function editFile(rig: Rig, app: string, edit: (text: string) => string): void {
  const file = path.join(rig.paths.apps, `${app}.toml`);
  writeFileSync(file, edit(readFileSync(file, 'utf8')));
}

testWith(
  ['gunicorn'],
  'a missing interpreter is named with the line to correct, and nothing else changes',
  async (t) => {
    const {rig, soundIsUntouched} = await world(t);
    await rig.defineGunicorn('snake');
    editFile(rig, 'snake', (text) => `python = "~/no-venv"\n${text}`);
    isOneError(t, await rig.appsup('start', 'snake'), {
      code: 7,
      message: /^Cannot start "snake:web": there is no Python at ~\/no-venv: it does not exist$/,
      hint: /correct python = "~\/no-venv": appsup edit snake$/,
    });
    const directory = project(rig, 'other');
    isOneError(t, await rig.appsup('add', directory, '--python', '~/no-venv'), {
      code: 1,
      message: /~\/no-venv/,
      hint: /--python takes the directory of a venv/,
    });
    t.false(existsSync(path.join(rig.paths.apps, 'other.toml')));
    await soundIsUntouched();
  },
);

testWith(
  ['gunicorn'],
  'a target that does not import shows the last lines of the traceback, and nothing else changes',
  async (t) => {
    const {rig, soundIsUntouched} = await world(t);
    const {directory} = await rig.defineGunicorn('trials', '', 'import os\nfrom tasks.trials import Trial\n');
    const {code, stdout, stderr} = await rig.appsup('start', 'trials');
    t.deepEqual([code, stdout], [7, '']);
    t.is(
      // gunicorn ends with 3, or with 1 when its second worker fails in the same moment.
      stderr.replace('exit 1', 'exit 3'),
      `trials:web did not start: exit 3: ModuleNotFoundError: No module named 'tasks'
    File "${directory}/wsgi.py", line 2, in <module>
      from tasks.trials import Trial
  ModuleNotFoundError: No module named 'tasks'
  hint: appsup logs trials:web --since 1m
`,
    );
    await rig.ok('stop', 'trials');
    // One worker: two that fail at once end gunicorn in the middle of its own end, and its last words are of that.
    await rig.define('typo', '[programs.web]\ngunicorn = "wsgi:application"\nworkers = 1\n', {
      'wsgi.py': 'app = None\n',
    });
    const typo = await rig.appsup('start', 'typo');
    t.is(typo.code, 7);
    t.regex(typo.stderr, /application/);
    await soundIsUntouched();
  },
);

testWith(
  ['gunicorn'],
  'an exhausted port range names what is on its ports, for a new app and for a start',
  async (t) => {
    const {rig, soundIsUntouched} = await world(t);
    const port = await freePort();
    writeFileSync(rig.paths.globalConfig, `ports = "${port}-${port}"\n`, {mode: 0o600});
    await rig.ok('add', project(rig, 'first'));
    const expected = {
      code: 1,
      message: new RegExp(
        `^Cannot lease a port for "second": none of ${port}-${port} is free: ${port} leased to "first"$`,
      ),
      hint: /give one back: appsup ports; or set a larger range in config\.toml/,
    };
    isOneError(t, await rig.appsup('add', project(rig, 'second')), expected);
    t.false(existsSync(path.join(rig.paths.apps, 'second.toml')));

    await rig.defineGunicorn('second');
    editFile(rig, 'second', (text) => text.replace(/^port = .*\n/m, ''));
    isOneError(t, await rig.appsup('start', 'second'), {...expected, code: 7});
    t.regex((await rig.appsup('status')).stderr, /second: Cannot lease a port for "second"/);
    await rig.ok('stop', 'second');
    writeFileSync(rig.paths.globalConfig, `ports = "${port}-${port + 20}"\n`, {mode: 0o600});
    await rig.ok('start', 'second');
    t.notRegex((await rig.appsup('status')).stderr, /Cannot lease/);
    await soundIsUntouched();
  },
);

testWith(
  ['gunicorn'],
  'a mount that another app has is refused for the newer one, and the older one goes on, now and at the next boot',
  async (t) => {
    const {rig, soundIsUntouched} = await world(t);
    isOneError(t, await rig.appsup('add', project(rig, 'another'), '--mount', '/sound'), {
      code: 1,
      message: /^Cannot add "another": the mount \/sound belongs to sound$/,
      hint: /--mount \/ANOTHER/,
    });
    // By hand it can be written; "another" comes before "sound" in every list.
    await rig.defineGunicorn('another');
    editFile(rig, 'another', (text) =>
      text.replace('/another"', '/sound"').replace(/^mount = .*$/m, 'mount = "/sound"'),
    );
    isOneError(t, await rig.appsup('start', 'another'), {
      code: 1,
      message: /^Cannot start "another": .*another\.toml:2:9 The mount \/sound belongs to sound$/,
      hint: /appsup check another/,
    });
    const check = await rig.appsup('check');
    t.is(check.code, 1);
    t.regex(check.stdout, /another\.toml:2:9 The mount \/sound belongs to sound/);
    await soundIsUntouched();
    await rig.ok('daemon', 'stop');
    await rig.ok('daemon', 'start');
    await until(async () => (await rig.process('sound')).state === 'running', 'the older app');
  },
);

/** What cannot be a name; each would be something else in a shell, a path or a crontab. */
const NAMES = ['a b', '../x', 'a;b', '-x', '.hidden', 'ü', 'a/b', 'a\nb', '$(id)', 'x'.repeat(64), ''];

testWith(
  ['gunicorn'],
  'names with other characters are refused by every verb before anything is asked or done',
  async (t) => {
    const {rig, soundIsUntouched} = await world(t);
    const directory = project(rig, 'fine');
    for (const name of NAMES) {
      isOneError(t, await rig.appsup('add', directory, `--name=${name}`), {code: 2, message: /^Cannot /});
      for (const verb of [
        'start',
        'stop',
        'restart',
        'status',
        'logs',
        'show',
        'env',
        'snippet',
        'check',
        'edit',
      ]) {
        if (name.startsWith('-') || (name === '' && verb === 'check')) continue;
        const {code, stdout, stderr} = await rig.appsup(verb, name);
        t.deepEqual([code, stdout], [2, ''], `${verb} ${JSON.stringify(name)}: ${stderr}`);
        t.regex(stderr, /^Cannot [^\n]+\n( {2}hint: [^\n]+\n)?$/);
      }
    }
    t.deepEqual(readdirSync(rig.paths.apps), ['sound.toml']);
    await soundIsUntouched();
    writeFileSync(path.join(rig.paths.apps, 'a b.toml'), 'directory = "/tmp"\n', {mode: 0o600});
    const {code, stdout} = await rig.appsup('check');
    t.is(code, 1);
    t.regex(stdout, /a b\.toml:1:1 Cannot use "a b" as an app's name/);
    await rig.ok('restart', 'sound');
    rmSync(path.join(rig.paths.apps, 'a b.toml'));
    t.is((await rig.process('sound')).state, 'running');
  },
);

test('words that are no command, option or app are refused with the nearest that is', async (t) => {
  const rig = Rig.create();
  t.teardown(async () => void (await rig.clean()));
  await rig.define('flasktasks', '[programs.queue]\ncommand = "sleep 600"\n');
  await rig.ok('daemon', 'start');
  const cases: readonly (readonly [string, number, RegExp, RegExp])[] = [
    ['statsu', 2, /^Cannot understand "statsu": no such command$/, /did you mean "appsup status"\?$/],
    ['status --jsno', 2, /^Cannot understand "--jsno"/, /did you mean "--json"\?$/],
    ['boot instal', 2, /^Cannot understand "instal"/, /did you mean "appsup boot install"\?$/],
    ['snippet flasktasks --front apach', 2, /front end "apach"/, /did you mean "--front apache"\?$/],
    ['start', 2, /something is missing/, /appsup start APP/],
    ['version now', 2, /one word too many/, /appsup version/],
    ['start flasktsks', 1, /^Cannot find the app "flasktsks"$/, /did you mean "flasktasks"\?$/],
    ['status flasktsks', 4, /^Cannot find the app "flasktsks"$/, /did you mean "flasktasks"\?$/],
    ['show flasktsks', 1, /there is no such app$/, /did you mean "flasktasks"\?$/],
    ['logs flasktsks', 1, /there is no such app$/, /did you mean "flasktasks"\?$/],
    [
      'start flasktasks:web',
      1,
      /^Cannot find the program "web" in flasktasks$/,
      /programs of flasktasks: queue$/,
    ],
  ];
  for (const [line, code, message, hint] of cases) {
    const ran = await rig.appsup(...line.split(' '));
    isOneError(t, ran, {code, message, hint});
    const json = await rig.appsup(...line.split(' '), '--json');
    t.deepEqual([json.code, json.stderr], [code, ''], line);
    const answer = JSON.parse(json.stdout) as {
      ok: boolean;
      error: {code: string; message: string; hint: string};
    };
    t.false(answer.ok);
    t.regex(answer.error.code, /^[A-Z_]+$/);
    t.is(`${answer.error.message}\n  hint: ${answer.error.hint}\n`, ran.stderr, line);
  }
  t.deepEqual(rig.children(), []);
});

test('a state directory whose sockets would have too long a path is refused with a shorter one, before anything is made', async (t) => {
  const home = mkdtempSync(path.join(tmpdir(), 'as-'));
  const deep = path.join(home, 'd'.repeat(100));
  // A rig knows its paths, and there are none here.
  const env = {HOME: home, PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, APPSUP_STATE_DIR: deep};
  t.teardown(() => rmSync(home, {recursive: true}));
  for (const words of [['status'], ['start', 'x'], ['daemon', 'start'], ['boot', 'install'], ['add', '.']]) {
    const ran = await run(process.execPath, [path.join(ROOT, 'bin/appsup'), ...words], env);
    isOneError(t, ran, {
      code: 1,
      message: /a socket's path may have 107 bytes, this one has \d{3}$/,
      hint: /export APPSUP_STATE_DIR=~\/\.appsup$/,
    });
  }
  const daemon = await run(process.execPath, [path.join(ROOT, 'bin/appsupd')], env);
  t.is(daemon.code, 1);
  t.regex(daemon.stderr, /^Cannot use .*107 bytes/);
  t.deepEqual(readdirSync(home), []);
});

const asRoot = process.getuid?.() === 0;

testWith(
  ['gunicorn'],
  `appsup ${asRoot ? 'works for root, whom it warns once' : 'says nothing of root to anybody else'}`,
  async (t) => {
    const rig = Rig.create();
    t.teardown(async () => void (await rig.clean()));
    await rig.defineGunicorn('first');
    await rig.defineGunicorn('second');
    const warnings: number[] = [];
    for (const words of [
      ['start', 'first'],
      ['start', 'second'],
      ['restart', 'first'],
    ]) {
      const {code, stderr} = await rig.appsup(...words);
      t.is(code, 0, stderr);
      warnings.push(stderr.split('\n').filter((line) => /^! .*\broot\b/.test(line)).length);
    }
    t.deepEqual(warnings, asRoot ? [1, 0, 0] : [0, 0, 0]);
  },
);

test('without a supervisor, status knows the files, says how to go on, and starts nothing', async (t) => {
  const rig = Rig.create();
  t.teardown(async () => void (await rig.clean()));
  await rig.define('calm', '[programs.queue]\ncommand = "sleep 600"\n');
  const {code, stdout, stderr} = await rig.appsup('status');
  t.is(code, 3);
  t.regex(stdout, /^calm +- +unknown/m);
  t.is(stderr, '! no supervisor is running: appsup start all, or appsup daemon start\n');
  t.deepEqual(JSON.parse((await rig.appsup('status', '--json')).stdout), {
    supervisor: null,
    apps: [{app: 'calm', processes: []}],
  });
  const daemon = await rig.appsup('daemon', 'status');
  t.is(daemon.code, 3);
  t.is(rig.supervisorPid(), undefined);
});

test('a supervisor that is stopped in its tracks is named by every command that needs it, with the way out', async (t) => {
  const rig = Rig.create();
  t.teardown(async () => void (await rig.clean()));
  await rig.define('calm', '[programs.queue]\ncommand = "sleep 600"\n');
  await rig.ok('start', 'calm');
  const pids = rig.children('calm');
  const supervisor = rig.supervisorPid() as number;
  process.kill(supervisor, 'SIGSTOP');
  t.teardown(() => killQuietly(supervisor, 'SIGCONT'));
  const [status, start, daemon] = await Promise.all([
    rig.appsup('status'),
    rig.appsup('start', 'calm'),
    rig.appsup('daemon', 'status'),
  ]);
  for (const ran of [status, start]) {
    t.true([1, 3, 7].includes(ran.code), String(ran.code));
    t.regex(ran.stderr, /^Cannot [^\n]*supervisor[^\n]*\n {2}hint: .*appsup daemon status/);
  }
  t.is(daemon.code, 3);
  t.regex(daemon.stderr, new RegExp(`is it stopped\\? kill -CONT ${supervisor}`));
  process.kill(supervisor, 'SIGCONT');
  await rig.ok('status');
  t.deepEqual([rig.children('calm'), rig.supervisorPid()], [pids, supervisor]);
});

/** Send bytes to the control socket as they are, and wait until it hangs up. */
async function shout(rig: Rig, bytes: string | Buffer): Promise<void> {
  const connection = createConnection(rig.paths.socket);
  // It may be hung up before all of it was sent.
  connection.on('error', () => undefined).resume();
  connection.end(bytes);
  await new Promise((resolve) => connection.once('close', resolve));
}

testWith(
  ['gunicorn'],
  'garbage on the control socket is hung up on, and the supervisor goes on',
  async (t) => {
    const {rig, soundIsUntouched} = await world(t);
    const big = Buffer.alloc(1024 * 1024, 'x');
    const act = (body: string) =>
      `POST /v1/act HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const garbage = [
      '\u0000\u0001\u0002',
      big,
      'GET /v1/status HTTP/9.9\r\n\r\n',
      'GET // HTTP/1.1\r\nHost: x\r\n\r\n',
      act('{'),
      act('null'),
      act('{"action":"explode","targets":["sound"]}'),
      act('{"action":"stop","targets":["../../sound"]}'),
      act(`{"action":"stop","targets":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
      act('{"action":"stop","targets":[],"__proto__":{"wait":false}}'),
      'POST /v1/shutdown HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nnull',
    ];
    await Promise.all(garbage.map(async (bytes) => await shout(rig, bytes)));
    await soundIsUntouched();
    t.is((await rig.process('sound')).restarts, 0);
  },
);

testWith(
  ['gunicorn'],
  'a client that asks for events and never reads them costs the others nothing',
  async (t) => {
    const {rig} = await world(t);
    const deaf = Array.from({length: 20}, () => {
      const connection = createConnection(rig.paths.socket);
      connection.on('error', () => undefined).pause();
      connection.write('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
      return connection;
    });
    t.teardown(() => deaf.forEach((connection) => connection.destroy()));
    const supervisor = rig.supervisorPid();
    for (let round = 0; round < 5; round++) await rig.ok('restart', 'sound');
    t.is(rig.supervisorPid(), supervisor);
    t.is((await rig.process('sound')).state, 'running');
  },
);

/** A test on a made account, because root may do what is to be refused here. */
function asTenant(
  title: string,
  check: (t: ExecutionContext, tenant: Tenant) => Promise<void>,
  missing?: string,
): void {
  const reason = noAccounts ?? missing;
  if (reason !== undefined) {
    test.serial.skip(`${title} (skipped, ${reason})`, () => undefined);
    return;
  }
  test.serial(title, async (t) => {
    const tenant = await Tenant.create();
    t.teardown(async () => await tenant.remove());
    tenant.write('site/wsgi.py', WSGI, 0o644);
    await check(t, tenant);
  });
}

const WSGI = `def application(environ, start_response):
    start_response("200 OK", [])
    return [b"here"]
`;

asTenant(
  'a home that cannot be written is named by its path, and leaves nothing half made',
  async (t, tenant) => {
    const {home} = tenant.account;
    chmodSync(home, 0o500);
    const site = path.join(home, 'site');
    for (const words of [
      ['add', site],
      ['daemon', 'start'],
      ['start', 'site'],
      ['boot', 'install'],
    ]) {
      isOneError(t, await tenant.appsup(...words), {
        code: 1,
        message: new RegExp(`^Cannot make the directory ${home}/\\S+: permission denied$`),
        hint: /ls -ld/,
      });
    }
    const list = await tenant.appsup('list');
    t.deepEqual([list.code, list.stdout], [0, '']);
    t.is((await tenant.appsup('status')).code, 3);
    t.deepEqual(
      readdirSync(home).filter((name) => name === '.config' || name === '.local'),
      [],
    );
    chmodSync(home, 0o700);
    await tenant.ok('add', site);
    await tenant.ok('start', 'site');
  },
);

asTenant(
  'a state directory that stops being writable refuses new wishes, and what runs goes on',
  async (t, tenant) => {
    const {state, desired} = tenant.paths;
    await tenant.ok('add', path.join(tenant.account.home, 'site'));
    await tenant.ok('start', 'site');
    const before = [await tenant.pids(), (await tenant.status()).supervisor.pid];
    for (const directory of [desired, state]) chmodSync(directory, 0o500);
    isOneError(t, await tenant.appsup('stop', 'site'), {
      code: 1,
      message: /^Cannot write .*\/apps\/site\.json: permission denied$/,
      hint: /ls -ld/,
    });
    t.deepEqual([await tenant.pids(), (await tenant.status()).supervisor.pid], before);
    for (const directory of [desired, state]) chmodSync(directory, 0o700);
    await tenant.ok('stop', 'site');
  },
);

asTenant(
  'an account to which cron is denied is told so, and everything but the boot works',
  async (t, tenant) => {
    t.teardown(denyCron(tenant.name));
    await tenant.ok('add', path.join(tenant.account.home, 'site'));
    await tenant.ok('start', 'site');
    const pids = await tenant.pids();
    isOneError(t, await tenant.appsup('boot', 'install'), {
      code: 1,
      message: new RegExp(
        `^Cannot edit your crontab: cron is not allowed for ${tenant.name} \\(/etc/cron\\.(deny|allow)\\)$`,
      ),
      hint: /ask the administrators for it/,
    });
    const {code, stdout} = await tenant.appsup('boot', 'install', '--json');
    t.is(code, 1);
    t.is((JSON.parse(stdout) as {error: {code: string}}).error.code, 'CRON_DENIED');
    t.false(existsSync(tenant.paths.bootScript));
    t.deepEqual(await tenant.pids(), pids);
  },
  noCron,
);

/** How to give a command a view of the file system of its own: as root, else in a user namespace where those are allowed. */
const ownView = ['-m', '-rm'].find(
  (flags) => spawnSync('unshare', [flags, 'mount', '--bind', '/dev/null', '/dev/null']).status === 0,
);

/** Run the rig's command line where there is no crontab(1). */
async function withoutCrontab(rig: Rig, ...args: readonly string[]): Promise<Run> {
  const hide =
    'for place in /usr/bin/crontab /bin/crontab; do [ ! -e $place ] || mount --bind /dev/null $place; done; exec "$@"';
  return await run(
    'unshare',
    [ownView ?? '-m', 'sh', '-c', hide, 'sh', process.execPath, path.join(ROOT, 'bin/appsup'), ...args],
    rig.env,
  );
}

function unless(
  reason: string | undefined,
  title: string,
  check: (t: ExecutionContext) => Promise<void>,
): void {
  if (reason === undefined) test(title, check);
  else test.skip(`${title} (skipped, ${reason})`, check);
}

unless(
  ownView === undefined ? 'needs a mount namespace' : undefined,
  'a host without crontab is told so, and everything but the boot works',
  async (t) => {
    const {rig, soundIsUntouched} = await world(t);
    isOneError(t, await withoutCrontab(rig, 'boot', 'install'), {
      code: 1,
      message: /^Cannot edit your crontab: there is no crontab program on this host$/,
      hint: /ask the administrators to install cron; until then, .*: appsup start all$/,
    });
    t.is((await withoutCrontab(rig, 'boot', 'status')).code, 1);
    t.false(existsSync(rig.paths.bootScript));
    await soundIsUntouched();
  },
);

unless(
  noSmallDisk,
  'a full disk is named by every command that has to write, and what runs goes on',
  async (t) => {
    const disk = makeSmallDisk();
    t.teardown(() => disk.remove());
    const {rig, soundIsUntouched} = await world(t, {APPSUP_STATE_DIR: path.join(disk.directory, 'state')});
    await rig.defineGunicorn('resting');
    await rig.ok('start', 'resting');
    await rig.ok('stop', 'resting');
    disk.fill();

    const full = {
      code: 1,
      message: /^Cannot write \S+: the disk is full$/,
      hint: /make room: df -h shows where/,
    };
    isOneError(t, await rig.appsup('stop', 'sound'), full);
    isOneError(t, await rig.appsup('start', 'resting'), full);
    isOneError(t, await rig.appsup('boot', 'install'), full);
    isOneError(t, await rig.appsup('add', project(rig, 'fresh')), full);
    t.false(existsSync(path.join(rig.paths.apps, 'fresh.toml')));
    await soundIsUntouched();
    t.is((await rig.process('resting')).state, 'stopped');

    // Neither a crash of the app nor one of the supervisor needs room to be mended.
    process.kill(await rig.pid('sound'), 'SIGKILL');
    await until(async () => {
      const {state, restarts} = await rig.process('sound');
      return state === 'running' && restarts === 1;
    }, 'the app to come back on a full disk');
    process.kill(rig.supervisorPid() as number, 'SIGKILL');
    await rig.ok('daemon', 'start');
    t.is((await rig.process('sound')).state, 'running');
    t.is(rig.children('sound').length, 3);

    disk.free();
    await rig.ok('start', 'resting');
    await rig.ok('stop', 'all');
  },
);

testWith(
  ['gunicorn'],
  'a directory that does not exist and one in which nothing is found are told apart',
  async (t) => {
    const {rig, soundIsUntouched} = await world(t);
    isOneError(t, await rig.appsup('add', path.join(rig.home, 'nowhere')), {
      code: 1,
      message: /there is no such directory$/,
      hint: /directory that holds the code/,
    });
    mkdirSync(path.join(rig.home, 'empty'));
    isOneError(t, await rig.appsup('add', path.join(rig.home, 'empty')), {
      code: 1,
      message: /^Cannot find what to run in ~\/empty/,
      hint: /--gunicorn MODULE:CALLABLE/,
    });
    await rig.defineGunicorn('moved');
    rmSync(path.join(rig.home, 'moved'), {recursive: true});
    isOneError(t, await rig.appsup('start', 'moved'), {
      code: 7,
      message: /^Cannot start "moved:web": the directory ~\/moved does not exist$/,
      hint: /appsup edit moved/,
    });
    await soundIsUntouched();
  },
);
