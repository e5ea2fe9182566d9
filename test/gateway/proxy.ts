import {createHash, randomBytes} from 'node:crypto';
import {once} from 'node:events';
import http from 'node:http';
import net from 'node:net';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {Route} from '../../src/gateway/routes.ts';
import type {Changes} from '../helpers/gateway-world.ts';
import {
  ask,
  listen,
  raw,
  route,
  startApp,
  startGateway,
  startRecorder,
  statusesOf,
} from '../helpers/gateway-world.ts';
import {freePort} from '../helpers/free-port.ts';
import {until} from '../helpers/rig.ts';

const M = '/alice/tasks';

async function world(t: ExecutionContext, listener: http.RequestListener, changes: Changes<Route> = {}) {
  const app = await startApp(t, listener);
  return {
    app,
    ...(await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}, ...changes})])),
  };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of buffers that somebody still holds: what waits for the collector would make it a matter of chance. */
function heldBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** An app that says nothing until it is told to, and tells when its visitor has gone. */
async function patientWorld(t: ExecutionContext, begin: (response: http.ServerResponse) => void) {
  let left = 0;
  let came = 0;
  const it = await world(t, (_request, response) => {
    came++;
    response.once('close', () => left++);
    begin(response);
  });
  return {...it, came: () => came, left: () => left};
}

test('the request line and odd paths reach the app as they came', async (t) => {
  const app = await startRecorder(t);
  const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}})]);
  const paths = [
    '//a',
    '/a//b',
    '/%2F..',
    '/a/../b',
    '/%zz',
    '/\\',
    '/?',
    '/?a=b?c=/../d',
    '/a;b',
    "/'",
    '/[x]',
  ];
  for (const each of paths)
    await raw(port, `GET ${M}${each} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  t.deepEqual(
    app.seen.map((text) => text.split('\r\n', 1)[0]),
    paths.map((each) => `GET ${M}${each} HTTP/1.1`),
  );
});

test('headers come back with their names, order and doubles; status and words too', async (t) => {
  const {port} = await world(t, (_request, response) => {
    response.writeHead(207, 'Several Things', [
      'X-Twice',
      '1',
      'x-twice',
      '2',
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
    ]);
    response.end('body');
  });
  const text = await raw(port, `GET ${M}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  t.regex(
    text,
    /^HTTP\/1\.1 207 Several Things\r\nX-Twice: 1\r\nx-twice: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/,
  );
});

test('the mount without its slash is led to the one with it', async (t) => {
  const {port} = await world(t, (_request, response) => response.end());
  const answer = await ask(port, `${M}?a=%2F`, {method: 'POST'});
  t.deepEqual([answer.status, answer.headers.location], [308, `${M}/?a=%2F`]);
  t.is((await ask(port, `${M}x/`)).status, 404);
  t.is((await ask(port, '/')).status, 404);
});

test('HEAD, 204 and 304 have no body, and the connection goes on', async (t) => {
  const {port} = await world(t, (request, response) => {
    const status = Number(request.url?.split('/').at(-1));
    response
      .writeHead(status, status === 200 ? {'content-length': '5'} : {})
      .end(status === 200 ? 'hello' : undefined);
  });
  const line = (method: string, status: number) => `${method} ${M}/${status} HTTP/1.1\r\nHost: x\r\n`;
  const text = `${line('HEAD', 200)}\r\n${line('GET', 204)}\r\n${line('GET', 304)}\r\n${line('GET', 200)}Connection: close\r\n\r\n`;
  const answer = await raw(port, text);
  t.deepEqual(statusesOf(answer), [200, 204, 304, 200]);
  t.is(answer.split('hello').length, 2);
});

test('HTTP/1.0 gets a whole answer without chunks', async (t) => {
  const {port} = await world(t, (_request, response) => {
    response.write('a');
    response.end('b');
  });
  const text = await raw(port, `GET ${M}/ HTTP/1.0\r\nHost: x\r\n\r\n`);
  t.regex(text, /\r\n\r\nab$/);
  t.notRegex(text, /chunked/);
});

