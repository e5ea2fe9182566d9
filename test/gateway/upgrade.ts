import {once} from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type {AddressInfo} from 'node:net';

import test from 'ava';
import type {ExecutionContext} from 'ava';
import {WebSocket, WebSocketServer} from 'ws';

import {freePort} from '../helpers/free-port.ts';
import {ask, listen, raw, route, startGateway, statusesOf} from '../helpers/gateway-world.ts';
import {until} from '../helpers/rig.ts';

const M = '/alice/tasks';
const HANDSHAKE = [
  `GET ${M}/live HTTP/1.1`,
  'Host: x',
  'Connection: keep-alive, Upgrade',
  'Upgrade: WebSocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
].join('\r\n');

async function sockets(t: ExecutionContext) {
  const app = new WebSocketServer({port: 0, host: '127.0.0.1'});
  await once(app, 'listening');
  t.teardown(() => {
    for (const client of app.clients) client.terminate();
    app.close();
  });
  const {port} = app.address() as AddressInfo;
  return {app, ...(await startGateway(t, [route({upstream: {kind: 'tcp', port}})]))};
}

/** An app that takes an upgrade and speaks bytes. */
async function rawApp(t: ExecutionContext, onConnection: (socket: net.Socket) => void) {
  return await startGateway(t, [
    route({upstream: {kind: 'tcp', port: await listen(t, net.createServer(onConnection))}}),
  ]);
}

test('a WebSocket carries text and bytes both ways, however large', async (t) => {
  const {app, port} = await sockets(t);
  app.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, {binary})));
  const visitor = new WebSocket(`ws://127.0.0.1:${port}${M}/live?x=1`);
  await once(visitor, 'open');
  for (const message of ['hello', Buffer.alloc(5_000_000, 7), '']) {
    visitor.send(message);
    const [back] = (await once(visitor, 'message')) as [Buffer];
    t.true(back.equals(Buffer.from(message)));
  }
  visitor.close(4001, 'bye');
  const [code, reason] = (await once(visitor, 'close')) as [number, Buffer];
  t.deepEqual([code, reason.toString()], [4001, 'bye']);
});

test('the app’s close reaches the visitor with its code, and the visitor’s cut the app', async (t) => {
  const {app, port} = await sockets(t);
  const visitors = [1, 2].map(() => new WebSocket(`ws://127.0.0.1:${port}${M}/live`));
  const [theirs] = (await once(app, 'connection')) as [WebSocket];
  const [theirOther] = (await once(app, 'connection')) as [WebSocket];
  theirs.close(4002, 'done');
  theirOther.close(4002, 'done');
  for (const each of visitors) {
    const [code] = (await once(each, 'close')) as [number];
    t.is(code, 4002);
  }
  const third = new WebSocket(`ws://127.0.0.1:${port}${M}/live`);
  const [their] = (await once(app, 'connection')) as [WebSocket];
  await once(third, 'open');
  third.terminate();
  await once(their, 'close');
  const fourth = new WebSocket(`ws://127.0.0.1:${port}${M}/live`);
  const [last] = (await once(app, 'connection')) as [WebSocket];
  await once(fourth, 'open');
  last.terminate();
  const [code] = (await once(fourth, 'close')) as [number];
  t.is(code, 1006);
});

test('the handshake reaches the app with the headers of any request, and bytes behind it at once', async (t) => {
  let seen = '';
  const {port} = await rawApp(t, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      seen += data.toString('latin1');
      if (seen.endsWith('early')) socket.end();
    });
    socket.once('data', () => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-A: 1\r\n\r\nat once',
      );
    });
  });
  const text = await raw(
    port,
    `${HANDSHAKE}\r\nX-Forwarded-For: 192.0.2.7\r\nSCRIPT_NAME: /evil\r\n\r\nearly`,
  );
  t.regex(text, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  t.regex(text, /^x-a: 1\r$/im);
  t.true(text.endsWith('\r\n\r\nat once'), text);
  for (const line of [
    /^connection: upgrade\r$/im,
    /^upgrade: websocket\r$/im,
    /^x-forwarded-for: 192\.0\.2\.7\r$/im,
  ])
    t.regex(seen, line);
  t.regex(seen, /^sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r$/im);
  t.notRegex(seen, /evil|keep-alive/);
});

