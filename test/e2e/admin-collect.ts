import {execFileSync} from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {hostname, tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {noAccounts} from '../helpers/account.ts';
import {startApache} from '../helpers/apache.ts';
import {lesserUser, visit} from '../helpers/front-end.ts';
import type {FrontEndServer} from '../helpers/front-end.ts';
import {startNginx} from '../helpers/nginx.ts';
import {occupy} from '../helpers/ports.ts';
import {run} from '../helpers/run.ts';
import type {Run} from '../helpers/rig.ts';
import {ROOT} from '../helpers/rig.ts';
import {Tenant} from '../helpers/tenant.ts';
import {testWith} from '../helpers/tools.ts';
import {waitUntil} from '../helpers/wait.ts';

/** Two good users with five apps, and two accounts for those who are not. */
interface Host {
  readonly alice: Tenant;
  readonly bob: Tenant;
  readonly mallory: Tenant;
  readonly eve: Tenant;
}

const APPS = {alice: ['one', 'two', 'three'], bob: ['one', 'shop']} as const;

const WSGI = `import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("%d %s %s" % (os.getuid(), environ["SCRIPT_NAME"], environ["PATH_INFO"])).encode()]
`;

/** One after the other: they share one host. */
function onHost(title: string, check: (t: ExecutionContext, host: Host) => Promise<void>): void {
  if (noAccounts !== undefined) {
    test.serial.skip(`${title} (skipped, ${noAccounts})`, () => undefined);
    return;
  }
  const withHost = async (t: ExecutionContext) => await check(t, await (host ??= settle()));
  testWith(['gunicorn', 'nginx', 'apache2', 'setfacl'], title, withHost, test.serial);
}

let host: Promise<Host> | undefined;

test.after.always('the accounts go', async () => {
  if (host === undefined) return;
  await Promise.all(Object.values(await host).map(async (tenant: Tenant) => await tenant.remove()));
});

async function settle(): Promise<Host> {
  const [alice, bob] = [await Tenant.create(), await Tenant.create()];
  const [mallory, eve] = [await Tenant.create(), await Tenant.create()];
  await Promise.all(
    [
      {tenant: alice, apps: APPS.alice},
      {tenant: bob, apps: APPS.bob},
    ].map(async ({tenant, apps}) => {
      // The web server has to get at static files.
      chmodSync(tenant.account.home, 0o711);
      for (const app of apps) {
        tenant.write(`${app}/wsgi.py`, WSGI, 0o644);
        if (app === 'shop') await addWithSocket(tenant, app);
        else await tenant.ok('add', path.join(tenant.account.home, app), '--transport', 'tcp');
      }
      if (tenant === alice) serveFiles(alice, 'three');
      await tenant.ok('start', 'all');
      await tenant.ok('request', ...apps, '--front', 'nginx');
    }),
  );
  for (const tenant of [mallory, eve]) tenant.write(path.join(requestsOf(tenant), 'x'), '');
  return {alice, bob, mallory, eve};
}

/** Reached over a Unix socket, which the web server's account is let through to. */
async function addWithSocket(tenant: Tenant, app: string): Promise<void> {
  const directory = path.join(tenant.account.home, app);
  const {code, stderr} = await tenant.appsup('add', directory, '--transport', 'unix', '--web-user', WEB_USER);
  if (code !== 0) throw new Error(stderr);
  const [command] = /setfacl -m u:\S+:x .*$/m.exec(stderr) ?? [];
  if (command !== undefined) await tenant.account.ok(command);
}

const WEB_USER = lesserUser() ?? 'nobody';

/** `three/dist` is served by the front end. */
function serveFiles(tenant: Tenant, app: string): void {
  tenant.write(`${app}/dist/style.css`, 'body {}\n', 0o644);
  const file = path.join(tenant.paths.apps, `${app}.toml`);
  writeFileSync(file, `static = { "/static" = "dist" }\n${readFileSync(file, 'utf8')}`);
}

/** Below the home. */
function requestsOf(tenant: Tenant): string {
  return path.relative(tenant.account.home, tenant.paths.requests);
}

/** Root runs the built binary. */
async function appsup(...args: readonly string[]): Promise<Run> {
  const env = {HOME: '/root', PATH: '/usr/sbin:/usr/bin:/sbin:/bin', NO_COLOR: '1', TZ: 'UTC'};
  return await run(process.execPath, [path.join(ROOT, 'bin/appsup'), 'admin', ...args], env);
}

interface Taken {
  readonly ok: true;
  readonly user: string;
  readonly app: string;
  readonly mount: string;
  readonly upstream: {readonly kind: string};
}
interface Refused {
  readonly ok: false;
  readonly user: string;
  readonly app: string | null;
  readonly reason: string;
}
interface Collected {
  readonly taken: readonly Taken[];
  readonly refused: readonly Refused[];
  readonly summary: {
    readonly ok: boolean;
    readonly applied: boolean;
    readonly reloaded: boolean;
    readonly changed: boolean;
    readonly diff: string;
    readonly failure: string | null;
    readonly kept: readonly {readonly user: string; readonly reason: string}[];
  };
}

async function collect({alice, bob, mallory, eve}: Host, ...args: readonly string[]): Promise<Collected> {
  const users = [alice, bob, mallory, eve].map(({name}) => name).join(',');
  const {stdout, stderr} = await appsup('collect', '--users', users, '--json', ...args);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  const summary = lines.at(-1) as Collected['summary'];
  if (!('applied' in summary)) throw new Error(`${stdout}${stderr}`);
  const apps = lines.slice(0, -1) as readonly (Taken | Refused)[];
  return {taken: apps.filter((app) => app.ok), refused: apps.filter((app) => !app.ok), summary};
}

const GOOD = {
  version: 1,
  host: hostname(),
  prefix: 'keep',
  statics: [],
  bodyLimitMb: 100,
  timeoutS: 300,
  date: '2026-11-20',
  front: 'apache',
};

/** A request of mallory's that would be taken, but for what is changed in it. */
function requestOf(tenant: Tenant, app: string, port: number, changes: object = {}): string {
  return JSON.stringify({
    ...GOOD,
    user: tenant.name,
    app,
    mount: `/${tenant.name}_${app}`,
    upstream: {protocol: 'http', kind: 'tcp', port},
    ...changes,
  });
}

async function rangeOf(tenant: Tenant): Promise<{readonly first: number; readonly last: number}> {
  const {range} = JSON.parse(await tenant.ok('ports', '--json')) as {range: {first: number; last: number}};
  return range;
}

/** What of other people's could have been touched. */
function everythingElse({alice, bob}: Host): unknown {
  const files = [alice, bob].flatMap(({paths}) =>
    readdirSync(paths.requests).map((name) => path.join(paths.requests, name)),
  );
  return [
    ...files.map((file) => {
      const {ino, mode, uid, size, mtimeMs} = lstatSync(file);
      return {file, ino, mode, uid, size, mtimeMs};
    }),
    // Their text changes with each account that another test makes meanwhile.
    ...['/etc/shadow', '/etc/passwd'].map((file) => {
      const {mode, uid, gid} = lstatSync(file);
      return {file, mode, uid, gid};
    }),
  ];
}

function outputIn(t: ExecutionContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'as-collect-'));
  t.teardown(() => rmSync(directory, {recursive: true, force: true}));
  return path.join(directory, 'appsup.conf');
}

