import {chmodSync, lchownSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {startApache} from '../helpers/apache.ts';
import {freePort} from '../helpers/free-port.ts';
import {FrontApps} from '../helpers/front-apps.ts';
import {visit} from '../helpers/front-end.ts';
import type {Answer, FrontEndServer, Visit} from '../helpers/front-end.ts';
import {startNginx} from '../helpers/nginx.ts';
import {get, Rig, until} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

const HOST = 'site.example';
const NOBODY = 65_534;

/** `/` and a directory of built pages, the paths of an API that a program has, and a second directory. */
async function site(t: ExecutionContext, transport: 'tcp' | 'unix', mount: string): Promise<FrontApps> {
  const world = new FrontApps(transport);
  t.teardown(async () => await world.clean());
  const put = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(world.open, file)), {recursive: true});
    writeFileSync(path.join(world.open, file), text);
  };
  put('dist/index.html', 'the page');
  put('dist/app.js', 'the script');
  put('dist/docs/index.html', 'the docs');
  put('media/cat.txt', 'a cat');
  put('mediasecret.txt', 'secret');
  put('media-secret/secret.txt', 'secret');
  put('secret.txt', 'secret');
  put('dist/own.txt', 'own');
  symlinkSync('own.txt', path.join(world.open, 'dist/link.txt'));
  // A file of somebody else's, which the web server could read.
  const leak = path.join(world.open, 'media/leak.txt');
  symlinkSync('/etc/passwd', leak);
  if (process.getuid?.() === 0) lchownSync(leak, NOBODY, NOBODY);
  await world.start([
    {
      name: 'site',
      mount,
      prefix: mount === '' ? 'none' : 'keep',
      servedBy: 'api',
      fixture: 'echo-app',
      program: 'gunicorn = "wsgi:application"\nworkers = 1\nthreads = 2',
      more: [
        `static = { "/" = "${world.open}/dist", "/media" = "${world.open}/media" }`,
        '[front]',
        'pass = ["/api"]',
        'fallback = "index.html"',
        'body_limit = "2MB"',
        'maintenance = "Zurück um 9: 100% \\"sicher\\" $x"',
      ].join('\n'),
    },
  ]);
  return world;
}

type Ask = (path: string, more?: Omit<Visit, 'path'>) => Promise<Answer>;

/** What holds of such a site, whoever serves it. */
async function holds(t: ExecutionContext, ask: Ask, mount: string): Promise<void> {
  const body = async (path: string) => (await ask(`${mount}${path}`)).body;
  t.is(await body('/'), 'the page');
  t.is(await body('/app.js'), 'the script');
  t.is(await body('/docs/'), 'the docs');
  t.is(await body('/link.txt'), 'own');
  t.is(await body('/media/cat.txt'), 'a cat');
  const route = await ask(`${mount}/some/vue/route?x=1`);
  t.deepEqual([route.status, route.body], [200, 'the page']);
  t.is((await ask(`${mount}/media/none.txt`)).status, 404);

  // The program has /api with all below, as the visitor wrote it, and nothing that only begins so.
  t.is(await body('/api'), `${mount} /api `);
  t.is(await body('/api/items/a%20b?q=%2F'), `${mount} /api/items/a b q=%2F`);
  for (const path of ['/apifoo', '/apifoo/x', '/api.js', '/x/api/y']) {
    const {headers} = await ask(mount + path);
    t.is(headers['x-served-by'], undefined, path);
  }
  for (const path of [
    '/media../secret.txt',
    '/mediasecret.txt',
    '/media/../../secret.txt',
    '/media/..%2f..%2fsecret.txt',
    '/media/%2e%2e/%2e%2e/secret.txt',
    '/media-secret/secret.txt',
    '/..%2fsecret.txt',
    '/media/leak.txt',
    '/../secret.txt',
  ]) {
    const answer = await ask(mount + path);
    t.notRegex(answer.body, /secret\n?$|root:/, path);
  }
}

