import {spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {StatusReport} from '../../src/control/api.ts';
import {quote} from '../../src/boot/script.ts';
import {makeAccount, noAccounts} from '../helpers/account.ts';
import type {Account} from '../helpers/account.ts';
import {crontabOf, denyCron, noCron, withCron} from '../helpers/cron.ts';
import {argvOf, environmentOf, isRunning, kill, killAllOf, processesOf} from '../helpers/processes.ts';
import {systemProc} from '../../src/system/proc.ts';
import {toolPath} from '../helpers/tools.ts';
import {waitUntil} from '../helpers/wait.ts';

/** A test on a real account with a real crontab. One after the other: there is one cron. */
function onAccount(
  title: string,
  check: (t: ExecutionContext, account: Account) => Promise<void>,
  missing?: string,
): void {
  const reason = noAccounts ?? noCron ?? missing;
  if (reason !== undefined) {
    test.serial.skip(`${title} (skipped, ${reason})`, () => undefined);
    return;
  }
  test.serial(title, async (t) => {
    const account = await makeAccount();
    t.teardown(async () => await account.remove());
    await check(t, account);
  });
}

/** What people have in crontabs: comments, variables, tabs, two encodings, an escaped per cent, carriage returns. */
const FOREIGN = Buffer.concat([
  Buffer.from('# mine\nSHELL=/bin/sh\nMAILTO=""\n\n0 3 1 1 *\ttrue \\% zo\xc3\xab\n'.normalize(), 'latin1'),
  Buffer.from('# caf\xe9\n@yearly true\r\n# the end\n', 'latin1'),
]);

async function giveForeignLines(account: Account): Promise<void> {
  write(account, 'foreign', FOREIGN);
  await account.ok('crontab foreign');
}

/** A file in the account's home, its own. */
function write(account: Account, name: string, content: string | Buffer, mode = 0o600): string {
  const file = path.join(account.home, name);
  for (let directory = path.dirname(file); directory !== account.home; directory = path.dirname(directory)) {
    mkdirSync(directory, {recursive: true, mode: 0o700});
    chownSync(directory, account.uid, account.gid);
  }
  writeFileSync(file, content, {mode});
  chownSync(file, account.uid, account.gid);
  return file;
}

/** The words that cron hands to /bin/sh at reboot. */
function rebootLine(account: Account): string {
  const line = /^@reboot (.*)$/m.exec(crontabOf(account.name)?.toString('latin1') ?? '')?.[1];
  if (line === undefined) throw new Error('the crontab has no @reboot line');
  return line;
}

/** Run it as cron does: as the account, with cron's environment and no more. */
async function runAsCron(account: Account, command: string): Promise<void> {
  const {name, home} = account;
  const env = [`HOME=${home}`, `LOGNAME=${name}`, 'SHELL=/bin/sh', 'PATH=/usr/bin:/bin', `PWD=${home}`];
  const said = await account.ok(
    `umask 022; cd; exec env -i ${env.map(quote).join(' ')} /bin/sh -c ${quote(command)}`,
  );
  if (said !== '') throw new Error(`cron would mail: ${said}`);
}

function blocksIn(table: string): number {
  return table.split('\n').filter((line) => line.startsWith('# >>> appsup ')).length;
}

// ---- The boot room alone: real crontab(1), real cron, the real Node; the supervisor is a stand-in. ----

/** What `appsup boot ...` does, without the command line. */
const DRIVER = `
const [project, verb, appsupd] = process.argv.slice(2);
const {installBoot, removeBoot, bootStatus} = await import(project + '/build/src/boot/install.js');
const {systemCrontab} = await import(project + '/build/src/system/crontab.js');
const {pathsFor} = await import(project + '/build/src/system/paths.js');
const paths = pathsFor(process.env);
const options = {paths, crontab: systemCrontab(paths.state, process.env), node: process.execPath, appsupd, env: process.env};
const act = {install: installBoot, remove: removeBoot, status: bootStatus}[verb];
try {
  console.log(JSON.stringify(await act(options)));
} catch (error) {
  console.log(JSON.stringify(error.toJSON?.() ?? {message: error.stack}));
  process.exitCode = 1;
}
`;

/** Takes the lock and signs it, as the supervisor does, and notes its pid and how Node was started. */
const STAND_IN = `
const {spawnSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {HOME} = process.env;
const state = path.join(HOME, '.local/state/appsup', require('node:os').hostname());
const fd = fs.openSync(path.join(state, 'supervisor.lock'), fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
if (spawnSync('flock', ['-n', '3'], {stdio: ['ignore', 'ignore', 'ignore', fd]}).status !== 0) process.exit(0);
const ticks = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[19];
const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
fs.ftruncateSync(fd);
fs.writeSync(fd, process.pid + ' ' + ticks + ' ' + boot + '\\n', 0);
fs.appendFileSync(path.join(HOME, 'started'), JSON.stringify({pid: process.pid, flags: process.execArgv}) + '\\n');
setInterval(() => undefined, 1e6);
`;

interface Stage {
  readonly account: Account;
  /** Run the driver; its answer. */
  readonly boot: (verb: 'install' | 'remove' | 'status') => Promise<Record<string, unknown>>;
  readonly command: (verb: string) => string;
  /** Stand-ins that got the lock, in order. */
  readonly started: () => readonly {readonly pid: number; readonly flags: readonly string[]}[];
}

function stage(account: Account): Stage {
  const driver = write(account, 'driver.mjs', DRIVER);
  const appsupd = write(account, 'appsupd.cjs', STAND_IN);
  const command = (verb: string) =>
    [account.node, driver, account.project, verb, appsupd].map(quote).join(' ');
  return {
    account,
    command,
    boot: async (verb) => JSON.parse((await account.run(command(verb))).stdout) as Record<string, unknown>,
    started: () => {
      const file = path.join(account.home, 'started');
      const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
      return lines.filter(Boolean).map((line) => JSON.parse(line) as {pid: number; flags: string[]});
    },
  };
}

async function nextStart(
  {account, started}: Stage,
  before: number,
  timeoutMs = 30_000,
): Promise<{pid: number; flags: readonly string[]}> {
  return await waitUntil('a supervisor was started', () => started().at(before), {
    timeoutMs,
    onTimeout: () =>
      spawnSync('sh', ['-c', `cat ${quote(account.home)}/.local/state/appsup/*/boot.log`], {encoding: 'utf8'})
        .stdout,
  });
}

onAccount(
  'installBoot() twice leaves one block, removeBoot() none, and every foreign line byte for byte',
  async (t, account) => {
    const {boot} = stage(account);
    await giveForeignLines(account);
    t.like(await boot('install'), {change: 'added'});
    t.like(await boot('install'), {change: 'unchanged'});
    const table = crontabOf(account.name);
    t.deepEqual(table?.subarray(0, FOREIGN.length), FOREIGN);
    t.is(blocksIn(String(table)), 1);
    t.like(await boot('status'), {installed: true, current: true, nodeValid: true, problem: undefined});
    t.like(await boot('remove'), {change: 'removed'});
    t.deepEqual(crontabOf(account.name), FOREIGN);
    t.like(await boot('remove'), {change: 'absent'});
  },
);

onAccount(
  'installBoot() on an account without crontab, and removeBoot(), leave no crontab',
  async (t, account) => {
    const {boot} = stage(account);
    t.is(crontabOf(account.name), undefined);
    t.like(await boot('install'), {change: 'added'});
    const script = rebootLine(account);
    t.is(statSync(script).mode & 0o777, 0o700);
    t.like(await boot('remove'), {change: 'removed'});
    t.is(crontabOf(account.name), undefined);
    t.false(existsSync(script));
  },
);

onAccount(
  'installBoot() eight at once, as processes, leaves one block and every foreign line',
  async (t, account) => {
    const {command} = stage(account);
    await giveForeignLines(account);
    const answers = await account.ok(`for i in 1 2 3 4 5 6 7 8; do ${command('install')} & done; wait`);
    const changes = answers
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as {change: string}).change);
    t.deepEqual(changes.toSorted(), ['added', ...Array.from({length: 7}, () => 'unchanged')]);
    const table = crontabOf(account.name);
    t.deepEqual(table?.subarray(0, FOREIGN.length), FOREIGN);
    t.is(blocksIn(String(table)), 1);
  },
);