for (const kind of ['with a length', 'in chunks', 'with Expect: 100-continue'] as const) {
  test(`100 MB posted ${kind} arrive whole, and are not gathered up`, async (t) => {
    const {port} = await world(t, (request, response) => {
      const hash = createHash('md5');
      let bytes = 0;
      request.on('data', (part: Buffer) => {
        hash.update(part);
        bytes += part.length;
      });
      request.once('end', () => response.end(`${bytes} ${hash.digest('hex')}`));
    });
    const part = randomBytes(1_000_000);
    const hash = createHash('md5');
    const headers = {
      ...(kind === 'in chunks' ? {} : {'content-length': '100000000'}),
      ...(kind === 'with Expect: 100-continue' ? {expect: '100-continue'} : {}),
    };
    const request = http.request({
      host: '127.0.0.1',
      port,
      path: `${M}/`,
      method: 'POST',
      headers,
      agent: false,
    });
    request.flushHeaders();
    if ('expect' in headers) await once(request, 'continue');
    const before = heldBytes();
    let peak = 0;
    for (let count = 0; count < 100; count++) {
      hash.update(part);
      if (!request.write(part)) await once(request, 'drain');
      if (count % 10 === 9) peak = Math.max(peak, heldBytes() - before);
    }
    request.end();
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
    let text = '';
    for await (const data of answer) text += String(data);
    t.is(text, `100000000 ${hash.digest('hex')}`);
    // Visitor, gateway and app are all in this process; gathered up, it would be 100 MB more.
    t.true(peak < 50_000_000, String(peak));
  });
}

test('a body above the limit is answered with 413 before it is read', async (t) => {
  let came = 0;
  const {port} = await world(
    t,
    (request, response) => {
      came++;
      request.resume();
      request.once('end', () => response.end());
    },
    {front: {bodyLimitBytes: 10}},
  );
  const line = `POST ${M}/ HTTP/1.1\r\nHost: x\r\n`;
  t.deepEqual(
    statusesOf(await raw(port, `${line}Content-Length: 11\r\nExpect: 100-continue\r\n\r\n`)),
    [413],
  );
  t.is(came, 0);
  t.deepEqual(
    statusesOf(await raw(port, `${line}Content-Length: 10\r\nConnection: close\r\n\r\n0123456789`)),
    [200],
  );
  t.is((await ask(port, `${M}/`, {method: 'POST', body: '01234567890'})).status, 413);
  t.deepEqual(
    statusesOf(await raw(port, `${line}Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n`)),
    [413],
  );
});

