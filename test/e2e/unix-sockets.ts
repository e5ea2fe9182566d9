import {existsSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {publicSocketPath} from '../../src/system/paths.ts';
import {noAccounts} from '../helpers/account.ts';
import {startApache} from '../helpers/apache.ts';
import {lesserUser, visit} from '../helpers/front-end.ts';
import type {FrontEndServer} from '../helpers/front-end.ts';
import {startNginx} from '../helpers/nginx.ts';
import {get, killQuietly, Load, Rig, until} from '../helpers/rig.ts';
import {Tenant} from '../helpers/tenant.ts';
import {testWith} from '../helpers/tools.ts';

const WSGI = `def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("app %s %s" % (environ["wsgi.url_scheme"], environ.get("HTTP_X_FORWARDED_FOR"))).encode()]
`;

/** A test with real accounts, nginx and Apache, both as the web server's own account. */
function onHost(title: string, check: (t: ExecutionContext) => Promise<void>): void {
  if (noAccounts === undefined) testWith(['gunicorn', 'nginx', 'apache2', 'setfacl'], title, check);
  else test.skip(`${title} (skipped, ${noAccounts})`, () => undefined);
}

async function person(t: ExecutionContext): Promise<Tenant> {
  const tenant = await Tenant.create();
  t.teardown(async () => await tenant.remove());
  return tenant;
}

const CONNECT = 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])';

onHost(
  'X5: the web server may connect to the Unix socket of an app, through nginx and Apache, and nobody else',
  async (t) => {
    const [alice, bob] = [await person(t), await person(t)];
    const web = lesserUser() ?? '';
    alice.write('pages/wsgi.py', WSGI);
    const socket = publicSocketPath(alice.paths, 'pages');
    const {home} = alice.account;
    const added = await alice.appsup('add', `${home}/pages`, '--transport', 'unix', '--web-user', web);
    t.is(added.code, 0, added.stderr);
    // The home is 0700, and nobody but its owner opens it.
    const [command = ''] = /setfacl -m u:\S+:x .*$/m.exec(added.stderr) ?? [];
    t.true(command.startsWith(`setfacl -m u:${web}:x ${home}`), added.stderr);
    t.regex((await alice.appsup('start', 'pages')).stderr, /cannot reach/);
    await alice.account.ok(command);
    t.deepEqual((await alice.app('pages')).problems, []);

    const servers: FrontEndServer[] = [];
    t.teardown(async () => void (await Promise.all(servers.map(async (server) => await server.stop()))));
    for (const [front, start] of [
      ['nginx', startNginx],
      ['apache', startApache],
    ] as const)
      servers.push(await start(await alice.ok('snippet', 'pages', '--front', front)));
    const all = async (status: number, body: RegExp) => {
      for (const server of servers) {
        const answer = await visit(server, {path: `/${alice.name}_pages/`});
        if (answer.status !== status) t.log(server.log());
        t.is(answer.status, status);
        t.regex(answer.body, body);
      }
    };
    await all(200, /^app http 127.0.0.1$/);
    for (const {port} of servers) {
      const verified = await alice.appsup('verify', 'pages', '--front', `http://127.0.0.1:${port}`);
      t.is(verified.code, 0, verified.stdout);
      t.regex(verified.stdout, /^ {2}OK {6}reached, and it is this app +token matched/m);
    }

    const refused = await bob.account.run(`/usr/bin/python3 -c '${CONNECT}' ${socket}`);
    t.regex(refused.stderr, /PermissionError/);

    // The supervisor dies by force, the socket's name is taken away: the next one fetches and names it again.
    const [pid] = (await alice.account.ok(`cat ${alice.paths.lock}`)).split(' ');
    killQuietly(Number(pid));
    rmSync(path.dirname(socket), {recursive: true});
    await alice.ok('daemon', 'start');
    await all(200, /^app/);
    t.regex(await alice.ok('restart', 'pages'), /nothing dropped/);
    await all(200, /^app/);
    rmSync(socket);
    await until(() => existsSync(socket), 'the socket has its name again');
    await all(200, /^app/);
    await alice.ok('daemon', 'restart');
    await all(200, /^app/);
    await alice.ok('stop', 'pages');
    // Apache has a page of its own for that.
    await all(503, /not running/);
    await alice.ok('start', 'pages');
    await all(200, /^app/);
    t.regex((await bob.account.run(`/usr/bin/python3 -c '${CONNECT}' ${socket}`)).stderr, /PermissionError/);
    await alice.ok('remove', 'pages', '--yes');
    t.false(existsSync(socket));
  },
);