onHost(
  'E4, C11: five apps of two users are collected, each with its own port and mount',
  async (t, world) => {
    const output = outputIn(t);
    const {taken, refused, summary} = await collect(world, '--front', 'nginx', '--output', output);
    t.deepEqual(refused, []);
    t.deepEqual(
      taken.map(({user, app, mount}) => `${user} ${app} ${mount}`).sort(),
      [
        ...APPS.alice.map((app) => `${world.alice.name} ${app} /${world.alice.name}_${app}`),
        ...APPS.bob.map((app) => `${world.bob.name} ${app} /${world.bob.name}_${app}`),
      ].sort(),
    );
    t.is(new Set(taken.map(({upstream}) => JSON.stringify(upstream))).size, 5);
    t.deepEqual(taken.map(({upstream}) => upstream.kind).sort(), ['tcp', 'tcp', 'tcp', 'tcp', 'unix']);
    t.like(summary, {ok: true, applied: false, reloaded: false, changed: true});
    t.regex(summary.diff, /^--- .*appsup\.conf \(installed\)\n\+\+\+ .*appsup\.conf \(collected\)\n@@ -0,0 /);
    // Without --apply nothing is there.
    t.deepEqual(readdirSync(path.dirname(output)), []);
  },
);

onHost('only root collects', async (t, {alice}) => {
  const {code, stderr} = await alice.appsup('admin', 'collect', '--front', 'nginx');
  t.is(code, 1);
  t.regex(
    stderr,
    /^Cannot collect requests: only root may read those of all users\n {2}hint: sudo appsup admin collect/,
  );
});

