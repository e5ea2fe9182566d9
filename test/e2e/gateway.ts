import {once} from 'node:events';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {startApache} from '../helpers/apache.ts';
import {freePort} from '../helpers/free-port.ts';
import {PUBLIC_HOST, visit} from '../helpers/front-end.ts';
import {startNginx} from '../helpers/nginx.ts';
import {Load, Rig, alive, get, killQuietly, until} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

function rig(t: ExecutionContext): Rig {
  const it = Rig.create();
  t.teardown(async () => {
    if (!t.passed) t.log(it.diary());
    const left = await it.clean();
    if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
  });
  return it;
}

/** Write an app's file with a mount behind the gateway. */
async function behind(it: Rig, name: string, toml: string, files: Readonly<Record<string, string>>) {
  const app = await it.define(name, toml, files);
  const file = path.join(it.paths.apps, `${name}.toml`);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^mount = .*$/m, `mount = "/alice/${name}"`));
  return app;
}

const WSGI = `import json, os
def application(environ, start_response):
    headers = [("Content-Type", "application/json"), ("Set-Cookie", "session=1; Path=/")]
    start_response("200 OK", headers)
    seen = {k: environ.get(k) for k in ("SCRIPT_NAME", "PATH_INFO", "HTTP_HOST", "HTTP_X_FORWARDED_FOR", "HTTP_REMOTE_USER", "wsgi.url_scheme")}
    return [json.dumps({"pid": os.getpid(), **seen}).encode()]
`;
const GUNICORN = '[programs.web]\ngunicorn = "wsgi:application"\nworkers = 2\n';

async function enable(it: Rig): Promise<number> {
  const port = await freePort();
  await it.ok('gateway', 'enable', '--mount', '/alice', '--port', String(port));
  return port;
}

test('apps come and go behind the gateway without anybody being asked', async (t) => {
  const it = rig(t);
  const port = await enable(it);
  t.is((await get(port, '/alice/pages/')).status, 404);
  await behind(it, 'pages', GUNICORN, {'wsgi.py': WSGI});
  t.notRegex((await it.appsup('start', 'pages')).stderr, /no front end serves/);
  const answer = await get(port, '/alice/pages/x', {host: 'a.example'});
  t.like(JSON.parse(answer.body), {SCRIPT_NAME: '/alice/pages', PATH_INFO: '/x', HTTP_HOST: 'a.example'});
  t.deepEqual(answer.headers['set-cookie'], ['session=1; Path=/alice/pages/']);
  t.regex(
    await it.ok('gateway', 'status'),
    /^gateway {2}running {2}\/alice\/\n {2}\/alice\/pages\/ +pages +running$/m,
  );

  await it.ok('stop', 'pages');
  const closed = await get(port, '/alice/pages/');
  t.deepEqual([closed.status, closed.body.includes('<b>pages</b> is not running')], [503, true]);
  await it.ok('start', 'pages');
  t.is((await get(port, '/alice/pages/')).status, 200);
  await it.ok('remove', 'pages', '--yes');
  await until(async () => (await get(port, '/alice/pages/')).status === 404, 'the route to go');
  t.regex(await it.ok('logs', 'gateway'), /"GET \/alice\/pages\/x HTTP\/1\.1" 200 \d+ "-" "-" pages /);
  t.is((await it.appsup('gateway', 'enable')).code, 1);
});