test('a slow reader slows the other side down', async (t) => {
  let written = 0;
  const {port} = await rawApp(t, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      const part = Buffer.alloc(1_000_000);
      const more = (): void => {
        while (written < 200_000_000) {
          written += part.length;
          if (!socket.write(part)) return void socket.once('drain', more);
        }
        socket.end();
      };
      more();
    });
  });
  const visitor = net.connect(port, '127.0.0.1');
  visitor.write(`${HANDSHAKE}\r\n\r\n`);
  await once(visitor, 'readable');
  let before = -1;
  await until(() => {
    const still = written === before;
    before = written;
    return still;
  }, 'the app to pause');
  t.true(written < 50_000_000, String(written));
  let bytes = 0;
  for await (const part of visitor) bytes += (part as Buffer).length;
  t.true(bytes > 200_000_000);
});

test('a refusal of the app’s is passed on with its body', async (t) => {
  const app = http.createServer();
  app.on('upgrade', (_request, socket) => {
    socket.end(
      'HTTP/1.1 401 Unauthorized\r\nContent-Length: 8\r\nWWW-Authenticate: Basic\r\nConnection: close\r\n\r\nwho, you',
    );
  });
  const {port, access} = await startGateway(t, [
    route({upstream: {kind: 'tcp', port: await listen(t, app)}}),
  ]);
  const text = await raw(port, `${HANDSHAKE}\r\n\r\n`);
  t.deepEqual(statusesOf(text), [401]);
  t.regex(text, /^www-authenticate: Basic\r$/im);
  t.true(text.endsWith('who, you'));
  await until(() => access.length === 1, 'the line');
  t.regex(access[0] ?? '', / 401 /);
});

test('an answer that is no upgrade makes no tunnel', async (t) => {
  let seen = '';
  const {port} = await rawApp(t, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => (seen += data.toString()));
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  });
  const text = await raw(port, `${HANDSHAKE}\r\n\r\nGET /alice/hidden HTTP/1.1\r\nHost: x\r\n\r\n`);
  t.deepEqual(statusesOf(text), [200]);
  t.notRegex(seen, /hidden/);
});

test('an app that is down is 503, one that cuts 502, one that says nothing 504, nobody’s 404', async (t) => {
  const cuts = await listen(
    t,
    net.createServer((socket) => socket.once('data', () => socket.destroy())),
  );
  const silent = await listen(
    t,
    net.createServer(() => undefined),
  );
  const {port, access} = await startGateway(t, [
    route({app: 'down', mount: '/down', upstream: {kind: 'tcp', port: await freePort()}}),
    route({app: 'cuts', mount: '/cuts', upstream: {kind: 'tcp', port: cuts}}),
    route({app: 'silent', mount: '/silent', upstream: {kind: 'tcp', port: silent}, front: {timeoutMs: 200}}),
  ]);
  const rows = [
    ['/down/', 503],
    ['/cuts/', 502],
    ['/silent/', 504],
    ['/none/', 404],
  ] as const;
  for (const [path, status] of rows) {
    const text = await raw(port, `${HANDSHAKE.replace(`${M}/live`, path)}\r\n\r\n`);
    t.deepEqual(statusesOf(text), [status], path);
  }
  await until(() => access.length === rows.length, 'the lines');
  t.deepEqual(
    access.map((line) => Number(/ HTTP\/1\.1" (\d+) /.exec(line)?.[1])),
    rows.map(([, status]) => status),
  );
});

test('a visitor who leaves in the handshake takes the app’s part along', async (t) => {
  let left = false;
  let came = false;
  const {port} = await rawApp(t, (socket) => {
    came = true;
    socket.on('error', () => undefined);
    socket.resume().once('close', () => (left = true));
  });
  const visitor = net.connect(port, '127.0.0.1');
  visitor.write(`${HANDSHAKE}\r\n\r\n`);
  await until(() => came, 'the handshake');
  visitor.destroy();
  await until(() => left, 'the app to notice');
  t.pass();
});

test('a gateway that ends waits for its WebSockets', async (t) => {
  const {app, port, gateway} = await sockets(t);
  app.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  const visitor = new WebSocket(`ws://127.0.0.1:${port}${M}/live`);
  await once(visitor, 'open');
  let ended = false;
  const end = gateway.end().then(() => (ended = true));
  await t.throwsAsync(ask(port, `${M}/`), {code: 'ECONNREFUSED'});
  visitor.send('still');
  t.is(String(((await once(visitor, 'message')) as [Buffer])[0]), 'still');
  t.false(ended);
  visitor.close();
  await end;
});
