import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {AppsupError} from '../../src/errors.ts';
import {changeBook, readBook} from '../../src/ports/book-file.ts';
import {adoptPort, leaseOf, leasePort, leases, movePort, releasePort} from '../../src/ports/leases.ts';
import type {LeaseRequest} from '../../src/ports/leases.ts';
import {portsOf} from '../../src/ports/range.ts';
import {pathsFor} from '../../src/system/paths.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';
import {freeRange, occupy} from '../helpers/ports.ts';
import {testWith, toolPath} from '../helpers/tools.ts';

function setup(t: ExecutionContext, size = 5) {
  const home = temporaryDirectory(t);
  const paths = pathsFor({HOME: home});
  const range = freeRange(size);
  const request = (app: string, more: Partial<LeaseRequest> = {}): LeaseRequest => ({
    paths,
    app,
    range,
    ...more,
  });
  return {home, paths, range, request};
}

test('leasePort() gives the same port for ever, and each app another one', async (t) => {
  const {paths, range, request} = setup(t);
  const a = await leasePort(request('a'));
  const b = await leasePort(request('b'));
  t.deepEqual([a.port, b.port], [range.first, range.first + 1]);
  t.is((await leasePort(request('a'))).port, a.port);
  t.is((await leasePort(request('a', {range: freeRange(3)}))).port, a.port);
  t.is(leaseOf(paths, 'b')?.port, b.port);
  t.is(leaseOf(paths, 'c'), undefined);
  t.deepEqual(
    leases(paths).map(({app}) => app),
    ['a', 'b'],
  );
});

test('leasePort() keeps its files from other users', async (t) => {
  const {paths, request} = setup(t);
  await leasePort(request('a'));
  t.is(statSync(paths.leases).mode & 0o777, 0o600);
  t.is(statSync(`${paths.leases}.copy`).mode & 0o777, 0o600);
  t.is(statSync(paths.state).mode & 0o777, 0o700);
  t.false(existsSync(`${paths.leases}.lock`));
});

test('leasePort() skips ports that somebody listens on, in either family', async (t) => {
  const {range, request} = setup(t);
  const [first = 0, second = 0, third = 0] = portsOf(range);
  await occupy(t, first);
  await occupy(t, second, '0.0.0.0');
  await occupy(t, third, '::1');
  t.is((await leasePort(request('a'))).port, range.first + 3);
});

/** Node cannot make one: its sockets have SO_REUSEADDR, which the sockets of ordinary clients have not. */
const CONNECT = `
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
client = socket.socket()
client.bind(("127.0.0.1", int(sys.argv[1])))
client.connect(server.getsockname())
print("connected", flush=True)
sys.stdin.read()
`;