onAccount('installBoot() says who denied cron, and changes nothing', async (t, account) => {
  const {boot} = stage(account);
  await giveForeignLines(account);
  const allow = denyCron(account.name);
  t.teardown(allow);
  t.like(await boot('install'), {
    code: 'CRON_DENIED',
    message: `Cannot edit your crontab: cron is not allowed for ${account.name} (/etc/cron.deny)`,
  });
  t.like(await boot('status'), {installed: false});
  allow();
  t.deepEqual(crontabOf(account.name), FOREIGN);
  t.is((await account.ok('find ~ -name boot.sh')).trim(), '');
});

onAccount(
  "the crontab's exact line starts one supervisor, again after everything of the account was killed",
  async (t, account) => {
    const it = stage(account);
    await it.boot('install');
    const line = rebootLine(account);
    await runAsCron(account, line);
    const {pid} = await nextStart(it, 0);
    await runAsCron(account, line);
    await killAllOf(account.uid);
    await Promise.all(Array.from({length: 8}, async () => await runAsCron(account, line)));
    const second = await nextStart(it, 1);
    t.not(second.pid, pid);
    await waitUntil('one is left of eight', () => processesOf(account.uid).length === 1);
    t.deepEqual(processesOf(account.uid), [second.pid]);
    t.is(it.started().length, 2);
    t.deepEqual(argvOf(second.pid).slice(0, 2), [account.node, path.join(account.home, 'appsupd.cjs')]);
  },
);