/** What visitors read when nobody listens. */
function closedWords(body: string): string {
  return body.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

for (const [transport, mount, title] of [
  ['unix', '', 'N1: pages at the root and /api on a Unix socket'],
  ['tcp', '/alice_site', 'pages and their /api below a mount'],
] as const) {
  testWith(
    ['gunicorn', 'apache2', 'nginx', 'setfacl'],
    `${title} are served by Apache and nginx, and nothing beside the directories is`,
    async (t) => {
      const world = await site(t, transport, mount);
      const print = async (...args: readonly string[]) => await world.rig.ok('snippet', 'site', ...args);
      const apache = await startApache([
        {host: HOST, snippet: await print()},
        {host: 'minimal.example', snippet: await print('--front', 'apache-minimal')},
        ...(mount === ''
          ? []
          : [{host: 'own.example', htaccess: {[mount]: await print('--front', 'htaccess')}}]),
      ]);
      t.teardown(async () => await apache.stop());
      const nginx = await startNginx([{host: HOST, snippet: await print('--front', 'nginx')}]);
      t.teardown(async () => await nginx.stop());
      const asks =
        (server: FrontEndServer, host: string): Ask =>
        async (url, more) =>
          await visit(server, {...more, path: url, headers: {host}});

      await holds(t, asks(apache, HOST), mount);
      await holds(t, asks(apache, 'minimal.example'), mount);
      await holds(t, asks(nginx, HOST), mount);
      if (mount !== '') {
        const place = path.join(apache.directory, 'own.example', mount);
        for (const name of ['index.html', 'app.js', 'docs', 'own.txt'])
          symlinkSync(path.join(world.open, 'dist', name), path.join(place, name));
        symlinkSync(path.join(place, 'own.txt'), path.join(place, 'link.txt'));
        symlinkSync(path.join(world.open, 'media'), path.join(place, 'media'));
        const ask = asks(apache, 'own.example');
        t.is((await ask(`${mount}/`)).status, 200);
        await holds(t, ask, mount);
      }

      const upload = async (ask: Ask, size: number) =>
        (await ask(`${mount}/api/size`, {body: Buffer.alloc(size)})).status;
      t.is(await upload(asks(nginx, HOST), 1_900_000), 200);
      t.is(await upload(asks(nginx, HOST), 3_000_000), 413);

      await world.rig.ok('daemon', 'stop');
      for (const server of [apache, nginx]) {
        const closed = await asks(server, HOST)(`${mount}/api/x`);
        t.is(closed.status, 503);
        t.is(closedWords(closed.body), 'Zurück um 9: 100% "sicher" $x');
        t.is((await asks(server, HOST)(`${mount}/app.js`)).body, 'the script');
      }
    },
  );
}

testWith(
  ['uwsgi', 'uwsgiPython', 'flask', 'apache2', 'nginx'],
  'visitors of a stopped app that speaks the uwsgi protocol read that it is not running',
  async (t) => {
    const world = new FrontApps('tcp');
    t.teardown(async () => await world.clean());
    const app = {name: 'tasks', mount: '/tasks', servedBy: 'flask-app', fixture: 'flask-app'} as const;
    await world.start([
      {...app, prefix: 'keep', program: 'uwsgi = "wsgi:application"\nprotocol = "uwsgi"\nworkers = 1'},
    ]);
    t.regex((await world.rig.app('tasks')).where ?? '', /^uwsgi:\/\/127\.0\.0\.1:\d+\/tasks\/$/);
    const print = async (front: string) => await world.rig.ok('snippet', 'tasks', '--front', front);
    const apache = await startApache(await print('apache'));
    t.teardown(async () => await apache.stop());
    const nginx = await startNginx(await print('nginx'));
    t.teardown(async () => await nginx.stop());
    for (const server of [apache, nginx]) t.is((await visit(server, {path: '/tasks/'})).status, 200);
    await world.rig.ok('stop', 'tasks');
    for (const server of [apache, nginx]) {
      const {status, body, headers} = await visit(server, {path: '/tasks/form', body: 'x'.repeat(200_000)});
      t.deepEqual([status, headers['retry-after']], [503, '10']);
      t.regex(body, /The application <b>tasks<\/b> is not running/);
    }
    // Replaced on the same socket, and proven over another one, by HTTP.
    await world.rig.ok('start', 'tasks');
    t.regex((await world.rig.appsup('restart', 'tasks')).stdout, /nothing dropped/);
    t.is((await visit(nginx, {path: '/tasks/'})).status, 200);
  },
);

testWith(
  ['gunicorn', 'flask'],
  'E2: an app is asked below its mount, where it answers; at the bare port it answers 500, as gunicorn has it',
  async (t) => {
    const rig = Rig.create();
    t.teardown(async () => void (await rig.clean()));
    const {port} = await rig.defineGunicorn('tasks', 'health = { every = "1s", failures = 1 }\n');
    await rig.ok('start', 'tasks');
    t.is((await get(port, '/')).status, 500);
    t.is((await get(port, '/tasks/')).status, 200);
    t.like(await rig.process('tasks'), {state: 'running'});
  },
);

testWith(
  ['gunicorn', 'nginx', 'setfacl'],
  'N2: an app that came with gunicorn -m 777, which is octal 1411, is reached over its Unix socket, and the mask is warned about',
  async (t) => {
    const world = new FrontApps('unix');
    t.teardown(async () => await world.clean());
    const app = {name: 'api', mount: '/api', servedBy: 'api', fixture: 'echo-app'} as const;
    await world.start([
      {...app, prefix: 'keep', program: 'gunicorn = "wsgi:application"\nargs = "-m 777"\nworkers = 1'},
    ]);
    t.regex((await world.rig.appsup('check')).stdout, /gunicorn reads the umask 777 as decimal: octal 1411/);
    const nginx = await startNginx(await world.rig.ok('snippet', 'api', '--front', 'nginx'));
    t.teardown(async () => await nginx.stop());
    t.is((await visit(nginx, {path: '/api/x'})).body, '/api /x ');
  },
);

testWith(
  ['apache2', 'nginx'],
  'files without any program are served by Apache, nginx and the gateway, and appsup runs nothing for them',
  async (t) => {
    const rig = Rig.create();
    t.teardown(async () => void (await rig.clean()));
    const pages = path.join(rig.home, 'dist');
    mkdirSync(pages);
    mkdirSync(rig.paths.apps, {recursive: true, mode: 0o700});
    writeFileSync(path.join(pages, 'index.html'), 'the page');
    // The web server's account has to get in.
    chmodSync(rig.home, 0o711);
    const toml = `directory = "${rig.home}"\nmount = "/alice/site"\nstatic = { "/" = "dist" }\n`;
    writeFileSync(path.join(rig.paths.apps, 'site.toml'), toml, {mode: 0o600});

    const port = await freePort();
    await rig.ok('gateway', 'enable', '--mount', '/alice', '--port', String(port));
    await rig.ok('start', 'site');
    await until(async () => (await get(port, '/alice/site/')).body === 'the page', 'its route');
    t.is((await get(port, '/alice/site/none')).status, 404);
    t.deepEqual((await rig.app('site')).processes, []);
    t.regex((await rig.appsup('status')).stdout, /^site +- +- .*the front end serves its files$/m);
    const {stderr} = await rig.appsup('verify', 'site', '--url', 'http://site.example');
    t.regex(stderr, /it has no program that could answer the token/);
    t.notRegex(await rig.ok('request', 'site', '--front', 'nginx'), /pass it on/);
    for (const [front, start] of [
      ['apache', startApache],
      ['nginx', startNginx],
    ] as const) {
      const lines = await rig.ok('snippet', 'site', '--front', front);
      t.regex(lines, /^# Serves the files of \/alice\/site\/: app site of user /m);
      const server = await start(lines);
      try {
        t.is((await visit(server, {path: '/alice/site/'})).body, 'the page', server.log());
        t.is((await visit(server, {path: '/alice/site/none'})).status, 404);
        t.is((await visit(server, {path: '/alice/site'})).status, 308);
      } finally {
        await server.stop();
      }
    }
  },
);
