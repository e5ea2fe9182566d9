import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type {AddressInfo} from 'node:net';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {visit} from '../../../src/frontend/verify/visit.ts';
import {freePort} from '../../helpers/free-port.ts';
import {fixture} from '../../helpers/tools.ts';

async function listen(t: ExecutionContext, server: net.Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const door = (port: number, scheme: 'http' | 'https' = 'http') =>
  ({scheme, host: '127.0.0.1', port}) as const;

test('visit() sends target and host as they are, and tells the answer', async (t) => {
  const port = await listen(
    t,
    http.createServer((request, response) => {
      response.writeHead(302, {location: '/x', 'set-cookie': ['a=1', 'b=2']});
      response.end(`${request.url} ${request.headers.host} ${String(request.headers['script_name'])}`);
    }),
  );
  const reply = await visit({
    door: door(port),
    host: 'eco:81',
    target: '/a/../b//c',
    headers: {SCRIPT_NAME: '/e'},
  });
  if (reply.id !== 'answer') return t.fail(reply.detail);
  t.like(reply, {status: 302, certificate: undefined});
  t.is(reply.body.toString(), '/a/../b//c eco:81 /e');
  t.deepEqual(reply.headers['set-cookie'], ['a=1', 'b=2']);
});

test('visit() sees the beginning of a WebSocket, and leave to send a large body', async (t) => {
  const server = http.createServer((_request, response) => response.end());
  server.on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
  );
  const at = {door: door(await listen(t, server)), host: 'eco', target: '/'};
  t.like(await visit({...at, headers: {connection: 'Upgrade', upgrade: 'websocket'}}), {status: 101});
  const headers = {expect: '100-continue', 'content-length': '100000000'};
  t.like(await visit({...at, method: 'POST', headers}), {status: 100});
});

test('visit() reads no more than it needs of an endless page', async (t) => {
  const port = await listen(
    t,
    http.createServer((_request, response) => {
      const more = () => {
        while (response.write(Buffer.alloc(64 * 1024)));
      };
      response.on('drain', more).on('error', () => undefined);
      more();
    }),
  );
  const reply = await visit({door: door(port), host: 'eco', target: '/'});
  t.is(reply.id === 'answer' ? reply.body.length : 0, 512 * 1024);
});

test('visit() says why there is no answer', async (t) => {
  const silent = await listen(t, net.createServer());
  const rude = await listen(
    t,
    net.createServer((socket) => socket.end('hello\r\n\r\n')),
  );
  const at = {host: 'eco', target: '/', timeoutMs: 300};
  t.like(await visit({...at, door: door(silent)}), {
    id: 'failure',
    why: 'silent',
    detail: 'no answer within 0.3 s',
  });
  t.like(await visit({...at, door: door(await freePort())}), {id: 'failure', why: 'refused'});
  t.like(await visit({...at, door: door(rude)}), {id: 'failure', why: 'broken'});
  t.like(await visit({...at, door: {scheme: 'http', path: '/nonexistent/socket'}}), {
    id: 'failure',
    why: 'refused',
  });
});

test('visit() tells a certificate for another host from one that nobody vouches for', async (t) => {
  const [cert, key] = ['certificate.pem', 'key.pem'].map((name) => readFileSync(fixture(`tls/${name}`)));
  const server = https.createServer({cert, key}, (_request, response) => response.end('hello'));
  const at = {door: door(await listen(t, server), 'https'), target: '/'};
  t.like(await visit({...at, host: 'public.example:8443'}), {
    status: 200,
    certificate: 'nobody vouches for it (self-signed)',
  });
  t.like(await visit({...at, host: 'eco'}), {
    status: 200,
    certificate: 'it is not for eco, but for public.example',
  });
  t.regex(
    ((await visit({...at, host: '127.0.0.1'})) as {certificate?: string}).certificate ?? '',
    /^it is not for 127\.0\.0\.1, but for/,
  );
});