onHost(
  '«appsup add» proposes a Unix socket where the web server gets that far, and a port with the way out where it does not',
  async (t) => {
    const alice = await person(t);
    const {home} = alice.account;
    const web = lesserUser() ?? '';
    for (const app of ['one', 'two']) alice.write(`${app}/wsgi.py`, WSGI);
    alice.write('.config/appsup/config.toml', `web_user = "${web}"\n`);
    const closed = await alice.appsup('add', `${home}/one`);
    t.regex(closed.stdout, /port \d+/);
    const [command = ''] = /setfacl -m \S+( \/\S+)+(?=,)/.exec(closed.stderr) ?? [];
    await alice.account.ok(command);
    t.regex(await alice.ok('add', `${home}/two`), /Added two: Unix socket/);
    t.regex(await alice.ok('show', 'two'), /^transport = "unix"/m);
  },
);

const NODE = `const http = require('http');
const server = http.createServer((request, response) => {
  response.setHeader('connection', 'close');
  response.end('node');
});
server.listen({fd: 3});
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;
const ASGI = `async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["scheme"].encode()})
`;
const KINDS: readonly (readonly [
  tools: readonly string[],
  kind: string,
  toml: string,
  files: Record<string, string>,
])[] = [
  [['gunicorn'], 'gunicorn', 'gunicorn = "wsgi:application"', {'wsgi.py': WSGI}],
  [['uwsgi', 'uwsgiPython'], 'uwsgi', 'uwsgi = "wsgi:application"', {'wsgi.py': WSGI}],
  [['uvicorn'], 'uvicorn', 'uvicorn = "asgi:app"', {'asgi.py': ASGI}],
  [[], 'node', 'command = "node server.js"\nlisten = "socket"', {'server.js': NODE}],
];
for (const [tools, kind, toml, files] of KINDS) {
  testWith(tools, `${kind} on a Unix socket: no visitor is refused over restarts`, async (t) => {
    const rig = Rig.create();
    t.teardown(async () => void (await rig.clean()));
    await rig.define(kind, '', files);
    const file = path.join(rig.paths.apps, `${kind}.toml`);
    writeFileSync(
      file,
      `directory = "${rig.home}/${kind}"\nmount = "/x"\nprefix = "strip"\ntransport = "unix"\n[programs.web]\n${toml}\n`,
    );
    await rig.ok('start', kind);
    const socket = publicSocketPath(rig.paths, kind);
    t.is((await rig.app(kind)).where, `unix:${socket}`);
    const {body} = await get(socket, '/', {'x-forwarded-proto': 'https'});
    t.regex(body, kind === 'node' ? /node/ : /https/);
    const load = new Load(socket, '/', 4);
    await load.answers(20);
    t.regex(await rig.ok('restart', kind), /new version ready/);
    await load.answers(20);
    await load.stop();
    // uvicorn drops what it accepted and has not read when it is told to stop, whatever the socket.
    if (kind !== 'uvicorn') t.deepEqual(load.failures, []);
    await rig.ok('stop', kind);
    t.is((await get(socket, '/')).status, 503);
  });
}

testWith(['gunicorn'], 'a web server without an account is told of in words, and the app runs', async (t) => {
  const rig = Rig.create();
  t.teardown(async () => void (await rig.clean()));
  await rig.defineGunicorn('pages');
  const file = path.join(rig.paths.apps, 'pages.toml');
  writeFileSync(path.join(rig.paths.config, 'config.toml'), 'web_user = "no_such_account"\n');
  writeFileSync(
    file,
    `directory = "${rig.home}/pages"\ntransport = "unix"\n[programs.web]\ngunicorn = "wsgi:application"\n`,
  );
  await rig.ok('start', 'pages');
  const {problems} = await rig.app('pages');
  t.regex(problems.join('\n'), /there is no account "no_such_account" \(web_user\) on this host/);
});
