import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';
import fc from 'fast-check';

import {Rig, alive, get, killQuietly, until} from '../helpers/rig.ts';

function rig(t: ExecutionContext): Rig {
  const made = Rig.create();
  t.teardown(async () => {
    const left = await made.clean();
    if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
  });
  return made;
}

const SLEEPER = '[programs.queue]\ncommand = "sleep 600"\nstop_timeout = "2s"\n';

/** What a client does after its bytes: wait for the answer, close its half, or never read. */
type Manner = 'listen' | 'close' | 'deaf';

/** Send bytes as they are. Resolves with what came back once the other side hung up, or after a while. */
async function talk(
  socket: string,
  bytes: Uint8Array,
  manner: Manner = 'listen',
  patienceMs = 20_000,
): Promise<string> {
  return await new Promise((resolve, reject) => {
    let said = '';
    const client = net.connect({path: socket, allowHalfOpen: true});
    const late = setTimeout(() => client.destroy(), patienceMs);
    client.once('close', () => {
      clearTimeout(late);
      resolve(said);
    });
    client.on('error', (error: NodeJS.ErrnoException) => {
      // It may hang up before it has read everything.
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
    });
    client.on('end', () => client.end());
    if (manner === 'deaf') client.pause();
    else client.setEncoding('latin1').on('data', (text: string) => (said += text));
    client.write(bytes);
    if (manner === 'close') client.end();
  });
}