onAccount(
  'C3 a real cron starts the supervisor, and again within a minute or so of its death',
  async (t, account) => {
    const it = stage(account);
    await it.boot('install');
    const cron = await withCron();
    t.teardown(cron.end);
    t.like(await it.boot('status'), {daemon: 'running'});
    const {pid} = await nextStart(it, 0, 150_000);
    t.true(isRunning(pid));
    t.is(environmentOf(pid)['APPSUP_BOOT'], '1');
    await kill(pid);
    const second = await nextStart(it, 1, 150_000);
    t.true(isRunning(second.pid));
  },
);

/** What cronie's unit does to its jobs with MemoryDenyWriteExecute: PR_SET_MDWE of prctl(2), since Linux 6.3. */
const DENY_WRITE_EXECUTE = `
import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0: sys.exit(75)
os.execv(sys.argv[1], sys.argv[1:])
`;
const denies = spawnSync('/usr/bin/python3', ['-c', DENY_WRITE_EXECUTE, '/bin/true']).status === 0;

onAccount(
  'the boot script starts the real Node where writable code is forbidden',
  async (t, account) => {
    const it = stage(account);
    await it.boot('install');
    await runAsCron(
      account,
      `/usr/bin/python3 -c ${quote(DENY_WRITE_EXECUTE)} /bin/sh ${rebootLine(account)}`,
    );
    const {pid, flags} = await nextStart(it, 0);
    t.deepEqual(flags, ['--jitless']);
    t.true(isRunning(pid));
  },
  denies ? undefined : 'needs python3 and Linux 6.3',
);

// ---- The built command line, with the real supervisor. ----

const unbuilt =
  existsSync('dist/appsup.cjs') && existsSync('dist/appsupd.cjs') ? undefined : 'needs npm run build';

const INSTALLED = 'Installed in your crontab: at reboot, and a look every minute.';

/** Answers everything. */
const WEB = `
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"here")
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`;

/** Two apps: one with a web program and a queue, the other with a web program that stays stopped. */
function giveApps(account: Account): void {
  const base = 20_000 + (account.uid % 600) * 20;
  for (const [name, port, more] of [
    ['runs', base, '[programs.queue]\ncommand = "/bin/sleep 100000"\nafter = ["web"]\n'],
    ['rests', base + 1, ''],
  ] as const) {
    write(account, `${name}/web.py`, WEB);
    write(
      account,
      `.config/appsup/apps/${name}.toml`,
      [
        `directory = "~/${name}"`,
        `mount = "/${account.name}_${name}"`,
        `port = ${port}`,
        `env = {FLAVOUR = "it's \\"plain\\""}`,
        '[programs.web]',
        'command = "/usr/bin/python3 web.py"',
        more,
      ].join('\n'),
    );
  }
}