/** What hostile users do with a file: arranged all at once, in one account. `said`: of the refusal. */
interface Trick {
  readonly what: string;
  readonly said: RegExp;
  readonly arrange: (
    file: string,
    app: string,
    world: Host & {readonly port: number},
  ) => void | Promise<void>;
}

/** The text of a file that differs from a good one. */
const asks = (
  what: string,
  said: RegExp,
  changes: (world: Host & {readonly port: number}) => object,
): Trick => ({
  what,
  said,
  arrange: (file, app, world) =>
    writeFileSync(file, requestOf(world.mallory, app, world.port, changes(world))),
});

const socketAt = (file: string) => ({upstream: {protocol: 'http', kind: 'unix', path: file}});

const TRICKS: readonly Trick[] = [
  {
    what: 'a symbolic link to /etc/shadow',
    said: /is a symbolic link/,
    arrange: (file) => symlinkSync('/etc/shadow', file),
  },
  {
    what: "a hard link to a neighbour's file",
    said: /belongs to uid/,
    arrange: (file, _, {alice}) => linkSync(path.join(alice.account.home, 'one/wsgi.py'), file),
  },
  {
    what: 'a hard link to a file of their own',
    said: /it has 2 names/,
    arrange(file, app, {mallory, port}) {
      writeFileSync(`${file}.origin`, requestOf(mallory, app, port));
      linkSync(`${file}.origin`, file);
    },
  },
  {what: 'a FIFO', said: /no regular file/, arrange: (file) => void execFileSync('mkfifo', [file])},
  {
    what: 'a socket',
    said: /no regular file/,
    arrange: (file) =>
      void execFileSync('/usr/bin/python3', [
        '-c',
        'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])',
        file,
      ]),
  },
  {
    what: 'a sparse file of 1 GB',
    said: /it has 1073741824 bytes, at most 65536 are read/,
    arrange(file) {
      writeFileSync(file, '');
      truncateSync(file, 1024 ** 3);
    },
  },
  asks("a neighbour's port", /port \d+ is outside of .*'s range/, ({port}) => {
    return {upstream: {protocol: 'http', kind: 'tcp', port: port > 25_000 ? port - 2000 : port + 2000}};
  }),
  asks('a port on which somebody else listens', /port \d+ is taken by root \(uid 0\)/, ({port}) => {
    return {upstream: {protocol: 'http', kind: 'tcp', port: port + 1}};
  }),
  asks('a privileged port', /"port" may not be 22/, () => ({
    upstream: {protocol: 'http', kind: 'tcp', port: 22},
  })),
  asks("a neighbour's mount", /has not the form \/\{user\}_\{app\}/, ({alice}) => ({
    mount: `/${alice.name}_one`,
  })),
  asks("a neighbour's home page", /has not the form/, ({alice}) => ({mount: `/~${alice.name}/x`})),
  asks('the mount "/"', /the mount \/ has not the form/, () => ({mount: '', prefix: 'none'})),
  asks('a mount with a regular expression', /"mount" may not be/, ({mallory}) => ({
    mount: `/${mallory.name}_(.*)`,
  })),
  asks('a mount with ..', /"mount" may not be/, ({mallory}) => ({mount: `/${mallory.name}_x/../../admin`})),
  asks('a mount with a variable of Apache', /"mount" may not be/, ({mallory}) => ({
    mount: `/${mallory.name}_%{ENV:X}`,
  })),
  asks('a mount with a quote and a directive', /"mount" may not be/, ({mallory}) => {
    return {mount: `/${mallory.name}_x">\nProxyPass "/" "http://evil/"`};
  }),
  asks('a name with a newline', /"app" may not be/, () => ({app: 'x\n</Location>'})),
  asks('a host with a quote', /"host" may not be/, () => ({host: `${hostname()}"`})),
  asks('a date with a newline', /"date" may not be/, () => ({date: '2026-11-20\nListen 81'})),
  asks('a body limit with a directive', /"bodyLimitMb" may not be/, () => ({bodyLimitMb: '1m; return 200'})),
  asks("a neighbour's name", /it says that it is /, ({alice}) => ({user: alice.name})),
  asks("another app's name", /it is about other, by its own words/, () => ({app: 'other'})),
  asks('another host', /it is for the host elsewhere/, () => ({host: 'elsewhere'})),
  asks('a date that lies ahead', /its date lies ahead: 2999-01-01/, () => ({date: '2999-01-01'})),
  asks('another version', /version 2 is not known here/, () => ({version: 2})),
  asks('a key that decides things elsewhere', /the key "ProxyPass" is not known/, () => ({ProxyPass: 'on'})),
  asks("a neighbour's socket", /control\.sock is not in ~\/\.local/, ({alice}) =>
    socketAt(alice.paths.socket),
  ),
  asks('a socket of their own that is not for visitors', /control\.sock is not in ~\/\.local/, ({mallory}) =>
    socketAt(mallory.paths.socket),
  ),
  asks("the system's socket", /docker\.sock is not in ~\/\.local/, () => socketAt('/run/docker.sock')),
  asks('static files of /etc', /\/etc is not below/, () => ({
    statics: [{path: '/static', directory: '/etc'}],
  })),
  {
    what: 'static files by way of a symbolic link',
    said: /is a symbolic link/,
    arrange(file, app, {mallory, port}) {
      symlinkSync('/etc', path.join(mallory.account.home, 'dist'));
      const statics = [{path: '/static', directory: path.join(mallory.account.home, 'dist', 'ssl')}];
      writeFileSync(file, requestOf(mallory, app, port, {statics}));
    },
  },
  {
    what: 'a file of somebody else',
    said: /it belongs to uid \d+/,
    arrange(file, app, {mallory, bob, port}) {
      writeFileSync(file, requestOf(mallory, app, port));
      chownSync(file, bob.uid, bob.account.gid);
    },
  },
  {
    what: 'a file that all can write',
    said: /others can write it/,
    arrange(file, app, {mallory, port}) {
      writeFileSync(file, requestOf(mallory, app, port));
      chmodSync(file, 0o666);
    },
  },
  {
    what: 'JSON of sixty thousand levels',
    said: /it is not JSON/,
    arrange: (file) => writeFileSync(file, '{"a":'.repeat(12_000)),
  },
  {
    what: 'what is not UTF-8',
    said: /it is not UTF-8/,
    arrange: (file) => writeFileSync(file, Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
  },
  {
    what: 'a file without rights',
    said: /cannot be opened by its owner/,
    arrange: (file) => writeFileSync(file, '', {mode: 0}),
  },
  asks('a mount twice', /asks for the mount .*, too/, ({mallory}) => ({mount: `/${mallory.name}_twice`})),
  asks('the same mount once more', /asks for the mount .*, too/, ({mallory}) => ({
    mount: `/${mallory.name}_twice`,
  })),
];

