import {spawn} from 'node:child_process';
import {chmodSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {once} from 'node:events';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {Finding} from '../../src/doctor/finding.ts';
import {ephemeralRange} from '../../src/system/proc-net.ts';
import {noAccounts} from '../helpers/account.ts';
import {denyCron, noCron, withCron} from '../helpers/cron.ts';
import {troubles} from '../helpers/findings.ts';
import {quote} from '../../src/boot/script.ts';
import {run} from '../helpers/run.ts';
import {killQuietly, Rig, ROOT, until} from '../helpers/rig.ts';
import {makeSmallDisk, noSmallDisk} from '../helpers/small-disk.ts';
import {Tenant} from '../helpers/tenant.ts';
import {testWith} from '../helpers/tools.ts';
import {fakeSupervisor} from '../helpers/fake-supervisor.ts';
import {serveControl} from '../../src/control/server.ts';

interface Said {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

function saidIn(stdout: string): Said {
  return JSON.parse(stdout) as Said;
}

/** What is wrong with these subjects, and that the exit code says so, too. */
async function diagnosed(
  t: ExecutionContext,
  rig: Rig,
  ...subjects: readonly string[]
): Promise<readonly string[]> {
  const {code, stdout, stderr} = await rig.appsup('doctor', '--json', ...subjects);
  const {ok, findings} = saidIn(stdout);
  t.is(code, ok ? 0 : 1, stderr);
  t.is(ok, !findings.some(({level}) => level === 'broken'));
  for (const {id, hint} of findings.filter(({level}) => level === 'broken'))
    t.truthy(hint, `${id} says what to do`);
  return troubles(findings);
}

function rigOf(t: ExecutionContext, env: Readonly<Record<string, string>> = {}): Rig {
  // The host of the tests may have a site file.
  const rig = Rig.create({APPSUP_SITE_FILE: '/nowhere/site.toml', ...env});
  t.teardown(async () => void (await rig.clean()));
  return rig;
}

/** `appsup doctor` behind some words of a shell: `ulimit -n 100`. */
async function behind(rig: Rig, words: string, subject: string): Promise<readonly string[]> {
  const appsup = [process.execPath, path.join(ROOT, 'bin/appsup'), 'doctor', '--json', subject]
    .map(quote)
    .join(' ');
  const {stdout} = await run('/bin/sh', ['-c', `${words}; exec ${appsup}`], rig.env);
  return troubles(saidIn(stdout).findings);
}

const COMMAND = '[programs.web]\ncommand = "sleep 1000"\nlisten = "none"\n';

/** Plant one problem; returns the subject that it belongs to. */
type Plant = (rig: Rig) => Promise<string> | string;

const PLANTED: readonly (readonly [found: string, what: string, plant: Plant])[] = [
  [
    'broken app-file',
    'a file with a mistake',
    async (rig) => {
      await rig.define('tasks', '[programs.web]\ncomand = "x"\n');
      return 'apps';
    },
  ],
  [
    'broken app-env-file',
    'an env file that everybody can read',
    async (rig) => {
      const {directory} = await rig.define('tasks', `env_file = "env"\n${COMMAND}`, {env: 'A=1\n'});
      chmodSync(path.join(directory, 'env'), 0o644);
      return 'apps';
    },
  ],
  [
    'broken app-python',
    'a virtual environment whose Python is gone',
    async (rig) => {
      await rig.define('tasks', `python = "${rig.home}/venv"\n${COMMAND}`);
      return 'apps';
    },
  ],
  [
    'broken app-program',
    'an environment without gunicorn',
    async (rig) => {
      await run('/usr/bin/python3', ['-m', 'venv', '--without-pip', path.join(rig.home, 'venv')]);
      await rig.define(
        'tasks',
        `python = "${rig.home}/venv"\n[programs.web]\ngunicorn = "wsgi:application"\n`,
      );
      return 'apps';
    },
  ],
  [
    'broken state-open',
    'a state directory that others can enter',
    (rig) => {
      mkdirSync(rig.paths.state, {recursive: true});
      chmodSync(rig.paths.state, 0o755);
      return 'files';
    },
  ],
  [
    'broken config-writable',
    'settings that everybody can write',
    (rig) => {
      mkdirSync(rig.paths.config, {recursive: true});
      chmodSync(rig.paths.config, 0o777);
      return 'files';
    },
  ],
  [
    'broken home-writable',
    'a home that everybody can write',
    (rig) => {
      chmodSync(rig.home, 0o777);
      return 'files';
    },
  ],
  [
    'broken config-file',
    'settings with a mistake',
    (rig) => {
      mkdirSync(rig.paths.config, {recursive: true});
      writeFileSync(rig.paths.globalConfig, 'prots = "20000-20019"\n');
      return 'settings';
    },
  ],
  [
    'warning ports-ephemeral',
    'ports that the kernel gives to outgoing connections',
    (rig) => {
      const {first} = ephemeralRange();
      mkdirSync(rig.paths.config, {recursive: true});
      writeFileSync(rig.paths.globalConfig, `ports = "${first}-${first + 3}"\n`);
      return 'ports';
    },
  ],
  [
    'warning clock-back',
    'a file from the future',
    (rig) => {
      mkdirSync(rig.paths.state, {recursive: true, mode: 0o700});
      const file = path.join(rig.paths.state, 'seen');
      writeFileSync(file, '');
      utimesSync(file, Date.now() / 1000 + 7200, Date.now() / 1000 + 7200);
      return 'clock';
    },
  ],
  [
    'broken state-damaged',
    'a garbled file of the state',
    (rig) => {
      mkdirSync(rig.paths.desired, {recursive: true, mode: 0o700});
      writeFileSync(path.join(rig.paths.desired, 'tasks.json'), '{"version":1,"proc');
      return 'supervisor';
    },
  ],
  [
    'broken supervisor-gone',
    'a supervisor that was killed',
    async (rig) => {
      await rig.define('tasks', COMMAND);
      await rig.ok('start', 'tasks');
      killQuietly(rig.supervisorPid() ?? 0);
      await until(() => rig.supervisorPid() === undefined, 'the end of the supervisor');
      return 'supervisor';
    },
  ],
];

for (const [found, what, plant] of PLANTED) {
  test(`doctor finds ${what}: ${found}`, async (t) => {
    const rig = rigOf(t);
    const subject = await plant(rig);
    t.deepEqual(await diagnosed(t, rig, subject), [found]);
  });
}

test('doctor finds a supervisor that is stopped, and says how it is woken: broken supervisor-silent', async (t) => {
  const rig = rigOf(t);
  await rig.ok('daemon', 'start');
  const pid = rig.supervisorPid() ?? 0;
  process.kill(pid, 'SIGSTOP');
  try {
    const {findings} = saidIn((await rig.appsup('doctor', '--json', 'supervisor')).stdout);
    t.deepEqual(troubles(findings), ['broken supervisor-silent']);
    t.is(findings.find(({id}) => id === 'supervisor-silent')?.hint, `kill -CONT ${pid}`);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
});

test('doctor finds a supervisor of an older version: warning supervisor-old', async (t) => {
  const rig = rigOf(t);
  mkdirSync(rig.paths.state, {recursive: true, mode: 0o700});
  const info = {version: '0.0.9', protocol: 1, pid: process.pid, since: 0, adopted: 0} as const;
  const server = await serveControl({
    api: fakeSupervisor({
      info: async () => await Promise.resolve({...info, goneMs: undefined, cameBackAt: undefined}),
    }),
    socket: rig.paths.socket,
    version: '0.0.9',
    log: () => {},
  });
  t.teardown(async () => await server.close());
  const {code, stdout} = await rig.appsup('doctor', 'supervisor', '--json');
  t.is(code, 0);
  t.deepEqual(troubles(saidIn(stdout).findings), ['warning supervisor-old']);
});

test('doctor finds a supervisord of ours that runs the same app: broken leftover-supervisord', async (t) => {
  const rig = rigOf(t);
  const {directory} = await rig.define('tasks', COMMAND, {
    supervisord: '#!/bin/sh\nsleep 1000 &\necho up\nwait\n',
  });
  const old = spawn(path.join(directory, 'supervisord'), [], {
    cwd: directory,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => killQuietly(-(old.pid ?? 0)));
  await once(old.stdout, 'data');
  t.deepEqual(await diagnosed(t, rig, 'leftovers'), ['broken leftover-supervisord']);
});

testWith(
  ['apache2'],
  'doctor finds lines that the server refuses, and lines that are out of date: front-snippet, front-stale',
  async (t) => {
    const rig = rigOf(t);
    await rig.define('tasks', '[programs.web]\ncommand = "sleep 1000"\n');
    await rig.ok('request', 'tasks', '--front', 'apache');
    t.deepEqual((await diagnosed(t, rig, 'front-end')).filter(isOfTheLines), []);

    const kept = path.join(rig.paths.requests, 'tasks.json');
    writeFileSync(kept, readFileSync(kept, 'utf8').replace(/ProxyPass +/, 'ProxyPas '));
    t.deepEqual((await diagnosed(t, rig, 'front-end')).filter(isOfTheLines), ['broken front-snippet']);

    await rig.ok('request', 'tasks', '--front', 'apache');
    const file = path.join(rig.paths.apps, 'tasks.toml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('mount = "/tasks"', 'mount = "/jobs"'));
    t.deepEqual((await diagnosed(t, rig, 'front-end')).filter(isOfTheLines), ['warning front-stale']);
  },
);

/** The host of the tests may have a web server, with its own troubles. */
function isOfTheLines(trouble: string): boolean {
  return /front-(snippet|stale)$/.test(trouble);
}

test('doctor finds what the limits of a login do to apps: limit-files, limit-cpu, limit-file-size, umask-open', async (t) => {
  const rig = rigOf(t);
  t.deepEqual(await behind(rig, 'ulimit -n 200', 'limits'), ['broken limit-files']);
  t.deepEqual(await behind(rig, 'ulimit -t 600', 'limits'), ['broken limit-cpu']);
  t.deepEqual(await behind(rig, 'ulimit -f 1000', 'limits'), ['warning limit-file-size']);
  t.deepEqual(await behind(rig, 'umask 0', 'files'), ['warning umask-open']);
});

test('doctor finds mistakes of the host’s own file, and sends to the administrators: warning site-file', async (t) => {
  const rig = rigOf(t);
  const file = path.join(rig.home, 'site.toml');
  writeFileSync(file, 'helpdsk = "x@example.org"\n');
  const {stdout, code} = await run(process.execPath, [path.join(ROOT, 'bin/appsup'), 'doctor', 'settings'], {
    ...rig.env,
    APPSUP_SITE_FILE: file,
  });
  t.is(code, 0);
  t.regex(
    stdout,
    /^settings\n {2}WARNING {2}.*site\.toml:1:1 Unknown key "helpdsk".* \[site-file\]\n {11}the administrators: /,
  );
  t.regex(stdout, /\n1 check: 1 warning\n$/);
});

const onDisk = noSmallDisk === undefined ? test : test.skip;
onDisk(
  `doctor finds a full disk: broken disk-full${noSmallDisk === undefined ? '' : ` (skipped, ${noSmallDisk})`}`,
  async (t) => {
    const disk = makeSmallDisk();
    t.teardown(() => disk.remove());
    const rig = rigOf(t, {APPSUP_STATE_DIR: path.join(disk.directory, 'state')});
    disk.fill();
    t.true((await diagnosed(t, rig, 'disk')).includes('broken disk-full'));
  },
);

test('doctor with an empty PATH sees the same, and says of what is missing only that it cannot be seen', async (t) => {
  const rig = rigOf(t, {PATH: '/nowhere'});
  await rig.define('tasks', COMMAND.replace('sleep', '/bin/sleep'));
  const {stdout, stderr, code} = await rig.appsup('doctor', '--json');
  const {ok, findings} = saidIn(stdout);
  t.is(stderr, '');
  t.is(code, ok ? 0 : 1);
  t.true(findings.length > 15);
  for (const {text} of findings.filter(({level}) => level === 'unseen'))
    t.regex(text, /can't be seen here: /);
  const outside = ['cron', 'boot'];
  t.deepEqual(troubles(findings.filter(({subject}) => !outside.includes(subject))), []);
});

test('doctor knows its subjects, and which one was meant', async (t) => {
  const rig = rigOf(t);
  const {code, stderr} = await rig.appsup('doctor', 'port');
  t.is(code, 2);
  t.regex(stderr, /^Cannot look at "port": there is no such subject\n {2}hint: did you mean "ports"\?/);
});

/** On a real account, with a cron that runs; one after the other, since there is one cron. */
function onAccount(
  title: string,
  check: (t: ExecutionContext, tenant: Tenant) => Promise<void>,
  tools: readonly string[] = [],
): void {
  const reason = noAccounts ?? noCron;
  if (reason !== undefined) {
    test.serial.skip(`${title} (skipped, ${reason})`, () => undefined);
    return;
  }
  const onTenant = async (t: ExecutionContext): Promise<void> => {
    const tenant = await Tenant.create();
    const cron = await withCron();
    t.teardown(async () => {
      await tenant.remove();
      await cron.end();
    });
    await check(t, tenant);
  };
  testWith(['gunicorn', ...tools], title, onTenant, test.serial);
}

async function found(tenant: Tenant, ...subjects: readonly string[]): Promise<readonly string[]> {
  return troubles(saidIn((await tenant.appsup('doctor', '--json', ...subjects)).stdout).findings);
}

const WSGI = `def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
`;

onAccount('doctor is silent on a healthy account: one line, exit 0', async (t, tenant) => {
  tenant.write('tasks/wsgi.py', WSGI);
  tenant.write('tasks/.env', 'GREETING=hello\n');
  await tenant.ok('add', 'tasks');
  await tenant.ok('boot', 'install');
  await tenant.ok('start', 'tasks');
  t.deepEqual(await found(tenant), []);
  const {code, stdout, stderr} = await tenant.appsup('doctor');
  t.is(code, 0);
  t.is(stderr, '');
  t.regex(stdout, /^\d+ checks, all well\n$/);
  t.regex(
    await tenant.ok('doctor', '--verbose'),
    /^programs\n {2}OK {7}Node .*\n(.+\n)+\d+ checks, all well\n$/,
  );
});

onAccount(
  'doctor finds what is wrong with the way back after a reboot, each by its id',
  async (t, tenant) => {
    tenant.write('tasks/wsgi.py', WSGI);
    await tenant.ok('add', 'tasks');
    t.deepEqual(await found(tenant, 'boot', 'cron'), ['warning boot-not-installed']);

    await tenant.ok('boot', 'install');
    t.deepEqual(await found(tenant, 'boot', 'cron'), []);

    const script = await tenant.account.ok(`cat ${quote(tenant.paths.bootScript)}`);
    const rewrite = (node: string) =>
      tenant.write(
        path.relative(tenant.account.home, tenant.paths.bootScript),
        script.replace(/^node=.*$/m, `node='${node}'`),
        0o700,
      );
    rewrite('/home/gone/.nvm/versions/node/v20.0.0/bin/node');
    t.deepEqual(await found(tenant, 'boot'), ['broken boot-node-gone']);
    const demanding = tenant.write(
      'node',
      `#!/bin/sh\n[ -n "$LD_LIBRARY_PATH" ] && exec ${tenant.account.node} "$@"\nexit 127\n`,
      0o700,
    );
    rewrite(demanding);
    t.deepEqual(await found(tenant, 'boot'), ['broken boot-node-fails']);
    const other = tenant.write('other', `#!/bin/sh\nexec ${tenant.account.node} "$@"\n`, 0o700);
    rewrite(other);
    t.deepEqual(await found(tenant, 'boot'), ['warning boot-node-other']);

    rmSync(tenant.paths.bootScript);
    t.deepEqual(await found(tenant, 'boot'), ['broken boot-script-gone']);
    await tenant.ok('boot', 'install');
    await tenant.account.ok('crontab -l | grep -v "<<< appsup" > table; crontab table');
    t.deepEqual(await found(tenant, 'boot'), ['broken boot-block-damaged']);
    await tenant.account.ok('crontab -r');
    t.deepEqual(await found(tenant, 'boot'), ['broken boot-block-gone']);

    const allow = denyCron(tenant.name);
    t.teardown(allow);
    t.deepEqual(await found(tenant, 'boot', 'cron'), ['broken cron-denied']);
  },
);

onAccount(
  'doctor finds a crontab that starts supervisord for the same app: leftover-planned',
  async (t, tenant) => {
    tenant.write('tasks/wsgi.py', WSGI);
    await tenant.ok('add', 'tasks');
    const {home} = tenant.account;
    tenant.write('etc/supervisord.conf', `[program:tasks]\ndirectory=${home}/tasks\ncommand=gunicorn wsgi\n`);
    await tenant.account.ok('echo "@reboot supervisord -c ~/etc/supervisord.conf" > table; crontab table');
    t.deepEqual(await found(tenant, 'leftovers'), ['warning leftover-planned']);
  },
);

onAccount(
  'doctor finds a home that the web server cannot pass to the socket in it: socket-unreachable',
  async (t, tenant) => {
    tenant.write('tasks/wsgi.py', WSGI);
    tenant.write('.config/appsup/config.toml', 'web_user = "nobody"\n');
    await tenant.ok('add', 'tasks', '--transport', 'unix');
    await tenant.account.ok('setfacl -m u:nobody:x ~ ~/.local ~/.local/state');
    await tenant.ok('start', 'tasks');
    t.deepEqual(await found(tenant, 'front-end'), []);
    await tenant.account.ok('setfacl -b ~; chmod 700 ~');
    t.deepEqual(await found(tenant, 'front-end'), ['broken socket-unreachable']);
  },
  ['setfacl'],
);

onAccount(
  'doctor finds who else listens on ports of ours: port-taken, port-squatter, ports-foreign',
  async (t, tenant) => {
    tenant.write('tasks/wsgi.py', WSGI);
    await tenant.ok('add', 'tasks');
    const [{leases}] = [
      JSON.parse(await tenant.ok('ports', '--json')) as {leases: readonly {port: number}[]},
    ];
    const port = leases[0]?.port ?? 0;
    const listening = async (address: string, at: number) => {
      // Root is somebody else, too.
      const child = spawn('python3', ['-c', LISTEN, address, String(at)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      t.teardown(() => void child.kill('SIGKILL'));
      await once(child.stdout, 'data');
      return child;
    };
    const next = await listening('127.0.0.1', port + 1);
    t.deepEqual(await found(tenant, 'ports'), ['warning ports-foreign']);
    next.kill('SIGKILL');
    await once(next, 'exit');
    const squatter = await listening('::1', port);
    t.deepEqual(await found(tenant, 'ports'), ['warning port-squatter']);
    squatter.kill('SIGKILL');
    await once(squatter, 'exit');
    await listening('127.0.0.1', port);
    t.deepEqual(await found(tenant, 'ports'), ['broken port-taken']);
  },
);

const LISTEN = `
import socket, sys, time
address, port = sys.argv[1], int(sys.argv[2])
listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((address, port))
listener.listen()
print("listening", flush=True)
time.sleep(1000)
`;
