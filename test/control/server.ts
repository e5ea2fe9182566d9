import {once} from 'node:events';
import {chmodSync, existsSync, lstatSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {createConnection, createServer} from 'node:net';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {SupervisorApi, SupervisorEvent} from '../../src/control/api.ts';
import {controlClient} from '../../src/control/client.ts';
import type {ClientOptions} from '../../src/control/client.ts';
import {serveControl} from '../../src/control/server.ts';
import type {ControlServerOptions} from '../../src/control/server.ts';
import {AppsupError} from '../../src/errors.ts';
import {
  fakeSupervisor,
  infoOf,
  resultOf,
  stateEvent,
  temporaryDirectory,
} from '../helpers/fake-supervisor.ts';

interface Setup {
  readonly client: SupervisorApi;
  readonly socket: string;
  readonly logged: string[];
  /** Resolves with the next line of the server's log that has these words. */
  readonly hears: (words: string) => Promise<void>;
}

async function setup(
  t: ExecutionContext,
  api: Partial<SupervisorApi> = {},
  more: Partial<ControlServerOptions> & {readonly client?: Partial<ClientOptions>} = {},
): Promise<Setup> {
  const socket = path.join(temporaryDirectory(t), 'state', 'control.sock');
  const logged: string[] = [];
  const waiting: {readonly words: string; readonly resolve: () => void}[] = [];
  const {client, ...options} = more;
  const server = await serveControl({
    api: fakeSupervisor(api),
    socket,
    version: '0.1.0',
    log(message, details) {
      logged.push(`${message} ${JSON.stringify(details ?? {})}`);
      for (const {words, resolve} of waiting) if (message.includes(words)) resolve();
    },
    ...options,
  });
  t.teardown(async () => server.close());
  return {
    client: controlClient({socket, version: '0.1.0', ...client}),
    socket,
    logged,
    hears: async (words) => new Promise((resolve) => waiting.push({words, resolve})),
  };
}

/** Send bytes as they are; resolves with everything that came back when the server hung up. */
async function talk(socket: string, bytes: string | Buffer): Promise<string> {
  const connection = createConnection(socket);
  const parts: Buffer[] = [];
  connection.on('data', (part: Buffer) => parts.push(part));
  // A reset after the answer is a way of hanging up.
  connection.on('error', () => {});
  connection.write(bytes);
  await once(connection, 'close');
  return Buffer.concat(parts).toString();
}

test('serveControl() makes a socket that only its user can reach', async (t) => {
  const {socket} = await setup(t);
  t.is(lstatSync(socket).mode & 0o777, 0o600);
  t.is(lstatSync(path.dirname(socket)).mode & 0o777, 0o700);
});

test('a client hears info, status, reload and shutdown', async (t) => {
  const asked: unknown[] = [];
  const {client} = await setup(t, {
    status: async (request) => {
      asked.push(request);
      return {supervisor: infoOf(), apps: []};
    },
    reload: async (request) => {
      asked.push(request);
      return {apps: ['a'], problems: []};
    },
    shutdown: async (request) => {
      asked.push(request);
      return {pid: 7};
    },
  });
  t.is((await client.info()).pid, 4242);
  t.deepEqual((await client.status({targets: ['a', 'b:web'], memory: true})).apps, []);
  t.deepEqual(await client.reload({apps: ['a']}), {apps: ['a'], problems: []});
  t.deepEqual(await client.shutdown({stopApps: false}), {pid: 7});
  t.deepEqual(asked, [{targets: ['a', 'b:web'], memory: true}, {apps: ['a']}, {stopApps: false}]);
});

test('act() reports progress as it happens, then the results', async (t) => {
  const events: SupervisorEvent[] = [];
  const {client} = await setup(t, {
    async act(request, onProgress) {
      t.deepEqual(request, {action: 'start', targets: ['hello'], wait: true});
      onProgress(stateEvent());
      await new Promise(setImmediate);
      onProgress(stateEvent({state: 'running', reason: 'ünïcödé \u2028'}));
      return {results: [resultOf()]};
    },
  });
  const {results} = await client.act({action: 'start', targets: ['hello']}, (event) => events.push(event));
  t.deepEqual(
    events.map((event) => event.type === 'state' && event.reason),
    [undefined, 'ünïcödé \u2028'],
  );
  t.is(results[0]?.pid, 41_873);
});

test('the supervisor’s own errors arrive as they were thrown', async (t) => {
  const {client} = await setup(t, {
    status: async () => {
      throw new AppsupError('NO_SUCH_APP', 'Cannot find "x": no such app', {
        hint: 'appsup list',
        details: {app: 'x'},
      });
    },
    act: async () => {
      throw new AppsupError('NO_SUCH_APP', 'Cannot start "x": no such app');
    },
  });
  const error = await t.throwsAsync(client.status({targets: ['x'], memory: false}), {
    instanceOf: AppsupError,
  });
  t.deepEqual(error?.toJSON(), {
    app: 'x',
    code: 'NO_SUCH_APP',
    message: 'Cannot find "x": no such app',
    hint: 'appsup list',
  });
  await t.throwsAsync(
    client.act({action: 'start', targets: ['x']}, () => {}),
    {code: 'NO_SUCH_APP'},
  );
});

test('a bug of the supervisor is answered, and logged with its stack', async (t) => {
  const {client, logged} = await setup(t, {
    info: async () => {
      throw new TypeError('undefined is not a function');
    },
    act: async () => {
      throw new TypeError('nor is this');
    },
  });
  await t.throwsAsync(client.info(), {code: 'INTERNAL', message: /undefined is not a function/});
  await t.throwsAsync(
    client.act({action: 'stop', targets: ['a']}, () => {}),
    {code: 'INTERNAL', message: /nor is this/},
  );
  t.is(
    logged.filter(
      (line) => (line.includes('TypeError') && line.includes('server.ts')) || line.includes('server.js'),
    ).length,
    2,
  );
});

test('events() hears everything until it is called off', async (t) => {
  let tell: ((event: SupervisorEvent) => void) | undefined;
  let left: () => void = () => {};
  const gone = new Promise<void>((resolve) => (left = resolve));
  const {client} = await setup(t, {
    async events(onEvent, signal) {
      tell = onEvent;
      onEvent(stateEvent({pid: 0}));
      await once(signal, 'abort');
      left();
    },
  });
  const pids: unknown[] = [];
  const control = new AbortController();
  await client.events((event) => {
    pids.push(event.type === 'state' ? event.pid : undefined);
    if (pids.length === 3) control.abort();
    else tell?.(stateEvent({pid: pids.length}));
  }, control.signal);
  await gone;
  t.deepEqual(pids, [0, 1, 2]);
});

test('a stream of events outlives the patience for requests', async (t) => {
  const {socket} = await setup(
    t,
    {
      async events(onEvent, signal) {
        const timer = setInterval(() => onEvent(stateEvent()), 20);
        await once(signal, 'abort');
        clearInterval(timer);
      },
    },
    {patienceMs: 200},
  );
  const connection = createConnection(socket);
  t.teardown(() => connection.destroy());
  connection.write('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
  let lines = 0;
  const enough = new Promise<void>((resolve) => {
    connection.on('data', (part: Buffer) => {
      lines += part.toString().split('"event"').length - 1;
      if (lines >= 50) resolve();
    });
  });
  await Promise.race([enough, once(connection, 'close')]);
  t.true(lines >= 50);
});

test('a client that goes away does not call off what it asked for', async (t) => {
  let finish: () => void = () => {};
  const {socket, client} = await setup(t, {
    async act(_request, onProgress) {
      onProgress(stateEvent());
      await new Promise<void>((resolve) => (finish = resolve));
      onProgress(stateEvent({state: 'running'}));
      return {results: []};
    },
  });
  const connection = createConnection(socket);
  const body = '{"action":"start","targets":["a"]}';
  connection.write(`POST /v1/act HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await once(connection, 'data');
  connection.destroy();
  await once(connection, 'close');
  finish();
  t.is((await client.info()).pid, 4242);
});

test('a client of another version is told the supervisor’s', async (t) => {
  const seen: string[] = [];
  const {client} = await setup(t, {}, {client: {version: '0.2.0', onVersion: (theirs) => seen.push(theirs)}});
  await client.info();
  t.deepEqual(seen, ['0.1.0']);
});

const REFUSED: readonly (readonly [string, string, number])[] = [
  ['an unknown path', 'GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n', 404],
  ['an odd path', 'GET // HTTP/1.1\r\nHost: x\r\n\r\n', 404],
  ['a path of the prototype', 'GET __proto__ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a wrong method', 'DELETE /v1/act HTTP/1.1\r\nHost: x\r\n\r\n', 405],
  ['a body that is not JSON', 'POST /v1/act HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{', 400],
  ['a body of another shape', 'POST /v1/act HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]', 400],
  ['an unknown query', 'GET /v1/status?x=1 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['garbage', '\u0000\u0001\u0002 garbage\r\n\r\n', 400],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['an endless head', `GET /v1/info HTTP/1.1\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  [
    'a body above the limit',
    `POST /v1/act HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n${'x'.repeat(70_000)}`,
    400,
  ],
];
for (const [what, request, status] of REFUSED) {
  test(`the server refuses ${what} with ${status} and goes on`, async (t) => {
    const {socket, client} = await setup(t);
    const answer = await talk(socket, Buffer.from(request, 'latin1'));
    t.regex(answer, new RegExp(`^HTTP/1.1 ${status} `));
    t.regex(answer, /\r\nappsup-version: 0\.1\.0\r\n/i);
    t.regex(answer, /\{"error":\{"code":"PROTOCOL","message":"Cannot [^"]/);
    t.is((await client.info()).pid, 4242);
  });
}

test('a 405 names the methods that are allowed', async (t) => {
  const {socket} = await setup(t);
  t.regex(await talk(socket, 'GET /v1/act HTTP/1.1\r\nHost: x\r\n\r\n'), /\r\nAllow: POST\r\n/);
});

test('a client that does not send its whole request is cut off', async (t) => {
  const {socket} = await setup(t, {}, {patienceMs: 200});
  t.is(await talk(socket, ''), '');
  t.is(await talk(socket, 'POST /v1/act HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{'), '');
});

test('a client that never reads its events is cut off before they pile up', async (t) => {
  let sent = 0;
  let cutOff: (sent: number) => void = () => {};
  const cut = new Promise<number>((resolve) => (cutOff = resolve));
  const {socket} = await setup(t, {
    async events(onEvent, signal) {
      while (!signal.aborted && sent < 100_000_000) {
        const event = stateEvent({reason: 'x'.repeat(10_000)});
        sent += 10_000;
        onEvent(event);
        await new Promise(setImmediate);
      }
      cutOff(sent);
    },
  });
  const connection = createConnection(socket);
  connection.on('error', () => {});
  connection.pause();
  connection.write('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
  t.true((await cut) < 3_000_000);
  connection.destroy();
});

test('a client that never takes its answer is cut off', async (t) => {
  const answer = {supervisor: infoOf({version: 'x'.repeat(10_000_000)}), apps: []};
  const {socket, client} = await setup(t, {status: async () => answer}, {patienceMs: 1000});
  const connection = createConnection(socket);
  connection.on('error', () => {});
  connection.pause();
  connection.write('GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n');
  // Who does not read sees the end by writing.
  const knocking = setInterval(() => connection.write('x'), 50);
  await new Promise((resolve) => connection.once('close', resolve));
  clearInterval(knocking);
  t.is((await client.info()).pid, 4242);
});

test('a deleted socket comes back, and open streams go on', async (t) => {
  let tell: (event: SupervisorEvent) => void = () => {};
  const {socket, client, hears} = await setup(t, {
    async events(onEvent, signal) {
      tell = onEvent;
      onEvent(stateEvent({pid: 1}));
      await once(signal, 'abort');
    },
  });
  const control = new AbortController();
  const pids: unknown[] = [];
  let first: () => void = () => {};
  const subscribed = new Promise<void>((resolve) => (first = resolve));
  const stream = client.events((event) => {
    pids.push(event.type === 'state' && event.pid);
    first();
    if (pids.length === 2) control.abort();
  }, control.signal);
  await subscribed;

  for (const spoil of [
    () => rmSync(socket),
    () => writeOver(socket),
    () => rmSync(path.dirname(socket), {recursive: true}),
  ]) {
    const healing = hears('making it again');
    spoil();
    await healing;
    t.is((await eventually(async () => client.info())).pid, 4242);
    t.is(lstatSync(socket).mode & 0o777, 0o600);
  }
  tell(stateEvent({pid: 2}));
  await stream;
  t.deepEqual(pids, [1, 2]);
});

/** As `mv other control.sock` does. */
function writeOver(socket: string): void {
  writeFileSync(`${socket}.other`, '');
  renameSync(`${socket}.other`, socket);
}

async function eventually<T>(action: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await action();
    } catch (error) {
      if (tries >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

test('close() removes the socket and hangs up on everybody', async (t) => {
  const socket = path.join(temporaryDirectory(t), 'control.sock');
  const server = await serveControl({api: fakeSupervisor(), socket, version: '0.1.0', log: () => {}});
  const client = controlClient({socket, version: '0.1.0'});
  const stream = client.events(() => {}, new AbortController().signal);
  await client.info();
  await server.close();
  await stream;
  t.false(existsSync(socket));
  await t.throwsAsync(client.info(), {code: 'SUPERVISOR_GONE'});
});

test('a further door stands beside /v1', async (t) => {
  const {socket} = await setup(
    t,
    {},
    {
      doors: {'/RPC2': {POST: async (_request, response) => void response.end('<xml/>')}},
    },
  );
  t.regex(await talk(socket, 'POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'), /<xml\/>/);
});

test('serveControl() says why it cannot listen', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(path.join(directory, 'control.sock'), '');
  await t.throwsAsync(
    serveControl({
      api: fakeSupervisor(),
      socket: path.join(directory, 'control.sock'),
      version: '0',
      log: () => {},
    }),
    {
      code: 'SUPERVISOR_START',
      message: /EADDRINUSE/,
    },
  );
  await t.throwsAsync(
    serveControl({api: fakeSupervisor(), socket: `/tmp/${'x'.repeat(120)}/s`, version: '0', log: () => {}}),
    {
      code: 'PATH_TOO_LONG',
    },
  );
});

test('the client says when nobody is there', async (t) => {
  const directory = temporaryDirectory(t);
  const socket = path.join(directory, 'control.sock');
  const client = controlClient({socket, version: '0.1.0'});
  const error = await t.throwsAsync(client.info(), {code: 'SUPERVISOR_GONE', instanceOf: AppsupError});
  t.is(error?.details['reached'], false);
  chmodSync(directory, 0o755);
});

test('the client gives up on a supervisor that accepts and stays silent', async (t) => {
  const socket = path.join(temporaryDirectory(t), 'control.sock');
  const server = createServer(() => {}).listen(socket);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const client = controlClient({socket, version: '0.1.0', answerMs: 50});
  await t.throwsAsync(client.info(), {code: 'TIMEOUT'});
});

test('the client limits a whole act when it is told to', async (t) => {
  const {client} = await setup(t, {act: async () => new Promise(() => {})}, {client: {actMs: 50}});
  await t.throwsAsync(
    client.act({action: 'start', targets: ['a']}, () => {}),
    {code: 'TIMEOUT', message: /not done within 0.05 s/},
  );
});

const STRANGERS: readonly (readonly [string, string, string])[] = [
  ['another server', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', 'PROTOCOL'],
  ['no HTTP', 'hello\r\n\r\n', 'PROTOCOL'],
  [
    'an answer that ends in its middle',
    'HTTP/1.1 200 OK\r\nAppsup-Version: 0.1.0\r\nContent-Length: 99\r\n\r\n{"res',
    'SUPERVISOR_GONE',
  ],
  ['no answer', '', 'SUPERVISOR_GONE'],
];
for (const [what, answer, code] of STRANGERS) {
  test(`the client tells ${what} with ${code}`, async (t) => {
    const socket = path.join(temporaryDirectory(t), 'control.sock');
    const server = createServer((connection) => connection.once('data', () => connection.end(answer))).listen(
      socket,
    );
    await once(server, 'listening');
    t.teardown(() => server.close());
    await t.throwsAsync(controlClient({socket, version: '0.1.0'}).info(), {code});
  });
}