/** What they do with the directory: arranged one after the other, in another account. */
const PLACES: readonly (Omit<Trick, 'arrange'> & {readonly arrange: (world: Host) => void})[] = [
  {
    what: "the directory is a symbolic link to a neighbour's",
    said: /requests is a symbolic link or no directory/,
    arrange({alice, eve}) {
      rmSync(eve.paths.requests, {recursive: true});
      symlinkSync(alice.paths.requests, eve.paths.requests);
    },
  },
  {
    what: "a directory above is a symbolic link to a neighbour's",
    said: /\.local\/state is a symbolic link or no directory/,
    arrange({alice, eve}) {
      rmSync(eve.paths.requests);
      renameSync(path.join(eve.account.home, '.local/state'), path.join(eve.account.home, 'state'));
      symlinkSync(path.join(alice.account.home, '.local/state'), path.join(eve.account.home, '.local/state'));
    },
  },
  {
    what: 'the directory is one that all can write',
    said: /others can write .*\/requests/,
    arrange({eve}) {
      rmSync(path.join(eve.account.home, '.local/state'));
      renameSync(path.join(eve.account.home, 'state'), path.join(eve.account.home, '.local/state'));
      eve.write(path.join(requestsOf(eve), 'x'), '');
      chmodSync(eve.paths.requests, 0o777);
    },
  },
  {
    what: "the directory is somebody else's",
    said: /requests belongs to uid/,
    arrange({eve, bob}) {
      chmodSync(eve.paths.requests, 0o755);
      chownSync(eve.paths.requests, bob.uid, bob.account.gid);
    },
  },
  {
    what: 'there are more files than anybody has apps',
    said: /there are more than 100 files: none is read/,
    arrange({eve}) {
      chownSync(eve.paths.requests, eve.uid, eve.account.gid);
      for (let index = 0; index < 500; index++)
        writeFileSync(path.join(eve.paths.requests, `a${index}.json`), '{}');
    },
  },
  {
    what: 'the home is one that all can write',
    said: /others can write ~/,
    arrange: ({eve}) => chmodSync(eve.account.home, 0o777),
  },
];

