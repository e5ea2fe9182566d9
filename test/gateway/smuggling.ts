import test from 'ava';

import {
  ask,
  raw,
  route,
  startApp,
  startGateway,
  startRecorder,
  statusesOf,
} from '../helpers/gateway-world.ts';

const M = '/alice/tasks';
const HEAD = 'Host: x\r\n';

/** Each is answered with the status alone, and no byte of it reaches the app. */
const REFUSED: Readonly<Record<string, readonly [text: string, status: number]>> = {
  'CL.TE: a length beside chunks': [
    `POST ${M}/a HTTP/1.1\r\n${HEAD}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
    400,
  ],
  'TE.CL: chunks beside a length': [
    `POST ${M}/a HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n`,
    400,
  ],
  'two different lengths': [
    `POST ${M}/a HTTP/1.1\r\n${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    400,
  ],
  'two equal lengths': [
    `POST ${M}/a HTTP/1.1\r\n${HEAD}Content-Length: 2\r\nContent-Length: 2\r\n\r\nab`,
    400,
  ],
  'a list of lengths': [`POST ${M}/a HTTP/1.1\r\n${HEAD}Content-Length: 2, 2\r\n\r\nab`, 400],
  'a length with a sign': [`POST ${M}/a HTTP/1.1\r\n${HEAD}Content-Length: +2\r\n\r\nab`, 400],
  'a length in hexadecimal': [`POST ${M}/a HTTP/1.1\r\n${HEAD}Content-Length: 0x2\r\n\r\nab`, 400],
  'a blank before the colon': [`POST ${M}/a HTTP/1.1\r\n${HEAD}Content-Length : 2\r\n\r\nab`, 400],
  'a blank before the colon of a coding': [
    `POST ${M}/a HTTP/1.1\r\n${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  'a blank in front of a header': [`GET ${M}/a HTTP/1.1\r\n Host: x\r\n\r\n`, 400],
  'another coding': [`POST ${M}/a HTTP/1.1\r\n${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 400],
  'a coding in front of chunks': [
    `POST ${M}/a HTTP/1.1\r\n${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  'chunked twice': [
    `POST ${M}/a HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  'chunks in HTTP/1.0': [`POST ${M}/a HTTP/1.0\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  'an absolute target': [`GET http://x${M}/a HTTP/1.1\r\n${HEAD}\r\n`, 400],
  'an absolute target of another host': [`GET http://evil${M}/a HTTP/1.1\r\n${HEAD}\r\n`, 400],
  'a target that is an asterisk': [`OPTIONS * HTTP/1.1\r\n${HEAD}\r\n`, 400],
  'a fragment': [`GET ${M}/a#b HTTP/1.1\r\n${HEAD}\r\n`, 400],
  'a blank in the target': [`GET ${M}/a b HTTP/1.1\r\n${HEAD}\r\n`, 400],
  'two hosts': [`GET ${M}/a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n`, 400],
  'no host': [`GET ${M}/a HTTP/1.1\r\n\r\n`, 400],
  'a host with a path': [`GET ${M}/a HTTP/1.1\r\nHost: x/y\r\n\r\n`, 400],
  'a bare carriage return in a header': [`GET ${M}/a HTTP/1.1\r\n${HEAD}X: a\rY: b\r\n\r\n`, 400],
  'a zero byte in a header': [`GET ${M}/a HTTP/1.1\r\n${HEAD}X: a\0b\r\n\r\n`, 400],
  TRACE: [`TRACE ${M}/a HTTP/1.1\r\n${HEAD}\r\n`, 405],
  'HTTP/2 by prior knowledge': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  'a tunnelled body in a handshake': [
    `GET ${M}/a HTTP/1.1\r\n${HEAD}Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 5\r\n\r\nGET /`,
    400,
  ],
  'an offer of h2c with a body': [
    `POST ${M}/a HTTP/1.1\r\n${HEAD}Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 5\r\n\r\nGET /`,
    400,
  ],
};

for (const [name, [text, status]] of Object.entries(REFUSED)) {
  test(`${name}: ${status}, and the app sees nothing`, async (t) => {
    const app = await startRecorder(t);
    const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}})]);
    const answer = await raw(port, text);
    t.deepEqual(statusesOf(answer), [status], answer);
    t.regex(answer, /^connection: close\r$/im);
    t.deepEqual(app.seen, []);
  });
}

test('CONNECT opens no tunnel', async (t) => {
  const app = await startRecorder(t);
  const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}})]);
  t.deepEqual(statusesOf(await raw(port, `CONNECT 127.0.0.1:${app.port} HTTP/1.1\r\n${HEAD}\r\n`)), []);
  t.deepEqual(app.seen, []);
});

/** What is wrong shows when the request is under way: the app may see its beginning, never a whole one, and nothing behind it. */
const BROKEN: Readonly<Record<string, string>> = {
  'a chunk size that is no number': 'zz\r\nab\r\n0\r\n\r\n',
  'a chunk size with a sign': '-1\r\nab\r\n0\r\n\r\n',
  'a chunk longer than its size': '2\r\nabc\r\n0\r\n\r\n',
  'a chunk that ends with a line feed alone': '2\r\nab\n0\r\n\r\n',
  'a chunk size that ends with a line feed alone': '2\nab\r\n0\r\n\r\n',
  'a chunk size larger than any number': 'ffffffffffffffffff\r\nab\r\n0\r\n\r\n',
};