test('a slow visitor slows the app down, and nothing is gathered up', async (t) => {
  let sent = 0;
  const {port} = await world(t, (_request, response) => {
    const part = Buffer.alloc(1_000_000);
    const more = (): void => {
      while (sent < 200_000_000) {
        sent += part.length;
        if (!response.write(part)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const [answer] = (await once(
    http.get({host: '127.0.0.1', port, path: `${M}/`, agent: false}),
    'response',
  )) as [http.IncomingMessage];
  let before = -1;
  await until(() => {
    const still = sent === before;
    before = sent;
    return still;
  }, 'the app to pause');
  t.true(sent < 50_000_000, String(sent));
  let bytes = 0;
  for await (const part of answer) bytes += (part as Buffer).length;
  t.is(bytes, 200_000_000);
});

test('an event stream passes event by event, headers first', async (t) => {
  let stream: http.ServerResponse | undefined;
  const {port} = await world(t, (_request, response) => {
    response.writeHead(200, {'content-type': 'text/event-stream'});
    response.flushHeaders();
    stream = response;
  });
  const [answer] = (await once(
    http.get({host: '127.0.0.1', port, path: `${M}/`, agent: false}),
    'response',
  )) as [http.IncomingMessage];
  t.is(answer.headers['x-accel-buffering'], 'no');
  for (let at = 0; at < 3; at++) {
    stream?.write(`data: ${at}\n\n`);
    const [data] = (await once(answer, 'data')) as [Buffer];
    t.is(data.toString(), `data: ${at}\n\n`);
  }
  answer.destroy();
});

for (const [when, begin] of [
  ['before the headers', () => undefined],
  [
    'in an event stream',
    (response: http.ServerResponse) =>
      response.writeHead(200, {'content-type': 'text/event-stream'}).flushHeaders(),
  ],
  [
    'in a download',
    (response: http.ServerResponse) => void response.writeHead(200, {'content-length': '1000'}).write('a'),
  ],
] as const) {
  test(`a visitor who leaves ${when} takes the app’s request along`, async (t) => {
    const {port, came, left} = await patientWorld(t, begin);
    for (let at = 0; at < 20; at++) {
      const socket = net.connect(port, '127.0.0.1');
      socket.write(`GET ${M}/${at} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await until(() => came() === at + 1, 'the request');
      // Half of them leave without a farewell.
      if (at % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
    }
    await until(() => left() === 20, 'the app to notice');
    t.is(came(), 20);
  });
}

test('a visitor who leaves in an upload takes the app’s request along', async (t) => {
  let aborted = false;
  let came = false;
  const {port} = await world(t, (request) => {
    came = true;
    request.resume().once('close', () => (aborted = !request.complete));
  });
  const socket = net.connect(port, '127.0.0.1');
  socket.write(`POST ${M}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc`);
  await until(() => came, 'the request');
  socket.destroy();
  await until(() => aborted, 'the app to notice');
  t.pass();
});

test('an app that dies in its answer is no whole answer to its visitor', async (t) => {
  const {port} = await world(t, (request, response) => {
    response.writeHead(200, request.url?.endsWith('length') === true ? {'content-length': '10'} : {});
    response.write('abc', () => request.socket.destroy());
  });
  await t.throwsAsync(ask(port, `${M}/length`), {message: /aborted/});
  await t.throwsAsync(ask(port, `${M}/chunks`), {message: /aborted/});
});

test('an app that is down is 503 with its page, one that cuts its visitors 502, one that says nothing 504', async (t) => {
  const {port, trouble} = await startGateway(t, [
    route({upstream: {kind: 'tcp', port: await freePort()}, front: {maintenance: 'Back at <noon>'}}),
    route({app: 'gone', mount: '/alice/gone', upstream: {kind: 'unix', path: '/nonexistent/x.sock'}}),
  ]);
  const down = await ask(port, `${M}/?secret`);
  t.deepEqual(
    [down.status, down.headers['retry-after'], down.headers['cache-control']],
    [503, '10', 'no-store'],
  );
  t.true(down.body.includes('Back at &lt;noon&gt;'));
  t.is((await ask(port, `${M}/`, {method: 'POST', body: 'x'})).status, 503);
  t.regex((await ask(port, '/alice/gone/')).body, /<b>gone<\/b> is not running/);
  t.regex(trouble[0] ?? '', /^tasks: GET \/: connect ECONNREFUSED/);

  const cuts = await listen(
    t,
    net.createServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
  );
  const silent = await listen(
    t,
    net.createServer(() => undefined),
  );
  const babbles = await listen(
    t,
    net.createServer((socket) => void socket.once('data', () => socket.end('what?\r\n\r\n'))),
  );
  const switches = await listen(
    t,
    net.createServer((socket) => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
      );
    }),
  );
  const other = await startGateway(t, [
    route({app: 'cuts', mount: '/cuts', upstream: {kind: 'tcp', port: cuts}}),
    route({app: 'silent', mount: '/silent', upstream: {kind: 'tcp', port: silent}, front: {timeoutMs: 200}}),
    route({app: 'babbles', mount: '/babbles', upstream: {kind: 'tcp', port: babbles}}),
    route({app: 'switches', mount: '/switches', upstream: {kind: 'tcp', port: switches}}),
  ]);
  for (const method of ['GET', 'POST']) {
    t.is((await ask(other.port, '/cuts/', {method})).status, 502);
    t.is((await ask(other.port, '/silent/', {method})).status, 504);
    t.is((await ask(other.port, '/babbles/', {method})).status, 502);
    t.is((await ask(other.port, '/switches/', {method})).status, 502);
  }
});

test('an answer that comes before the body was read reaches the visitor, and the connection stays in order', async (t) => {
  const {port} = await world(t, (_request, response) => response.writeHead(401).end('no'));
  const body = Buffer.alloc(5_000_000);
  for (let at = 0; at < 3; at++) t.is((await ask(port, `${M}/`, {method: 'POST', body})).status, 401);
});

test('an app on a Unix socket is reached, and others may be on several', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'as-gw-'));
  t.teardown(() => rmSync(directory, {recursive: true, force: true}));
  const routes = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const file = path.join(directory, `${name}.sock`);
      const server = http.createServer((request, response) =>
        response.end(`${name} ${request.url} ${request.headers.host}`),
      );
      server.listen(file);
      await once(server, 'listening');
      t.teardown(() => server.close());
      return route({app: name, mount: `/${name}`, upstream: {kind: 'unix', path: file}});
    }),
  );
  const {port} = await startGateway(t, routes);
  for (let turn = 0; turn < 3; turn++) {
    for (const name of ['one', 'two'])
      t.is(
        (await ask(port, `/${name}/x`, {headers: {host: 'a.example'}})).body,
        `${name} /${name}/x a.example`,
      );
  }
});

test('strip mode removes the mount, names it, and mends redirects and cookies', async (t) => {
  const {port} = await world(
    t,
    (request, response) => {
      response.writeHead(302, {location: '/deep', 'set-cookie': 'a=1; Path=/'});
      response.end(`${request.url} ${String(request.headers['x-forwarded-prefix'])}`);
    },
    {prefix: 'strip'},
  );
  const answer = await ask(port, `${M}/x?y`);
  t.is(answer.body, `/x?y ${M}`);
  t.is(answer.headers.location, `${M}/deep`);
  t.deepEqual(answer.headers['set-cookie'], [`a=1; Path=${M}/`]);
});

test('GET and HEAD never fail because the app closes idle connections', async (t) => {
  const app = await startApp(t, (_request, response) => response.end('ok'));
  app.server.keepAliveTimeout = 1;
  // Node's own servers add a second to what they promise.
  app.server.on('connection', (socket: net.Socket) => {
    let timer: NodeJS.Timeout | undefined;
    socket.on('data', () => {
      clearTimeout(timer);
      timer = setTimeout(() => socket.destroy(), 20);
    });
    socket.once('close', () => clearTimeout(timer));
  });
  const {port, trouble} = await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}})]);
  const visitor = async (at: number): Promise<void> => {
    for (let count = 0; count < 60; count++) {
      const {status} = await ask(port, `${M}/`, {method: (count + at) % 3 === 0 ? 'HEAD' : 'GET'});
      t.is(status, 200);
      await new Promise((resolve) => setTimeout(resolve, 17 + ((count * 7 + at) % 7)));
    }
  };
  await Promise.all([0, 1, 2, 3, 4, 5].map(visitor));
  t.deepEqual(trouble, []);
});

test('an app that takes its time on a kept connection is waited for, and one that says nothing is not', async (t) => {
  const {port} = await world(
    t,
    (request, response) => {
      if (request.url?.endsWith('never') === true) return;
      setTimeout(() => response.end('ok'), request.url?.endsWith('slow') === true ? 3000 : 0);
    },
    {front: {timeoutMs: 4000}},
  );
  await ask(port, `${M}/`);
  t.is((await ask(port, `${M}/slow`)).status, 200);
  t.is((await ask(port, `${M}/never`)).status, 504);
});

test('a request that may not be sent twice is not, and needs no idle connection', async (t) => {
  let posts = 0;
  const app = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      if (!data.toString().startsWith('POST'))
        return socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      posts++;
      return socket.destroy();
    });
  });
  const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: await listen(t, app)}})]);
  t.is((await ask(port, `${M}/`)).status, 200);
  t.is((await ask(port, `${M}/`, {method: 'POST', body: 'x'})).status, 502);
  t.is(posts, 1);
});

test('a GET that the app cuts on a new connection is not sent again', async (t) => {
  let came = 0;
  const app = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      came++;
      socket.destroy();
    });
  });
  const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: await listen(t, app)}})]);
  t.is((await ask(port, `${M}/`)).status, 502);
  t.is(came, 1);
});

test('an offer of another protocol is ignored, and the request answered', async (t) => {
  const app = await startRecorder(t);
  const {port} = await startGateway(t, [route({upstream: {kind: 'tcp', port: app.port}})]);
  const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
  const text = await raw(
    port,
    `GET ${M}/ HTTP/1.1\r\nHost: x\r\n${offer}\r\nGET ${M}/hidden HTTP/1.1\r\nHost: x\r\n\r\n`,
  );
  t.deepEqual(statusesOf(text), [200]);
  t.is(app.seen.length, 1);
  t.notRegex(app.seen.join(''), /upgrade|http2-settings|hidden/i);
});

test('a new route table counts from the next request on; what is under way ends as it began', async (t) => {
  let finish: () => void = () => undefined;
  const {port, gateway, app} = await world(t, (_request, response) => {
    finish = () => response.end('old');
  });
  const slow = ask(port, `${M}/`);
  await once(app.server, 'request');
  const other = await startApp(t, (_request, response) => response.end('new'));
  gateway.take([route({upstream: {kind: 'tcp', port: other.port}})]);
  t.is((await ask(port, `${M}/`)).body, 'new');
  gateway.take([]);
  t.is((await ask(port, `${M}/`)).status, 404);
  finish();
  t.is((await slow).body, 'old');
});

test('a gateway that ends finishes what was begun, and refuses nobody on an open connection', async (t) => {
  let finish: () => void = () => undefined;
  const {port, gateway, app} = await world(t, (request, response) => {
    if (request.url?.endsWith('slow') === true) finish = () => response.end('slow');
    else response.end('quick');
  });
  const agent = new http.Agent({keepAlive: true, maxSockets: 1});
  t.teardown(() => agent.destroy());
  await ask(port, `${M}/`, {agent});
  const slow = ask(port, `${M}/slow`);
  await once(app.server, 'request');
  const ended = gateway.end();
  const last = await ask(port, `${M}/`, {agent});
  t.deepEqual([last.body, last.headers.connection], ['quick', 'close']);
  await t.throwsAsync(ask(port, `${M}/`), {code: 'ECONNREFUSED'});
  finish();
  t.is((await slow).body, 'slow');
  await ended;
});

test('every request is one line of the access log, with the visitor that the front end names', async (t) => {
  const {port, access} = await world(t, (_request, response) => response.end('ok'));
  await ask(port, `${M}/page?token=secret`, {
    headers: {'x-forwarded-for': '10.1.1.1, 192.0.2.7', 'user-agent': 'x"\ty'},
  });
  await ask(port, '/nowhere');
  await until(() => access.length === 2, 'the lines');
  t.regex(
    access[0] ?? '',
    /^192\.0\.2\.7 - - \[.+\] "GET \/alice\/tasks\/page HTTP\/1\.1" 200 \d+ "-" "x\\"\\x09y" tasks \d\.\d{3}\n$/,
  );
  t.regex(access[1] ?? '', /^127\.0\.0\.1 - - \[.+\] "GET \/nowhere HTTP\/1\.1" 404 \d+ "-" "-" - /);
});
