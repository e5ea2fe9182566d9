import {randomBytes} from 'node:crypto';
import {chmodSync, readdirSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {quote} from '../../src/boot/script.ts';
import {noAccounts} from '../helpers/account.ts';
import {argvOf, isRunning, processesOf} from '../helpers/processes.ts';
import {get} from '../helpers/rig.ts';
import {Tenant} from '../helpers/tenant.ts';
import {toolPath} from '../helpers/tools.ts';
import {waitUntil} from '../helpers/wait.ts';

/** Two people of one host, each with the apps "one" and "two". */
interface Host {
  readonly alice: Tenant;
  readonly bob: Tenant;
  /** In alice's env file. */
  readonly secret: string;
}

/** A test with real accounts. One after the other: they share one host, on which ports are scarce. */
function onHost(title: string, check: (t: ExecutionContext, host: Host) => Promise<void>): void {
  if (noAccounts !== undefined) {
    test.serial.skip(`${title} (skipped, ${noAccounts})`, () => undefined);
    return;
  }
  test.serial(title, async (t) => await check(t, await (host ??= settle())));
}

let host: Promise<Host> | undefined;

test.after.always('the accounts go', async () => {
  if (host === undefined) return;
  const {alice, bob} = await host;
  await Promise.all([alice.remove(), bob.remove()]);
});

/** Says whose process answers, and how long the secret is that it got. */
const WSGI = `import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("%d %d" % (os.getuid(), len(os.environ.get("TOKEN", "")))).encode()]
`;

async function settle(): Promise<Host> {
  const secret = randomBytes(16).toString('hex');
  const [alice, bob] = [await Tenant.create(), await Tenant.create()];
  for (const tenant of [alice, bob]) {
    for (const app of ['one', 'two']) {
      tenant.write(`${app}/wsgi.py`, WSGI, 0o644);
      if (tenant === alice) tenant.write(`${app}/.env`, `TOKEN=${secret}\n`);
      await tenant.ok('add', path.join(tenant.account.home, app));
    }
    await tenant.ok('start', 'all');
    // Many hosts have homes that everybody may enter: what is private has to be so by itself.
    for (const directory of ['.', '.config', '.local', '.local/state'])
      chmodSync(path.join(tenant.account.home, directory), 0o755);
  }
  return {alice, bob, secret};
}

/** Every directory and file below, with itself; sockets apart. */
function everythingIn(directory: string): {
  readonly names: readonly string[];
  readonly sockets: readonly string[];
} {
  const all = readdirSync(directory, {recursive: true, encoding: 'utf8'}).map((name) =>
    path.join(directory, name),
  );
  const isSocket = (file: string) => statSync(file).isSocket();
  return {names: [directory, ...all.filter((file) => !isSocket(file))], sockets: all.filter(isSocket)};
}

/** Which of these the account can see into; `''` ends the list. */
async function readable(tenant: Tenant, names: readonly string[]): Promise<readonly string[]> {
  const look =
    'while IFS= read -r name; do { ls "$name/." || cat "$name"; } >/dev/null 2>&1 && echo "$name"; done; true';
  return (await tenant.account.ok(look, {input: `${names.join('\n')}\n`})).split('\n').filter(Boolean);
}

/** Which of these sockets take a connection of the account. */
async function connectable(tenant: Tenant, sockets: readonly string[]): Promise<readonly string[]> {
  const script = `import socket, sys
for line in sys.stdin:
    try: socket.socket(socket.AF_UNIX).connect(line.rstrip("\\n"))
    except OSError: continue
    print(line, end="")
`;
  const said = await tenant.account.ok(`/usr/bin/python3 -c ${quote(script)}`, {
    input: `${sockets.join('\n')}\n`,
  });
  return said.split('\n').filter(Boolean);
}

/** Listen as the account until the function that is returned is called. */
async function squat(
  tenant: Tenant,
  address: string,
  port: number,
): Promise<{readonly pid: number; end(): Promise<void>}> {
  const file = tenant.write('squat.py', SQUATTER, 0o644);
  const pid = Number(await tenant.account.ok(`setsid /usr/bin/python3 ${file} ${address} ${port}`));
  return {
    pid,
    async end() {
      await tenant.account.run(`kill ${pid}`);
      await waitUntil('the squatter is gone', () => !isRunning(pid));
    },
  };
}

/** Prints its pid once it listens, and lets go of the login. */
const SQUATTER = `import os, signal, socket, sys
address, port = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if ":" in address: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
s.bind((address, port)); s.listen()
pid = os.fork()
if pid: print(pid); sys.exit()
for fd in (0, 1, 2): os.close(fd)
signal.pause()
`;

onHost(
  'C11: two accounts with two apps each have four ports, two supervisors, and processes of their own only; a restart keeps the port',
  async (t, {alice, bob}) => {
    const ports = new Set<number>();
    for (const tenant of [alice, bob]) {
      const supervisors = processesOf(tenant.uid).filter(
        (pid) => argvOf(pid)[0]?.startsWith('appsupd') ?? false,
      );
      t.is(supervisors.length, 1);
      t.is((await tenant.status()).supervisor.pid, supervisors[0] as number);
      for (const name of ['one', 'two']) {
        const {port = 0, mount, processes} = await tenant.app(name);
        ports.add(port);
        t.is(mount, `/${tenant.name}_${name}`);
        const {status, body} = await get(port, `${mount}/`);
        t.deepEqual([status, body.split(' ')[0]], [200, String(tenant.uid)]);
        t.is(statSync(`/proc/${processes[0]?.pid ?? 0}`).uid, tenant.uid);
      }
    }
    t.is(ports.size, 4);
    await alice.ok('restart', 'one');
    await alice.ok('daemon', 'restart');
    for (const name of ['one', 'two']) t.true(ports.has((await alice.app(name)).port ?? 0));
    t.is((await get((await alice.app('one')).port ?? 0, `/${alice.name}_one/`)).status, 200);
  },
);

onHost(
  'another account reads nothing of config, state, env files and logs, and connects to no socket',
  async (t, {alice, bob}) => {
    const {paths} = alice;
    await alice.ok('logs', 'one');
    const [config, state] = [everythingIn(paths.config), everythingIn(paths.state)];
    const secrets = [
      ...config.names,
      ...state.names,
      ...['one', 'two'].map((app) => path.join(alice.account.home, app, '.env')),
    ];
    const ofProcesses = processesOf(alice.uid).flatMap((pid) => [`/proc/${pid}/environ`, `/proc/${pid}/fd`]);
    t.true(state.names.some((file) => file.endsWith('/logs/one/web.log')));
    t.true(state.sockets.includes(paths.socket) && state.sockets.length > 2);

    // What the owner sees shows that the question is asked rightly.
    t.deepEqual(await readable(alice, secrets), secrets);
    t.deepEqual(await connectable(alice, state.sockets), state.sockets);
    t.deepEqual(await readable(bob, [...secrets, ...ofProcesses]), []);
    t.deepEqual(await connectable(bob, state.sockets), []);
    // Should a directory above be opened one day, each is still closed by itself.
    // The web server's account may go through `front`: with an ACL, the bits of the group are what any entry may have at most.
    for (const name of [...secrets, ...state.sockets])
      t.is(statSync(name).mode & (name === paths.front ? 0o067 : 0o077), 0, name);
  },
);

onHost(
  'another account controls nothing: neither by the socket, nor by the command, nor by signals',
  async (t, {alice, bob}) => {
    const before = [await alice.pids(), (await alice.status()).supervisor.pid];
    const curl = await bob.account.run(
      `${toolPath('curl')} -sS --unix-socket ${quote(alice.paths.socket)} http://x/v1/status`,
    );
    t.not(curl.code, 0);
    for (const verb of [
      'status',
      'stop all',
      'restart one',
      'daemon stop',
      'daemon start',
      'logs one',
      'show one',
    ]) {
      const places = `APPSUP_STATE_DIR=${quote(alice.paths.state)} APPSUP_CONFIG_DIR=${quote(alice.paths.config)}`;
      const {code, stdout, stderr} = await bob.account.run(`${places} ${bob.command(...verb.split(' '))}`);
      t.true(code === 1 || code === 7, `${verb}: ${stdout}${stderr}`);
      t.regex(stderr, /^Cannot .*(permission denied|not permitted|belongs to)/m, verb);
      t.notRegex(stderr, /made a mistake/);
    }
    for (const pid of processesOf(alice.uid)) t.not((await bob.account.run(`kill -KILL ${pid}`)).code, 0);
    t.deepEqual([await alice.pids(), (await alice.status()).supervisor.pid], before);
  },
);

onHost('the process list that everybody sees shows no secret', async (t, {alice, bob, secret}) => {
  const {port = 0, mount} = await alice.app('one');
  t.is((await get(port, `${mount}/`)).body, `${alice.uid} ${secret.length}`);
  const list = await bob.account.ok(`${toolPath('ps')} -eo args`);
  t.true(list.includes('gunicorn'));
  t.false(list.includes(secret));
});

onHost("C11: a port of one's range on which a neighbour listens is not leased", async (t, {alice, bob}) => {
  const [, first = '', last = ''] = /(\d+)-(\d+)/.exec(await alice.ok('ports')) ?? [];
  const leased = new Set((await alice.status()).apps.map(({port}) => port));
  const free = Array.from({length: Number(last) - Number(first) + 1}, (_, at) => Number(first) + at).filter(
    (port) => !leased.has(port),
  );
  const squatters = [
    await squat(bob, '127.0.0.1', free[0] as number),
    await squat(bob, '::1', free[1] as number),
  ];
  t.teardown(async () => void (await Promise.all(squatters.map(async (each) => await each.end()))));
  alice.write('three/wsgi.py', WSGI, 0o644);
  t.regex(
    await alice.ok('add', path.join(alice.account.home, 'three'), '--transport', 'tcp'),
    new RegExp(`port ${free[2]}`),
  );
  const table = await alice.ok('ports');
  t.regex(
    table,
    new RegExp(`^${free[0]} .*${bob.name} \\(uid ${bob.uid}\\), listening on 127\\.0\\.0\\.1$`, 'm'),
  );
  t.regex(table, new RegExp(`^${free[1]} .*${bob.name} \\(uid ${bob.uid}\\), listening on ::1$`, 'm'));
  await alice.ok('remove', 'three', '--yes');
});

onHost(
  'a neighbour on a leased port is named with the way out, nothing is done to him, and once he has left the app starts',
  async (t, {alice, bob}) => {
    alice.write('late/wsgi.py', WSGI, 0o644);
    const others = await alice.pids();
    await alice.ok('daemon', 'stop', '--keep-apps');
    await alice.ok('add', path.join(alice.account.home, 'late'), '--transport', 'tcp');
    const port = Number(/late +(\d+)/.exec(await alice.ok('list'))?.[1]);
    const squatter = await squat(bob, '127.0.0.1', port);

    const {code, stderr} = await alice.appsup('start', 'late');
    t.is(code, 7);
    t.true(
      stderr.includes(
        `Cannot start "late": port ${port} is taken by ${bob.name} (uid ${bob.uid}), listening on 127.0.0.1\n` +
          `  hint: the port is in the snippet that the administrators have. Ask ${bob.name}, or lease another one and send a new request: appsup ports move late\n`,
      ),
      stderr,
    );
    const {stdout} = await alice.appsup('start', 'late', '--json');
    const {error, ok, app} = JSON.parse(stdout) as {error: object; ok: boolean; app: string};
    t.deepEqual([app, ok], ['late', false]);
    t.like(error, {code: 'PORT_TAKEN', port, uid: bob.uid, user: bob.name});
    t.true(isRunning(squatter.pid));
    t.like(await alice.pids(), others);
    t.regex((await alice.appsup('status')).stdout, new RegExp(`port ${port} is taken by ${bob.name}`));

    await squatter.end();
    await alice.ok('start', 'late');
    t.is((await get(port, `/${alice.name}_late/`)).status, 200);
    t.notRegex((await alice.appsup('status')).stderr, /is taken by/);
    await alice.ok('remove', 'late', '--yes');
  },
);

/** Tries every way to listen on a port; prints those that work. */
const GRAB = `import socket, sys
for address in ("127.0.0.1", "0.0.0.0", "::"):
    for option in (None, socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        if option is not None: s.setsockopt(socket.SOL_SOCKET, option, 1)
        if ":" in address: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            s.bind((address, int(sys.argv[1]))); s.listen(); print(address, option)
        except OSError: pass
        s.close()
`;

onHost(
  'the port of a stopped app answers 503, and as little as that of a running one can a neighbour take it',
  async (t, {alice, bob}) => {
    const grab = bob.write('grab.py', GRAB, 0o644);
    const {port = 0, mount} = await alice.app('two');
    const grabbed = async () => await bob.account.ok(`/usr/bin/python3 ${grab} ${port}`);
    t.is(await grabbed(), '');
    await alice.ok('stop', 'two');
    const {status, body} = await get(port, `${mount}/`);
    t.is(status, 503);
    t.regex(body, /two.*is not running/);
    t.is(await grabbed(), '');
    await alice.ok('daemon', 'restart');
    t.is(await grabbed(), '');
    t.is((await get(port, `${mount}/`)).status, 503);
    await alice.ok('start', 'two');
    t.is((await get(port, `${mount}/`)).status, 200);
  },
);

onHost(
  "a neighbour on [::1] of an app's port is reported, and visitors who come by 127.0.0.1 do not meet him",
  async (t, {alice, bob}) => {
    if (!readFileSync('/proc/net/if_inet6', 'utf8').includes('00000000000000000000000000000001'))
      return void t.pass('no IPv6 here');
    const {port = 0, mount} = await alice.app('one');
    const squatter = await squat(bob, '::1', port);
    t.teardown(async () => await squatter.end());
    t.regex(
      await alice.ok('ports'),
      new RegExp(`^${port} +one +${bob.name} \\(uid ${bob.uid}\\), listening on ::1$`, 'm'),
    );
    const {leases} = JSON.parse(await alice.ok('ports', '--json')) as {
      leases: readonly {app: string; listener: object}[];
    };
    t.like(leases.find(({app}) => app === 'one')?.listener, {
      uid: bob.uid,
      user: bob.name,
      address: '::1',
      ours: false,
    });
    t.is((await get(port, `${mount}/`)).body.split(' ')[0], String(alice.uid));
    await alice.ok('restart', 'one');
    t.is((await get(port, `${mount}/`)).body.split(' ')[0], String(alice.uid));
    t.true(isRunning(squatter.pid));
  },
);

onHost(
  'an account that ends its supervisor and its apps leaves those of the other one as they are',
  async (t, {alice, bob}) => {
    const before = [await alice.pids(), (await alice.status()).supervisor.pid];
    await bob.ok('daemon', 'stop');
    t.false(processesOf(bob.uid).some((pid) => /gunicorn|appsupd/.test(argvOf(pid).join(' '))));
    t.deepEqual([await alice.pids(), (await alice.status()).supervisor.pid], before);
  },
);