for (const [name, body] of Object.entries(BROKEN)) {
  test(`${name} ends the request, and nothing behind it is one`, async (t) => {
    const app = await startRecorder(t);
    const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}})]);
    const hidden = `GET ${M}/hidden HTTP/1.1\r\n${HEAD}\r\n`;
    const text = `POST ${M}/a HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n${body}${hidden}`;
    const statuses = statusesOf(await raw(port, text));
    t.true(statuses.length <= 1 && statuses.every((status) => status === 400), String(statuses));
    t.false(
      app.seen.some((seen) => seen.includes('hidden') || seen.endsWith('0\r\n\r\n')),
      app.seen.join('---'),
    );
  });
}

for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST', 'PATCH', 'PROPFIND']) {
  test(`a chunked body of ${method} stays a body`, async (t) => {
    const app = await startRecorder(t);
    const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}})]);
    const hidden = `GET ${M}/hidden HTTP/1.1\r\nHost: x\r\n\r\n`;
    const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
    await raw(
      port,
      `${method} ${M}/a HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunk}`,
    );
    const [seen = '', ...more] = app.seen;
    t.deepEqual(more, []);
    t.regex(seen, /^transfer-encoding: chunked\r$/im);
    t.notRegex(seen, /^content-length:/im);
    t.true(seen.endsWith(`\r\n\r\n${chunk}`), seen);
  });

  test(`a body of ${method} with a length stays a body`, async (t) => {
    const app = await startRecorder(t);
    const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}})]);
    const hidden = `GET ${M}/hidden HTTP/1.1\r\nHost: x\r\n\r\n`;
    const head = `${HEAD}Content-Length: ${hidden.length}\r\nConnection: close\r\n`;
    await raw(port, `${method} ${M}/a HTTP/1.1\r\n${head}\r\n${hidden}`);
    t.is(app.seen.length, 1);
    t.regex(app.seen[0] ?? '', new RegExp(`^content-length: ${hidden.length}\r$`, 'im'));
    t.true(app.seen[0]?.endsWith(`\r\n\r\n${hidden}`));
  });
}

test('a request with a body never shares a connection to the app with another one', async (t) => {
  const sockets = new Map<string, unknown>();
  const app = await startApp(t, (request, response) => {
    sockets.set(request.url ?? '', request.socket);
    request.resume().once('end', () => response.end('ok'));
  });
  const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}})]);
  await ask(port, `${M}/1`);
  await ask(port, `${M}/2`, {method: 'POST', body: 'x'});
  await ask(port, `${M}/3`);
  await ask(port, `${M}/4`, {method: 'GET', body: 'x', headers: {'content-length': '1'}});
  await ask(port, `${M}/5`, {method: 'DELETE'});
  t.is(new Set([1, 2, 4, 5].map((at) => sockets.get(`${M}/${at}`))).size, 4);
  t.is(sockets.get(`${M}/3`), sockets.get(`${M}/1`));
});

for (const named of ['content-length', 'transfer-encoding', 'host', 'x-forwarded-for', 'x-forwarded-proto']) {
  test(`"Connection: ${named}" takes nothing away that holds a request together`, async (t) => {
    const app = await startRecorder(t);
    const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}})]);
    const body = named === 'transfer-encoding' ? '2\r\nab\r\n0\r\n\r\n' : 'ab';
    const framing = named === 'transfer-encoding' ? 'Transfer-Encoding: chunked' : 'Content-Length: 2';
    await raw(
      port,
      `POST ${M}/a HTTP/1.1\r\n${HEAD}${framing}\r\nConnection: close, ${named}\r\n\r\n${body}`,
    );
    const [seen = ''] = app.seen;
    t.regex(seen, new RegExp(`^${framing}\r$`, 'im'));
    t.regex(seen, /^host: x\r$/im);
    t.regex(seen, /^x-forwarded-for: 127\.0\.0\.1\r$/im);
    t.regex(seen, /^x-forwarded-proto: http\r$/im);
    t.true(seen.endsWith(body));
  });
}

test('a header that Connection names is of that connection alone', async (t) => {
  const app = await startRecorder(t);
  const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}})]);
  const head =
    'Connection: close, X-Hop\r\nX-Hop: 1\r\nX-Stays: 1\r\nTE: trailers\r\nKeep-Alive: 5\r\nProxy-Authorization: x\r\n';
  await raw(port, `GET ${M}/a HTTP/1.1\r\n${HEAD}${head}\r\n`);
  t.regex(app.seen[0] ?? '', /^x-stays: 1\r$/im);
  t.notRegex(app.seen[0] ?? '', /^(x-hop|te|keep-alive|proxy-authorization):/im);
});

test('pipelined requests are answered one by one, each by its own app', async (t) => {
  const one = await startRecorder(t);
  const two = await startRecorder(t);
  const {port} = await startGateway(t, [
    route({upstream: {kind: 'tcp', port: one.port}}),
    route({app: 'other', mount: '/alice/other', upstream: {kind: 'tcp', port: two.port}}),
  ]);
  const text = `GET ${M}/a HTTP/1.1\r\n${HEAD}\r\nGET /alice/other/b HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`;
  t.deepEqual(statusesOf(await raw(port, text)), [200, 200]);
  t.regex(one.seen.join(''), /^GET \/alice\/tasks\/a HTTP/);
  t.regex(two.seen.join(''), /^GET \/alice\/other\/b HTTP/);
});

test('a folded header line is refused, or reaches the app as one line', async (t) => {
  const app = await startRecorder(t);
  const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}})]);
  for (const text of [
    `POST ${M}/a HTTP/1.1\r\n${HEAD}Transfer-Encoding:\r\n chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`,
    `GET ${M}/a HTTP/1.1\r\n${HEAD}X-Fold: a\r\n b: c\r\nConnection: close\r\n\r\n`,
  ]) {
    t.deepEqual(statusesOf(await raw(port, text)), [400], text);
  }
  t.deepEqual(app.seen, []);
});
