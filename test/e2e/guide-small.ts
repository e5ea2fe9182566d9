import {once} from 'node:events';
import {existsSync} from 'node:fs';

import test from 'ava';
import {WebSocket} from 'ws';

import {exampleFor} from '../helpers/example.ts';
import {PUBLIC_HOST, visit} from '../helpers/front-end.ts';
import {startNginx} from '../helpers/nginx.ts';
import {get, Load} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

testWith(
  ['nginx'],
  'examples/node-express: one command; form, API and files through nginx; a restart drops nobody and keeps the notes',
  async (t) => {
    const example = exampleFor(t, 'node-express');
    const {rig} = example;
    const first = await example.run();
    t.is(first.code, 0, first.stderr);
    t.regex(first.stdout, /node-express:web {2}running/);
    const pid = await rig.pid('node-express');
    // The second time changes nothing.
    const second = await example.run();
    t.is(second.code, 0, second.stderr);
    t.is(await rig.pid('node-express'), pid);

    const mount = await example.mount();
    const nginx = await startNginx(await rig.ok('snippet', 'node-express', '--front', 'nginx'));
    t.teardown(async () => await nginx.stop());
    const form = {'content-type': 'application/x-www-form-urlencoded'};
    const posted = await visit(nginx, {path: `${mount}/notes`, body: 'text=<b>tea</b>', headers: form});
    t.is(posted.status, 303, posted.body);
    t.is(new URL(posted.headers.location ?? '', 'http://public.example').pathname, `${mount}/`);
    const json = {'content-type': 'application/json'};
    const made = await visit(nginx, {path: `${mount}/api/notes`, body: '{"text":"cake"}', headers: json});
    t.is(made.status, 201);
    const broken = await visit(nginx, {path: `${mount}/api/notes`, body: '{', headers: json});
    t.is(broken.status, 400);
    const page = await visit(nginx, {path: `${mount}/`});
    t.regex(page.body, /&#60;b&#62;tea&#60;\/b&#62;<\/li><li>cake/);
    const style = await visit(nginx, {path: `${mount}/static/style.css`});
    t.regex(style.body, /^:root/);
    t.is((await visit(nginx, {path: `${mount}/nothing`})).status, 404);

    const {port} = await rig.app('node-express');
    const load = new Load(port ?? 0, `${mount}/`, 4);
    t.teardown(async () => await load.stop());
    await load.answers(20);
    t.regex(await rig.ok('restart', 'node-express'), /nothing dropped/);
    await load.answers(20);
    await load.stop();
    t.deepEqual(load.failures, []);
    t.is((JSON.parse((await get(port ?? 0, `${mount}/api/notes`)).body) as unknown[]).length, 2);

    t.is((await example.run('--stop')).code, 0);
    t.deepEqual(rig.children(), []);
    t.true(existsSync(`${example.directory}/data/notes.jsonl`));
  },
);

testWith(
  ['nginx', 'uvicorn', 'fastapi', 'websockets'],
  'examples/fastapi-ws: one command; visitors talk over a WebSocket through nginx, and come back after a restart',
  async (t) => {
    const example = exampleFor(t, 'fastapi-ws');
    const {rig} = example;
    const started = await example.run();
    t.is(started.code, 0, started.stderr);
    const mount = await example.mount();
    const nginx = await startNginx(await rig.ok('snippet', 'fastapi-ws', '--front', 'nginx'));
    t.teardown(async () => await nginx.stop());
    const enter = async () => {
      const options = {headers: {host: PUBLIC_HOST}, rejectUnauthorized: false};
      const socket = new WebSocket(`wss://127.0.0.1:${nginx.tlsPort}${mount}/ws`, options);
      t.teardown(() => socket.terminate());
      await once(socket, 'open');
      return socket;
    };
    const people = async () =>
      (JSON.parse((await visit(nginx, {path: `${mount}/people`})).body) as {people: number}).people;

    const page = await visit(nginx, {path: `${mount}/`});
    t.regex(page.body, /new URL\('ws', location\.href\)/);
    const [alice, bob] = [await enter(), await enter()];
    t.is(await people(), 2);
    const heard = once(bob, 'message');
    alice.send('hello');
    t.is(String((await heard)[0]), 'hello');

    const closed = Promise.all([once(alice, 'close'), once(bob, 'close')]);
    await rig.ok('restart', 'fastapi-ws');
    await closed;
    const again = await enter();
    const echo = once(again, 'message');
    again.send('still here');
    t.is(String((await echo)[0]), 'still here');
    t.is(await people(), 1);
  },
);

test('examples/run says what it takes', async (t) => {
  const {code, stdout, stderr} = await exampleFor(t, 'node-express').run('--away');
  t.deepEqual([code, stdout], [2, '']);
  t.regex(stderr, /^Usage: examples\/run NAME \[--stop\], where NAME is one of: node-express\n/);
});