onHost(
  'admin collect against twenty hostile users: nothing of theirs gets in, nothing of others changes, and the good ones are served',
  async (t, world) => {
    t.true(TRICKS.length + PLACES.length >= 20);
    const {alice, bob, mallory, eve} = world;
    const {first} = await rangeOf(mallory);
    await occupy(t, first + 1);
    for (const [index, {arrange}] of TRICKS.entries()) {
      const file = path.join(mallory.paths.requests, `a${index}.json`);
      await arrange(file, `a${index}`, {...world, port: first});
      const {nlink, uid} = lstatSync(file);
      if (nlink === 1 && uid === 0)
        execFileSync('chown', ['-h', `${mallory.uid}:${mallory.account.gid}`, file]);
    }
    // Two names of one file are mallory's both.
    execFileSync('sh', [
      '-c',
      'chown "$1" "$2"/*.origin',
      'sh',
      `${mallory.uid}:${mallory.account.gid}`,
      mallory.paths.requests,
    ]);
    const untouched = everythingElse(world);
    const output = outputIn(t);
    const ask = async (...args: readonly string[]) =>
      await collect(world, '--front', 'apache', '--output', output, ...args);

    const {taken, refused} = await ask();
    t.deepEqual([...new Set(taken.map(({user}) => user))].sort(), [alice.name, bob.name].sort());
    t.is(taken.length, 5);
    for (const [index, {what, said}] of TRICKS.entries()) {
      const found = refused.filter(({user, app}) => user === mallory.name && app === `a${index}`);
      t.is(found.length, 1, what);
      t.regex(found[0]?.reason ?? '', said, what);
    }
    t.is(refused.length, TRICKS.length);

    for (const {what, said, arrange} of PLACES) {
      arrange(world);
      const {taken: still, refused: now} = await ask();
      t.is(still.length, 5, what);
      const [reason, ...more] = now.filter(({user}) => user === eve.name).map((each) => each.reason);
      t.deepEqual(more, [], what);
      t.regex(reason ?? '', said, what);
    }

    const {code, stdout} = await appsup(
      'collect',
      '--front',
      'apache',
      '--output',
      output,
      '--users',
      [alice, bob, mallory, eve].map(({name}) => name).join(','),
    );
    t.is(code, 0);
    t.regex(
      stdout,
      new RegExp(`^${alice.name} +one +/${alice.name}_one +127\\.0\\.0\\.1:\\d+ +\\d{4}-`, 'm'),
    );
    t.regex(stdout, new RegExp(`^refused: ${mallory.name} a0: a0\\.json is a symbolic link$`, 'm'));
    t.false(existsSync(output));
    t.deepEqual(everythingElse(world), untouched);

    for (const [front, start, config] of [
      ['apache', startApache, 'httpd.conf'],
      ['nginx', startNginx, 'nginx.conf'],
    ] as const) {
      const server = await start('');
      t.teardown(async () => await server.stop());
      await serves(t, world, {front, server, config});
    }
    t.deepEqual(everythingElse(world), untouched);
  },
);