function post(route: string, body: string): Buffer {
  return Buffer.from(
    `POST ${route} HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** An answer, or none: never half of a head. */
function isAnswer(said: string): boolean {
  return said === '' || /^HTTP\/1\.1 [1-5]\d\d [^\r\n]+\r\n/.test(said);
}

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('all', 'sleeper', 'sleeper:queue', '../x', 'x'.repeat(5000), Number.MAX_SAFE_INTEGER),
);

/** Each route with bodies that are nearly right; none that would really end the supervisor. */
const requests = fc.oneof(
  fc.tuple(fc.constantFrom('/v1/act', '/v1/reload', '/v1/info', '/v1/status', '/RPC2', '/', '//'), odd),
  fc.tuple(
    fc.constant('/v1/act'),
    fc.record(
      {
        action: fc.oneof(fc.constantFrom('start', 'stop', 'restart', 'reload'), odd),
        targets: fc.oneof(fc.array(odd), odd),
        wait: fc.oneof(fc.boolean(), odd),
      },
      {requiredKeys: []},
    ),
  ),
  fc.tuple(fc.constant('/v1/reload'), fc.record({apps: fc.oneof(fc.array(odd), odd)}, {requiredKeys: []})),
  fc.tuple(
    fc.constant('/v1/shutdown'),
    fc.record({stopApps: odd.filter((value) => typeof value !== 'boolean'), successor: odd}),
  ),
  fc.tuple(
    fc.constant('/v1/shutdown'),
    fc.record({stopApps: fc.boolean(), successor: odd.filter((value) => value !== undefined)}),
  ),
);

test('no bytes on the control socket end the supervisor: it answers or hangs up', async (t) => {
  t.timeout(600_000);
  const it = rig(t);
  await it.define('sleeper', SLEEPER);
  await it.ok('start', 'sleeper');
  const supervisor = it.supervisorPid() as number;
  const {socket} = it.paths;
  const lives = async () => {
    t.regex(
      await talk(socket, Buffer.from('GET /v1/info HTTP/1.1\r\nHost: x\r\n\r\n')),
      new RegExp(`"pid":${supervisor}\\b`),
    );
  };

  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'GET /v1/info HTTP/1.1',
      'POST /v1/act HTTP/1.1',
      'Host: x',
      'Content-Length: 5',
      'Transfer-Encoding: chunked',
      'Upgrade: websocket',
      'Expect: 100-continue',
      '',
    ),
  );
  const texts = fc.array(line, {maxLength: 8}).map((lines) => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({maxLength: 2000}), texts), async (bytes) =>
      isAnswer(await talk(socket, bytes, 'close')),
    ),
    {numRuns: 100},
  );
  await lives();

  await fc.assert(
    fc.asyncProperty(requests, async ([route, body]) =>
      isAnswer(await talk(socket, post(route, JSON.stringify(body)))),
    ),
    {numRuns: 100},
  );
  await lives();

  // The head may be long, but not endless; the same goes for the body, and for targets.
  const huge = 'x'.repeat(1_000_000);
  t.regex(
    await talk(socket, Buffer.from(`GET /v1/info HTTP/1.1\r\nHost: ${huge}\r\n\r\n`)),
    /^(HTTP\/1\.1 431 |$)/,
  );
  t.regex(
    await talk(socket, Buffer.from(`GET /v1/info HTTP/1.1\r\n${'A: b\r\n'.repeat(100_000)}\r\n`)),
    /^(HTTP\/1\.1 431 |$)/,
  );
  t.regex(
    await talk(socket, post('/v1/act', JSON.stringify({action: 'start', targets: [huge]}))),
    /^(HTTP\/1\.1 400 |$)/,
  );
  t.regex(await talk(socket, post('/v1/act', '['.repeat(60_000))), /^HTTP\/1\.1 400 /);
  // A successor that cannot be started is no reason to go.
  t.regex(
    await talk(
      socket,
      post('/v1/shutdown', '{"stopApps":false,"successor":{"node":"/not/there","daemon":"/nor/this"}}'),
    ),
    /^HTTP\/1\.1 409 .*SUPERVISOR_START/s,
  );
  await lives();
  t.is(it.supervisorPid(), supervisor);
  t.notRegex(it.diary(), /a bug|a request failed/);
  await it.ok('start', 'sleeper');
});

test('clients that stay half-way, or never read, keep nobody else waiting and are hung up on', async (t) => {
  const it = rig(t);
  await it.define('sleeper', SLEEPER);
  await it.ok('start', 'sleeper');
  const {socket} = it.paths;
  const supervisor = it.supervisorPid() as number;
  const halves = [
    '',
    'GET /v1/in',
    'GET /v1/info HTTP/1.1\r\nHost: x\r\n',
    'POST /v1/act HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"action"',
  ];
  const halfway = halves.map(async (half) => {
    const began = Date.now();
    await talk(socket, Buffer.from(half), 'listen', 90_000);
    return Date.now() - began;
  });
  const deaf = Array.from(
    {length: 40},
    async () => await talk(socket, Buffer.from('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n'), 'deaf', 20_000),
  );
  for (let round = 0; round < 3; round++) await it.ok('restart', 'sleeper');
  t.is((await it.status()).supervisor.pid, supervisor);
  t.true(Math.max(...(await Promise.all(halfway))) < 60_000);
  // Whoever follows the events may stay; that keeps no supervisor from ending.
  await it.ok('daemon', 'restart');
  await Promise.all(deaf);
  t.false(alive(supervisor));
  t.is((await it.process('sleeper', 'queue')).state, 'running');
});

/** What can become of a file. */
type Damage = (text: string) => string | undefined;

/** A place in a JSON text gets another value. */
function replaced(text: string, at: number, value: unknown): string {
  const spots: (() => void)[] = [];
  const root = JSON.parse(text) as object;
  const walk = (part: object): void => {
    for (const [name, inner] of Object.entries(part)) {
      spots.push(() => Object.assign(part, {[name]: value}));
      if (typeof inner === 'object' && inner !== null) walk(inner as object);
    }
  };
  walk(root);
  spots[at % Math.max(1, spots.length)]?.();
  return JSON.stringify(root);
}

const damages: fc.Arbitrary<Damage> = fc.oneof(
  fc.double({min: 0, max: 1, noNaN: true}).map(
    (part): Damage =>
      (text) =>
        text.slice(0, Math.floor(text.length * part)),
  ),
  fc.string({minLength: 1}).map(
    (noise): Damage =>
      (text) =>
        `${text.slice(0, text.length / 2)}${noise}${text.slice(text.length / 2)}`,
  ),
  fc.json().map(
    (json): Damage =>
      () =>
        json,
  ),
  fc.tuple(fc.nat(), fc.jsonValue()).map(
    ([at, value]): Damage =>
      (text) =>
        text.startsWith('{') ? replaced(text, at, value) : JSON.stringify(value),
  ),
  fc.constant<Damage>(() => ''),
  // A directory in its place.
  fc.constant<Damage>(() => undefined),
);

test('whatever becomes of its state files, the supervisor starts, says so, and has one copy of each process', async (t) => {
  t.timeout(600_000);
  const it = rig(t);
  const {port} = await it.defineGunicorn('sound');
  await it.define('victim', SLEEPER);
  const {processes, desired, leases, lock, state} = it.paths;
  const files = [
    path.join(processes, 'victim.queue.json'),
    path.join(desired, 'victim.json'),
    leases,
    lock,
    path.join(state, 'seen'),
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), damages, async (file, damage) => {
      await it.ok('start', 'all');
      const [sound, supervisor] = [await it.pid('sound'), it.supervisorPid() as number];
      killQuietly(supervisor);
      await until(() => !alive(supervisor), 'the end of the supervisor');
      const worse = hurt(file, damage, file !== lock);
      const told = it.diary().split(IGNORED).length;
      await it.ok('daemon', 'start');
      if ((file.startsWith(processes) || file.startsWith(desired)) && !isObject(worse))
        t.true(it.diary().split(IGNORED).length > told, `nothing is said of ${file} with ${worse}`);
      await until(async () => (await it.process('sound')).state === 'running', 'the sound app');
      t.is(await it.pid('sound'), sound);
      t.is((await get(port, '/sound/')).status, 200);
      t.true(it.children('victim').length <= 1);
      rmSync(file, {recursive: true, force: true});
      await it.ok('start', 'victim');
      t.is((await it.process('victim', 'queue')).state, 'running');
      t.is(it.children('victim').length, 1);
      await it.ok('daemon', 'restart');
    }),
    {numRuns: 25},
  );
});

const IGNORED = 'a damaged state file is ignored';

function isObject(text: string | undefined): boolean {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

function hurt(file: string, damage: Damage, mayBeDirectory: boolean): string | undefined {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // Not every file is there at every moment.
  }
  const worse = damage(text);
  rmSync(file, {recursive: true, force: true});
  if (worse === undefined && mayBeDirectory) mkdirSync(file);
  else writeFileSync(file, worse ?? '', {mode: 0o600});
  return worse;
}