/** An app whose server inherits its socket. */
function giveHeldSocket(account: Account): void {
  write(
    account,
    'held/wsgi.py',
    'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"here"]\n',
  );
  const port = 20_000 + (account.uid % 600) * 20 + 2;
  const head = `directory = "~/held"\nmount = "/${account.name}_held"\nport = ${port}\n`;
  write(
    account,
    '.config/appsup/apps/held.toml',
    `${head}[programs.web]\ngunicorn = "wsgi:application"\nworkers = 1\n`,
  );
}

function appsup(account: Account, ...args: readonly string[]): string {
  return [account.node, path.join(account.project, 'bin/appsup'), ...args].map(quote).join(' ');
}

/** `runs:web` → its state and pid. */
async function processes(
  account: Account,
): Promise<ReadonlyMap<string, {readonly state: string; readonly pid: number | undefined}>> {
  // `status` does not end with 0 when something is stopped.
  const {stdout} = await account.run(appsup(account, 'status', '--json'));
  const {apps} = JSON.parse(stdout) as StatusReport;
  return new Map(
    apps.flatMap((app) => app.processes.map((each) => [`${each.app}:${each.process}`, each] as const)),
  );
}

async function running(account: Account, name: string): Promise<number> {
  return await waitUntil(`${name} runs`, async () => {
    const found = (await processes(account)).get(name);
    return found?.state === 'running' ? found.pid : undefined;
  });
}

/** The environment of a process without what belongs to that one start. */
function lastingEnvironment(pid: number): Readonly<Record<string, string>> {
  const {APPSUP_MARK: _mark, LISTEN_PID: _pid, ...rest} = environmentOf(pid);
  return rest;
}

onAccount(
  'appsup boot install, status and remove: one block, eight at once too, and every foreign line byte for byte',
  async (t, account) => {
    await giveForeignLines(account);
    t.is((await account.ok(appsup(account, 'boot', 'install'))).trim(), INSTALLED);
    t.is((await account.ok(appsup(account, 'boot', 'install'))).trim().split('\n').length, 1);
    await account.ok(`for i in 1 2 3 4 5 6 7 8; do ${appsup(account, 'boot', 'install')} & done; wait`);
    const table = crontabOf(account.name);
    t.deepEqual(table?.subarray(0, FOREIGN.length), FOREIGN);
    t.is(blocksIn(String(table)), 1);
    t.is((await account.run(appsup(account, 'boot', 'status'))).code, 0);
    await account.ok(appsup(account, 'boot', 'remove'));
    t.deepEqual(crontabOf(account.name), FOREIGN);
  },
  unbuilt,
);

onAccount(
  'appsup boot install says that cron is denied, and what to do, and changes nothing',
  async (t, account) => {
    await giveForeignLines(account);
    const allow = denyCron(account.name);
    t.teardown(allow);
    const {code, stderr} = await account.run(appsup(account, 'boot', 'install'));
    t.is(code, 1);
    t.true(
      stderr.includes(`Cannot edit your crontab: cron is not allowed for ${account.name} (/etc/cron.deny)`),
    );
    t.true(stderr.includes('hint: '));
    allow();
    t.deepEqual(crontabOf(account.name), FOREIGN);
  },
  unbuilt,
);

onAccount(
  "C4 after everything of the account was killed, the crontab's exact line brings back what ran, in its order and with the same environment; what was stopped stays so, and the line again changes nothing",
  async (t, account) => {
    giveApps(account);
    await account.ok(appsup(account, 'start', 'all'));
    await account.ok(appsup(account, 'stop', 'rests'));
    await account.ok(appsup(account, 'boot', 'install'));
    const names = ['runs:web', 'runs:queue'];
    const before = await Promise.all(names.map(async (name) => await running(account, name)));
    const environments = before.map(lastingEnvironment);
    t.is(environments[0]?.['FLAVOUR'], `it's "plain"`);

    await killAllOf(account.uid);
    await runAsCron(account, rebootLine(account));
    const after = await Promise.all(names.map(async (name) => await running(account, name)));
    t.true(after.every((pid) => !before.includes(pid)));
    t.deepEqual(after.map(lastingEnvironment), environments);
    t.is((await processes(account)).get('rests:web')?.state, 'stopped');
    const [web = 0, queue = 0] = after.map((pid) => systemProc.stat(pid)?.startTicks);
    t.true(web < queue, 'the queue comes after the web program');
    const all = processesOf(account.uid);
    await runAsCron(account, rebootLine(account));
    t.deepEqual(processesOf(account.uid), all);
  },
  unbuilt,
);

