import {once} from 'node:events';
import http from 'node:http';
import type {AddressInfo} from 'node:net';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {payload, tellWebhook} from '../../src/notify/webhook.ts';
import {MESSAGE} from '../helpers/message.ts';

interface Hook {
  readonly url: string;
  readonly requests: {
    readonly method: string;
    readonly path: string;
    readonly headers: http.IncomingHttpHeaders;
    readonly body: string;
  }[];
}

async function hook(t: ExecutionContext, answer: (response: http.ServerResponse) => void): Promise<Hook> {
  const requests: Hook['requests'][number][] = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.once('end', () => {
      requests.push({method: request.method ?? '', path: request.url ?? '', headers: request.headers, body});
      answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests};
}

test('tellWebhook() posts the facts and the text as JSON', async (t) => {
  const {url, requests} = await hook(t, (response) => response.writeHead(204).end());
  t.deepEqual(await tellWebhook(MESSAGE, `${url}/hooks/42?key=s3cret`), {ok: true});
  const [request] = requests;
  t.is(request?.method, 'POST');
  t.is(request?.path, '/hooks/42?key=s3cret');
  t.is(request?.headers['content-type'], 'application/json');
  const body = JSON.parse(request?.body ?? '') as Record<string, unknown>;
  t.like(body, {
    event: 'fatal',
    app: 'spectral',
    process: 'queue',
    reason: 'exit 1: KeyError',
    lines: ['KeyError'],
    subject: MESSAGE.subject,
  });
  t.is(body['text'], MESSAGE.text);
  t.is(body['content'], MESSAGE.text);
});

for (const [status, again] of [
  [200, undefined],
  [404, false],
  [400, false],
  [429, true],
  [500, true],
  [503, true],
] as const) {
  test(`tellWebhook() takes ${status} as ${again === undefined ? 'delivered' : again ? 'to be tried again' : 'refused'}`, async (t) => {
    const {url} = await hook(t, (response) => response.writeHead(status).end('x'));
    const host = new URL(url).host;
    t.deepEqual(
      await tellWebhook(MESSAGE, `${url}/s3cret`),
      again === undefined ? {ok: true} : {ok: false, why: `${host} answered ${status}`, again},
    );
  });
}

test('tellWebhook() follows no redirect', async (t) => {
  const other = await hook(t, (response) => response.end());
  const {url} = await hook(t, (response) => response.writeHead(307, {location: other.url}).end());
  const delivery = await tellWebhook(MESSAGE, url);
  t.false(delivery.ok);
  t.regex(delivery.ok ? '' : delivery.why, /answered 307, a redirect, which is not followed/);
  t.deepEqual(other.requests, []);
});

test('tellWebhook() gives up a server that does not answer, and says nothing of the path', async (t) => {
  const {url} = await hook(t, () => {});
  const delivery = await tellWebhook(MESSAGE, `${url}/s3cret`, 1000);
  t.deepEqual(delivery, {ok: false, why: `${new URL(url).host}: no answer within 1 s`, again: true});
});

test('tellWebhook() gives up a server that sends a byte now and then', async (t) => {
  const {url} = await hook(t, (response) => {
    const timer = setInterval(() => response.socket?.write('H'), 100);
    response.once('close', () => clearInterval(timer));
  });
  t.like(await tellWebhook(MESSAGE, url, 1000), {ok: false});
});

test('tellWebhook() does not wait for an endless answer', async (t) => {
  const {url} = await hook(t, (response) => {
    response.writeHead(200);
    response.write('x'.repeat(1000));
  });
  t.deepEqual(await tellWebhook(MESSAGE, url), {ok: true});
});

test('tellWebhook() says that nobody listens', async (t) => {
  const {url} = await hook(t, () => {});
  const port = Number(new URL(url).port);
  const delivery = await tellWebhook(MESSAGE, `http://127.0.0.2:${port}/s3cret`);
  t.like(delivery, {ok: false, again: true});
  t.regex(delivery.ok ? '' : delivery.why, /ECONNREFUSED/);
  t.notRegex(delivery.ok ? '' : delivery.why, /s3cret/);
});

test('payload() keeps below what a chat takes', (t) => {
  const body = payload({...MESSAGE, text: 'x'.repeat(5000)});
  t.is(String(body['content']).length, 1900);
  t.is(String(body['text']).length, 5000);
});