async function serves(
  t: ExecutionContext,
  world: Host,
  {front, server, config}: {readonly front: string; readonly server: FrontEndServer; readonly config: string},
): Promise<void> {
  const {alice, bob, mallory} = world;
  const file = path.join(server.directory, 'snippet.conf');
  const args = ['--front', front, '--output', file, '--server-config', path.join(server.directory, config)];
  const {summary} = await collect(world, ...args, '--apply', '--reload');
  t.like(summary, {ok: true, applied: true, reloaded: true, failure: null});
  const text = readFileSync(file, 'utf8');
  t.false(text.includes(mallory.name));
  t.is(text.match(/^# >>> appsup /gm)?.length, 5);
  t.is(lstatSync(file).mode & 0o777, 0o644);
  for (const [tenant, apps] of [
    [alice, APPS.alice],
    [bob, APPS.bob],
  ] as const) {
    for (const app of apps) {
      const mount = `/${tenant.name}_${app}`;
      // The old workers end when they are done: some of the first answers may be theirs.
      await waitUntil(`${front} serves ${mount}`, async () => {
        const {body} = await visit(server, {path: `${mount}/x`});
        return body === `${tenant.uid} ${mount} /x`;
      });
      await waitUntil(
        `${front} leads to ${mount}/`,
        async () => (await visit(server, {path: mount})).status === 308,
      );
      t.is((await visit(server, {path: `${mount}x/`})).status, 404);
    }
  }
  await staysInTheHome(t, world, server);
  const again = await collect(world, ...args, '--apply', '--reload');
  t.like(again.summary, {ok: true, changed: false, applied: false, reloaded: false});
  // As on a day on which a home is not mounted, or root's cron has no ticket for it.
  chmodSync(alice.account.home, 0);
  const blind = await collect(world, ...args, '--apply', '--reload');
  chmodSync(alice.account.home, 0o711);
  t.like(blind.summary, {ok: true, changed: false, applied: false});
  t.deepEqual(
    blind.summary.kept.map(({user, reason}) => [user, reason]),
    [[alice.name, '~ cannot be opened by its owner (EACCES)']],
  );

  // A file to which nothing leads passes every test, and has no effect.
  const elsewhere = path.join(server.directory, 'elsewhere.conf');
  const users = [alice, bob].map(({name}) => name).join(',');
  const {stderr} = await appsup('collect', '--users', users, ...args, '--output', elsewhere, '--apply');
  t.regex(stderr, /^! nothing leads to it yet, once and for all: include .*elsewhere\.conf/im);
  t.regex(stderr, /^! to activate it: /m);
}

/** What the web server may read and the users may not: a link to it is planted after the administrator has looked. */
async function staysInTheHome(
  t: ExecutionContext,
  {alice, bob}: Host,
  server: FrontEndServer,
): Promise<void> {
  const ask = async (name: string) => await visit(server, {path: `/${alice.name}_three/static/${name}`});
  const dist = path.join(alice.account.home, 'three/dist');
  t.is((await ask('style.css')).body, 'body {}\n');
  for (const [place, name] of [
    [dist, 'wsgi.py'],
    [path.join(alice.account.home, 'three'), 'style.css'],
    [path.join(dist, 'style.css'), 'style.css'],
  ] as const) {
    renameSync(place, `${place}.real`);
    symlinkSync(path.join(bob.account.home, place.endsWith('.css') ? 'one/wsgi.py' : 'one'), place);
    lchownSync(place, alice.uid, alice.account.gid);
    const {status, body} = await ask(name);
    t.true(status === 403 || status === 404, `${place}: ${status}`);
    t.notRegex(body, /def application/);
    rmSync(place);
    renameSync(`${place}.real`, place);
  }
  t.is((await ask('style.css')).status, 200);
}

onHost('what the server with its whole configuration refuses is rolled back', async (t, world) => {
  const output = outputIn(t);
  const main = path.join(path.dirname(output), 'httpd.conf');
  // No mod_proxy here, which the check of the file alone cannot know.
  const modules = path.dirname(
    execFileSync('find', ['/usr/lib', '/usr/lib64', '-name', 'mod_mpm_event.so'], {encoding: 'utf8'}).split(
      '\n',
    )[0] ?? '',
  );
  const lines = [
    `ServerRoot "${path.dirname(output)}"`,
    'ServerName localhost',
    'ErrorLog /dev/null',
    `LoadModule mpm_event_module "${modules}/mod_mpm_event.so"`,
    `LoadModule authz_core_module "${modules}/mod_authz_core.so"`,
    'Listen 127.0.0.1:8080',
    `Include "${output}"`,
  ];
  writeFileSync(main, `${lines.join('\n')}\n`);
  writeFileSync(output, '# as it was\n');
  const ask = async () =>
    await appsup(
      'collect',
      '--users',
      world.alice.name,
      '--front',
      'apache',
      '--output',
      output,
      '--server-config',
      main,
      '--apply',
      '--reload',
    );
  const {code, stderr} = await ask();
  t.is(code, 1);
  t.regex(stderr, /^Cannot apply .*: the server refuses its configuration: .*RedirectMatch|ProxyPass/m);
  t.regex(stderr, /hint: the configuration is as before; nothing was reloaded/);
  t.is(readFileSync(output, 'utf8'), '# as it was\n');
  t.deepEqual(readdirSync(path.dirname(output)).sort(), ['appsup.conf', 'appsup.conf.lock', 'httpd.conf']);

  writeFileSync(main, `${lines.join('\n')}\nNonsense\n`);
  const broken = await ask();
  t.regex(broken.stderr, /Nonsense[^]*hint: the configuration was broken before/);

  chmodSync(path.dirname(output), 0o777);
  t.regex((await ask()).stderr, /^Cannot write .*: others can write /);
  chownSync(output, world.bob.uid, world.bob.account.gid);
  t.regex((await ask()).stderr, /^Cannot use .*: it belongs to uid /);
});