onAccount(
  'appsup daemon stop keeps the minute line from starting anything, until the user starts something',
  async (t, account) => {
    giveApps(account);
    await account.ok(appsup(account, 'start', 'runs'));
    await account.ok(appsup(account, 'boot', 'install'));
    await account.ok(appsup(account, 'daemon', 'stop'));
    await waitUntil('nothing of the account runs', () => processesOf(account.uid).length === 0);
    const line = rebootLine(account);
    await runAsCron(account, line);
    t.deepEqual(processesOf(account.uid), []);
    await account.ok(appsup(account, 'start', 'runs'));
    await killAllOf(account.uid);
    await runAsCron(account, line);
    t.true((await running(account, 'runs:web')) > 0);
  },
  unbuilt,
);

onAccount(
  'the real supervisor brings back what ran where writable code is forbidden',
  async (t, account) => {
    giveApps(account);
    giveHeldSocket(account);
    await account.ok(appsup(account, 'start', 'all'));
    await account.ok(appsup(account, 'boot', 'install'));
    await killAllOf(account.uid);
    await runAsCron(
      account,
      `/usr/bin/python3 -c ${quote(DENY_WRITE_EXECUTE)} /bin/sh ${rebootLine(account)}`,
    );
    t.true((await running(account, 'runs:web')) > 0);
    t.true((await running(account, 'runs:queue')) > 0);
    // Its helpers and its successor run there as well: the socket is copied, and handed over.
    await account.ok(appsup(account, 'stop', 'held'));
    await account.ok(appsup(account, 'start', 'held'));
    const pid = await running(account, 'held:web');
    await account.ok(appsup(account, 'daemon', 'restart'));
    t.is(await running(account, 'held:web'), pid);
    await account.ok(appsup(account, 'restart', 'held'));
    t.not(await running(account, 'held:web'), pid);
  },
  unbuilt ?? (denies ? undefined : 'needs python3 and Linux 6.3'),
);

/** Connects to its database when it is imported, as the apps of the guides do. */
const NEEDY = `
import socket
socket.create_connection(("127.0.0.1", DATABASE)).close()
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]
`;
/** So much later than the reboot. */
const LATE_MS = 60_000;

onAccount(
  'C5 after a reboot with the database 60 s late an app that needs it at import is up within 30 s of the database, by the crontab’s line alone',
  async (t, account) => {
    t.timeout(300_000);
    toolPath('gunicorn');
    const port = 20_000 + (account.uid % 600) * 20;
    const database = net.createServer((socket) => socket.end());
    const listen = async (): Promise<void> => {
      database.listen(port + 1, '127.0.0.1');
      await once(database, 'listening');
    };
    t.teardown(() => database.close());
    write(account, 'needy/wsgi.py', NEEDY.replace('DATABASE', String(port + 1)));
    write(
      account,
      '.config/appsup/apps/needy.toml',
      `directory = "~/needy"\nmount = "/${account.name}_needy"\nport = ${port}\n[programs.web]\ngunicorn = "wsgi:application"\nworkers = 2\n`,
    );
    await listen();
    await account.ok(appsup(account, 'start', 'needy'));
    await account.ok(appsup(account, 'boot', 'install'));
    await killAllOf(account.uid);
    database.close();
    await once(database, 'close');

    const rebooted = performance.now();
    await runAsCron(account, rebootLine(account));
    await waitUntil(
      'the reason is said',
      async () => /ConnectionRefusedError/.test((await account.run(appsup(account, 'status'))).stdout),
      {timeoutMs: LATE_MS},
    );
    await new Promise((resolve) => setTimeout(resolve, LATE_MS - (performance.now() - rebooted)));
    t.not((await processes(account)).get('needy:web')?.state, 'running');
    await listen();
    const came = performance.now();
    await waitUntil(
      'needy:web runs',
      async () => (await processes(account)).get('needy:web')?.state === 'running',
      {
        timeoutMs: 60_000,
      },
    );
    t.true(performance.now() - came <= 30_000, `${Math.round(performance.now() - came)} ms`);
  },
  unbuilt,
);