testWith(['python3'], 'leasePort() skips a port that an outgoing connection occupies', async (t) => {
  const {range, request} = setup(t);
  const client = spawn(toolPath('python3'), ['-c', CONNECT, String(range.first)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => client.stdin.end());
  await once(client.stdout, 'data');
  t.is((await leasePort(request('a'))).port, range.first + 1);
});

test('leasePort() skips ports of app files and of well-known services', async (t) => {
  const {range, request} = setup(t);
  t.is((await leasePort(request('a', {taken: [range.first, range.first + 1]}))).port, range.first + 2);
  const mongo = {first: 27_017, last: 27_017};
  const error = await t.throwsAsync<AppsupError>(leasePort(request('b', {range: mongo})));
  t.regex(error?.message ?? '', /27017 known for another service/);
});

test('leasePort() says who has what when there is no free port', async (t) => {
  const {range, request} = setup(t, 3);
  await leasePort(request('a'));
  await occupy(t, range.first + 1);
  const error = await t.throwsAsync<AppsupError>(leasePort(request('c', {taken: [range.last]})));
  t.is(error?.code, 'PORTS_EXHAUSTED');
  t.is(
    error?.message,
    `Cannot lease a port for "c": none of ${range.first}-${range.last} is free: ${range.first} leased to "a"; ` +
      `${range.first + 1} you, listening on 127.0.0.1; ${range.last} in the file of an app`,
  );
  t.regex(error?.hint ?? '', /appsup ports/);
  t.like(error?.details, {app: 'c', first: range.first, last: range.last});
});

test('leasePort() refuses what is no name of an app', async (t) => {
  const {request} = setup(t);
  for (const app of ['', '../x', 'a b', '__proto__']) {
    t.is((await t.throwsAsync<AppsupError>(leasePort(request(app))))?.code, 'BAD_NAME');
  }
});

test('movePort() gives another port, and nobody the old one while others are free', async (t) => {
  const {range, request} = setup(t, 3);
  const before = await leasePort(request('a'));
  const after = await movePort(request('a'));
  t.not(after.port, before.port);
  t.is((await leasePort(request('a'))).port, after.port);
  t.is((await leasePort(request('b'))).port, range.last);
  const last = await leasePort(request('c'));
  t.is(last.port, before.port);
  t.regex(last.warnings.join('\n'), new RegExp(`Port ${before.port} was "a"'s before`));
});

test('movePort() never gives the same port, and leaves the lease when there is no other', async (t) => {
  const {paths, request} = setup(t, 1);
  const {port} = await leasePort(request('a'));
  const error = await t.throwsAsync<AppsupError>(movePort(request('a')));
  t.is(error?.code, 'PORTS_EXHAUSTED');
  t.is(leaseOf(paths, 'a')?.port, port);
  t.is((await t.throwsAsync<AppsupError>(movePort(request('b'))))?.code, 'NO_SUCH_APP');
});

test('releasePort() keeps the port for the app that comes back', async (t) => {
  const {paths, range, request} = setup(t);
  await leasePort(request('a'));
  await leasePort(request('b'));
  t.is((await releasePort(request('a')))?.port, range.first);
  t.is(await releasePort(request('a')), undefined);
  t.is(leaseOf(paths, 'a'), undefined);
  t.is((await leasePort(request('c'))).port, range.first + 2);
  t.is((await leasePort(request('a'))).port, range.first);
});

test('adoptPort() keeps a port that a file names from other apps', async (t) => {
  const {range, request} = setup(t);
  const fixed = await adoptPort({...request('a'), port: range.first});
  t.like(fixed, {port: range.first, fixed: true});
  t.is((await leasePort(request('b'))).port, range.first + 1);
  const taken = await t.throwsAsync<AppsupError>(adoptPort({...request('c'), port: range.first}));
  t.is(taken?.code, 'PORT_TAKEN');
  t.regex(taken?.message ?? '', /leased to "a"/);
  for (const port of [80, 65_536, 20_000.5]) {
    t.is((await t.throwsAsync<AppsupError>(adoptPort({...request('c'), port})))?.code, 'PORT_RANGE');
  }
  t.is((await t.throwsAsync<AppsupError>(movePort(request('a'))))?.code, 'USAGE');
  // The line was removed from the file.
  t.like(await leasePort(request('a')), {port: range.first, fixed: false});
});

test('adoptPort() retires the port that the app had before', async (t) => {
  const {range, request} = setup(t, 3);
  await leasePort(request('a'));
  await adoptPort({...request('a'), port: range.last});
  t.is((await leasePort(request('b'))).port, range.first + 1);
});

test('eight processes that lease at once get eight ports', async (t) => {
  const {home, paths, range} = setup(t, 12);
  const module = path.resolve(import.meta.dirname, '../../src/ports/leases.js');
  const script = `
    const {leasePort} = await import(${JSON.stringify(module)});
    const {port} = await leasePort(JSON.parse(process.argv[1]));
    console.log(port);
  `;
  const outputs = await Promise.all(
    Array.from({length: 8}, async (_, index) => {
      const request = JSON.stringify({paths, app: `app${index}`, range});
      const args = ['--input-type=module', '-e', script, request];
      return await promisify(execFile)(process.execPath, args, {
        env: {HOME: home, PATH: process.env['PATH']},
      });
    }),
  );
  const ports = outputs.map(({stdout}) => Number(stdout));
  t.deepEqual(
    ports.toSorted((a, b) => a - b),
    portsOf({first: range.first, last: range.first + 7}),
  );
  t.is(leases(paths).length, 8);
});

test('leasePort() and adoptPort() need no lock for what is already so', async (t) => {
  const {paths, range, request} = setup(t);
  await leasePort(request('a'));
  await adoptPort({...request('b'), port: range.last});
  // Of a process that lives and holds it.
  mkdirSync(`${paths.leases}.lock`);
  t.is((await leasePort(request('a'))).port, range.first);
  t.is((await adoptPort({...request('b'), port: range.last})).port, range.last);
});

test('leasePort() goes on after a process that was killed while it held the lock', async (t) => {
  const {paths, range, request} = setup(t);
  mkdirSync(`${paths.leases}.lock`, {recursive: true});
  const long = Date.now() / 1000 - 60;
  utimesSync(`${paths.leases}.lock`, long, long);
  t.is((await leasePort(request('a'))).port, range.first);
});

test('changeBook() decides again when somebody wrote while this process was frozen', async (t) => {
  const {paths, range, request} = setup(t);
  await leasePort(request('a'));
  const theirs = readFileSync(paths.leases, 'utf8').replaceAll('"a"', '"b"');
  let calls = 0;
  await changeBook(paths, async (book) => {
    if (++calls === 1) writeFileSync(paths.leases, theirs);
    const lease = {app: 'c', port: range.last, since: 1, fixed: false};
    return {book: {...book, leases: [...book.leases, lease]}, result: undefined};
  });
  t.is(calls, 2);
  t.deepEqual(
    leases(paths).map(({app}) => app),
    ['b', 'c'],
  );
});

const DAMAGES: readonly (readonly [string, (file: string) => void])[] = [
  ['empty', (file) => writeFileSync(file, '')],
  ['cut off', (file) => writeFileSync(file, readFileSync(file, 'utf8').slice(0, 60))],
  ['binary', (file) => writeFileSync(file, Buffer.from([0, 255, 254, 0, 1]))],
  ['gone', (file) => rmSync(file)],
];

for (const [damage, apply] of DAMAGES) {
  test(`leasePort() takes the leases from the copy when the file is ${damage}`, async (t) => {
    const {paths, range, request} = setup(t);
    await leasePort(request('a'));
    await leasePort(request('b'));
    apply(paths.leases);
    t.is(leaseOf(paths, 'a')?.port, range.first);
    t.is(readBook(paths).warnings.length, 1);
    const b = await leasePort(request('b'));
    t.is(b.port, range.first + 1);
    t.regex(b.warnings.join('\n'), /the leases were taken from its copy/);
    const kept = readdirSync(paths.state).filter((name) => name.includes('.garbled-'));
    t.is(kept.length, damage === 'gone' ? 0 : 1);
    t.deepEqual((await leasePort(request('a'))).warnings, []);
  });
}

test('leasePort() hands out no port that a file of an app names when file and copy are damaged', async (t) => {
  const {paths, range, request} = setup(t, 6);
  const [lost = 0, requested = 0, fixed = 0] = portsOf(range);
  mkdirSync(paths.state, {recursive: true, mode: 0o700});
  writeFileSync(
    paths.leases,
    `{"version": 1, "leases": {\n "a": {"port":${lost},"since":1,"fixed":false},\n "b": {"po`,
  );
  writeFileSync(`${paths.leases}.copy`, '');
  mkdirSync(paths.requests);
  writeFileSync(
    path.join(paths.requests, 'c.json'),
    `{"text": "ProxyPass http://127.0.0.1:${requested}/c/"}`,
  );
  mkdirSync(paths.apps, {recursive: true});
  writeFileSync(path.join(paths.apps, 'd.toml'), `directory = "~/d"\nport = ${fixed}\n`);
  const fresh = await leasePort(request('new'));
  t.is(fresh.port, range.first + 3);
  t.regex(fresh.warnings.join('\n'), /1 leases could be read, 2 ports were found in files of apps/);
  t.is((await leasePort(request('a'))).port, lost);
  t.is((await leasePort(request('c'))).port, requested);
  t.is((await leasePort(request('d'))).port, fixed);
});

test('leasePort() does not touch the file of a later version', async (t) => {
  const {paths, request} = setup(t);
  mkdirSync(paths.state, {recursive: true, mode: 0o700});
  writeFileSync(paths.leases, '{"version": 2}');
  t.is((await t.throwsAsync<AppsupError>(leasePort(request('a'))))?.code, 'VERSION_MISMATCH');
  t.is(readFileSync(paths.leases, 'utf8'), '{"version": 2}');
});
