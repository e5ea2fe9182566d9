import {readFileSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import test from 'ava';

import {freePort} from '../helpers/free-port.ts';
import {get, Load, Rig, until} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

function rig(t: {readonly teardown: (action: () => Promise<void>) => void}): Rig {
  const made = Rig.create();
  t.teardown(async () => {
    const left = await made.clean();
    if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
  });
  return made;
}

/** Serves on the socket that it inherits; finishes its requests at TERM. */
const NODE = `const http = require('http');
const server = http.createServer((request, response) => {
  response.setHeader('connection', 'close');
  response.end(String(process.pid));
});
server.listen({fd: 3});
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

test('a Node program that takes the held socket is replaced while the old one serves', async (t) => {
  const it = rig(t);
  const toml = '[programs.web]\ncommand = "node server.js"\nlisten = "socket"\n';
  const {port, directory} = await it.define('board', toml, {'server.js': NODE});
  await it.ok('start', 'board');
  const load = new Load(port, '/board/');
  await load.answers(50);
  for (let i = 0; i < 3; i++) {
    const before = await it.pid('board');
    t.regex(await it.ok('restart', 'board'), /new version ready/);
    t.not(await it.pid('board'), before);
    await load.answers(20);
  }
  const serving = await it.pid('board');
  writeFileSync(path.join(directory, 'server.js'), "throw new Error('not today');\n");
  const failed = await it.appsup('restart', 'board');
  t.is(failed.code, 1);
  t.regex(failed.stdout + failed.stderr, /not today/);
  t.is(await it.pid('board'), serving);
  await load.stop();
  t.deepEqual(load.failures, []);
});

test('reload proves the new code, then lets the same master take it up; code with a mistake is never taken up', async (t) => {
  const it = rig(t);
  const {port, directory} = await it.defineGunicorn('pages');
  await it.ok('start', 'pages');
  const master = await it.pid('pages');
  const load = new Load(port, '/pages/', 4);
  await load.answers(20);
  const file = path.join(directory, 'wsgi.py');
  const code = readFileSync(file, 'utf8');
  writeFileSync(file, code.replace('"%d %d', '"v2 %d %d'));
  await it.ok('reload', 'pages');
  t.is(await it.pid('pages'), master);
  await until(async () => (await get(port, '/pages/')).body.startsWith('v2'), 'the new code');
  writeFileSync(file, 'import not_there\n');
  const failed = await it.appsup('reload', 'pages');
  t.is(failed.code, 1);
  t.regex(failed.stdout + failed.stderr, /No module named 'not_there'/);
  await load.answers(20);
  t.is(await it.pid('pages'), master);
  await load.stop();
  t.deepEqual(load.failures, []);
});

test('a gunicorn whose worker was too young to hear the stop does not wait for its whole graceful time', async (t) => {
  const it = rig(t);
  // From its fork to the end of this hook a worker has its master's handlers, as while gevent is imported.
  const {directory} = await it.defineGunicorn('young', 'args = ["-c", "young.conf.py"]\n');
  writeFileSync(
    path.join(directory, 'young.conf.py'),
    `import time
def post_fork(server, worker):
    if worker.age > 1:
        server.log.info("too young")
        time.sleep(3)
`,
  );
  await it.ok('start', 'young');
  await until(async () => (await it.ok('logs', 'young')).includes('too young'), 'the second worker');
  const begun = Date.now();
  await it.ok('stop', 'young');
  // gunicorn's own graceful time, after which it kills what it asked once, is 30 seconds.
  t.true(Date.now() - begun < 20_000);
});

test('a program waits for what it needs, says so, and starts when that is there', async (t) => {
  const it = rig(t);
  const database = await freePort();
  await it.define(
    'late',
    `[programs.queue]\ncommand = "sleep 600"\nafter = ["tcp://127.0.0.1:${database}"]\n`,
  );
  await it.ok('start', 'late', '--no-wait');
  await until(
    async () => (await it.process('late', 'queue')).reason === `waits for tcp://127.0.0.1:${database}`,
    'the wait',
  );
  t.is(it.children('late').length, 0);
  const server = net.createServer((socket) => socket.end()).listen(database, '127.0.0.1');
  t.teardown(() => server.close());
  await until(async () => (await it.process('late', 'queue')).state === 'running', 'the start');
});

test('an unhealthy program is replaced, and a restart under way is not disturbed', async (t) => {
  const it = rig(t);
  // Sick for those who were born before the file was written.
  const code = `import os, time
BORN = time.time()
SICK = os.path.join(os.environ["HOME"], "sick")
def application(environ, start_response):
    sick = os.path.exists(SICK) and os.stat(SICK).st_mtime > BORN
    start_response("503 Sick" if sick else "200 OK", [("Content-Type", "text/plain")])
    return [b""]
`;
  const {port} = await it.defineGunicorn('frail', 'health = { every = "1s", failures = 2 }\n', code);
  await it.ok('start', 'frail');
  const before = await it.pid('frail');
  writeFileSync(path.join(it.home, 'sick'), '');
  await until(async () => (await it.pid('frail')) !== before, 'another process');
  t.is((await get(port, '/frail/')).status, 200);
  t.regex((await it.process('frail')).reason ?? '', /unhealthy: .*answers 503/);
});

test('a program above its memory limit is replaced, and status says why', async (t) => {
  const it = rig(t);
  const code =
    'import time\nhold = bytearray(120_000_000)\nfor i in range(0, len(hold), 4096): hold[i] = 1\ntime.sleep(600)\n';
  const toml = '[programs.queue]\ncommand = "/usr/bin/python3 hog.py"\nlimits = { memory = "50MB" }\n';
  await it.define('hog', toml, {'hog.py': code});
  await it.ok('start', 'hog');
  const before = await it.pid('hog', 'queue');
  await until(
    async () => (await it.process('hog', 'queue')).reason?.startsWith('replaced: it uses') ?? false,
    'its end',
    60_000,
  );
  t.not(await it.pid('hog', 'queue'), before);
});

testWith(['uvicorn'], 'a uvicorn app is replaced while the old one serves', async (t) => {
  const it = rig(t);
  const code = `import os
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
`;
  const {port} = await it.define('api', '[programs.web]\nuvicorn = "main:app"\n', {'main.py': code});
  await it.ok('start', 'api');
  const load = new Load(port, '/', 2);
  await load.answers(20);
  const before = await it.pid('api');
  t.regex(await it.ok('restart', 'api'), /new version ready/);
  t.not(await it.pid('api'), before);
  await load.answers(20);
  await load.stop();
  // None is refused. At its end uvicorn cuts what it has accepted and not read yet: one request of each client at most.
  t.true(
    load.failures.every((failure) => /hang up|ECONNRESET/.test(failure)),
    load.failures.join(', '),
  );
  t.true(load.failures.length <= 2, load.failures.join(', '));
});