test('appsup add gives a new app a place behind the gateway', async (t) => {
  const it = rig(t);
  const port = await enable(it);
  const directory = path.join(it.home, 'notes');
  await it.define('other', GUNICORN, {'wsgi.py': WSGI});
  await behind(it, 'notes', GUNICORN, {'wsgi.py': WSGI});
  await it.ok('remove', 'notes', '--yes');
  t.regex(await it.ok('add', directory, '--port', String(await freePort())), /mount \/alice\/notes\n/);
  await it.ok('start', 'notes');
  t.is((await get(port, '/alice/notes/')).status, 200);
  const {stderr} = await it.appsup('gateway', 'status');
  t.regex(stderr, /^! not behind it: other \(its mount is \/other; mount = "\/alice\/other" is behind it/m);
});

test('SIGKILL of the supervisor touches no visitor of the gateway; nor do restarts of the app, and of the gateway itself', async (t) => {
  const it = rig(t);
  const port = await enable(it);
  await behind(it, 'pages', GUNICORN, {'wsgi.py': WSGI});
  await it.ok('start', 'pages');
  const load = new Load(port, '/alice/pages/', 4);
  await load.answers(50);
  const gateway = await it.pid('gateway', 'gateway');
  const supervisor = it.supervisorPid();
  if (supervisor === undefined) throw new Error('no supervisor');
  killQuietly(supervisor);
  await until(() => !alive(supervisor), 'its end');
  await load.answers(100);
  await it.ok('daemon', 'start');
  t.is(await it.pid('gateway', 'gateway'), gateway);
  await load.answers(50);
  await it.ok('restart', 'pages');
  await load.answers(50);
  t.regex(await it.ok('restart', 'gateway'), /new version ready/);
  t.not(await it.pid('gateway', 'gateway'), gateway);
  await load.answers(50);
  await load.stop();
  t.deepEqual(load.failures, []);
});

test('a gateway that is killed comes back by itself, and visitors wait for it', async (t) => {
  const it = rig(t);
  const port = await enable(it);
  await behind(it, 'pages', GUNICORN, {'wsgi.py': WSGI});
  await it.ok('start', 'pages');
  const before = await it.pid('gateway', 'gateway');
  killQuietly(before);
  t.is((await get(port, '/alice/pages/')).status, 200);
  await until(async () => (await it.process('gateway', 'gateway')).state === 'running', 'the next one');
  t.not(await it.pid('gateway', 'gateway'), before);
});

test('appsup preview shows an app as the front end would, until it is told to end', async (t) => {
  const it = rig(t);
  const toml = `prefix = "strip"\nstatic = { "/static" = "files" }\n${GUNICORN}`;
  await it.define('pages', toml, {'wsgi.py': WSGI, 'files/a.txt': 'a file\n'});
  const port = await freePort();
  for (const [running, end] of [
    [false, 'SIGINT'],
    [true, 'SIGTERM'],
    [true, 'SIGKILL'],
  ] as const) {
    if (running) await it.ok('start', 'pages');
    const shown = it.begin('preview', 'pages', '--port', String(port));
    const exit = once(shown, 'exit');
    await until(async () => (await get(port, '/pages/').catch(() => undefined)) !== undefined, 'the preview');
    const answer = await get(port, '/pages/x', {host: 'localhost'});
    t.is(answer.status, running ? 200 : 503);
    if (running) {
      t.like(JSON.parse(answer.body), {SCRIPT_NAME: '', PATH_INFO: '/x', HTTP_X_FORWARDED_FOR: '127.0.0.1'});
      t.deepEqual(answer.headers['set-cookie'], ['session=1; Path=/pages/']);
      t.is((await get(port, '/pages/static/a.txt')).body, 'a file\n');
      t.is((await get(port, '/')).status, 404);
      const taken = await it.appsup('preview', 'pages', '--port', String(port));
      t.regex(taken.stderr, /Cannot preview "pages": port \d+ is taken by /);
    }
    shown.kill(end);
    await exit;
    await until(async () => (await get(port, '/pages/').catch(() => undefined)) === undefined, 'its end');
  }
  // Who was killed could not clear up; the next supervisor does.
  const left = () => readdirSync(it.paths.state).filter((name) => name.startsWith('preview-'));
  t.is(left().length, 1);
  await it.ok('daemon', 'restart');
  t.deepEqual(left(), []);
  t.regex((await it.appsup('preview', 'nobody')).stderr, /there is no such app/);
});

test('behind the gateway an app over a Unix socket serves, and a lazy one starts with its first visitor and rests again', async (t) => {
  const it = rig(t);
  const port = await enable(it);
  await behind(it, 'near', `transport = "unix"\n${GUNICORN}`, {'wsgi.py': WSGI});
  await behind(it, 'late', `${GUNICORN}lazy = true\nidle_stop = "1s"\n`, {'wsgi.py': WSGI});
  await behind(it, 'both', `transport = "unix"\n${GUNICORN}lazy = true\n`, {'wsgi.py': WSGI});
  await it.ok('start', 'near', 'late', 'both');
  t.is((await get(port, '/alice/near/')).status, 200);
  for (const name of ['late', 'both']) {
    t.falsy((await it.process(name)).pid, name);
    const answer = await get(port, `/alice/${name}/`);
    t.deepEqual(
      [answer.status, (JSON.parse(answer.body) as {SCRIPT_NAME: string}).SCRIPT_NAME],
      [200, `/alice/${name}`],
    );
  }
  await until(async () => !(await it.process('late')).pid, 'its rest');
  t.is((await get(port, '/alice/late/')).status, 200);
  await it.ok('stop', 'near');
  t.is((await get(port, '/alice/near/')).status, 503);
});

for (const [tool, front, start] of [
  ['apache2', 'apache', startApache],
  ['nginx', 'nginx', startNginx],
] as const) {
  testWith(
    ['gunicorn', tool],
    `one block of ${front} leads to all apps: visitors, scheme, host and cookies are right`,
    async (t) => {
      const it = rig(t);
      await enable(it);
      await behind(it, 'one', GUNICORN, {'wsgi.py': WSGI});
      await behind(it, 'two', `static = { "/static" = "files" }\n${GUNICORN}`, {
        'wsgi.py': WSGI,
        'files/a.txt': 'a file\n',
      });
      await it.ok('start', 'one', 'two');
      const server = await start(await it.ok('snippet', 'gateway', '--front', front));
      t.teardown(async () => {
        if (!t.passed) t.log(server.log());
        await server.stop();
      });
      for (const name of ['one', 'two']) {
        const headers = {
          'X-Forwarded-For': '10.9.8.7',
          'X-Forwarded-Proto': 'gopher',
          'X-Forwarded-Host': 'evil.example',
          'Remote-User': 'root',
          SCRIPT_NAME: '/evil',
        };
        const answer = await visit(server, {path: `/alice/${name}/x?y=%2F`, tls: true, headers});
        t.is(answer.status, 200, answer.body);
        t.deepEqual(
          {...(JSON.parse(answer.body) as object), pid: 0},
          {
            pid: 0,
            SCRIPT_NAME: `/alice/${name}`,
            PATH_INFO: '/x',
            HTTP_HOST: PUBLIC_HOST,
            HTTP_X_FORWARDED_FOR: '127.0.0.1',
            HTTP_REMOTE_USER: null,
            'wsgi.url_scheme': 'https',
          },
        );
        t.deepEqual(answer.headers['set-cookie'], [`session=1; Path=/alice/${name}/`]);
      }
      t.is((await visit(server, {path: '/alice/two/static/a.txt'})).body, 'a file\n');
      t.notRegex((await visit(server, {path: '/alice/two/static/../wsgi.py'})).body, /def application/);
      t.is((await visit(server, {path: '/alice/none/'})).status, 404);
      await it.ok('stop', 'one');
      const closed = await visit(server, {path: '/alice/one/'});
      t.is(closed.status, 503);
    },
  );
}
