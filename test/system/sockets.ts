import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';

import test from 'ava';

import {descriptorOf} from '../../src/supervisor/accepting.ts';
import {systemSockets} from '../../src/system/sockets.ts';
import {freePort} from '../helpers/free-port.ts';

async function ask(port: number): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (data: string) => (text += data));
  await once(socket, 'close');
  return text;
}

test('bindPort() says EADDRINUSE when somebody listens on the port', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as net.AddressInfo;
  const error = t.throws(() => systemSockets.bindPort(port), {instanceOf: Error});
  t.is((error as NodeJS.ErrnoException).code, 'EADDRINUSE');
  server.close();
});

test('duplicate() keeps the socket listening and its visitors queued after the first server closed', async (t) => {
  const port = await freePort();
  const first = systemSockets.bindPort(port);
  const answering = net.createServer((socket) => socket.end('first'));
  first.serve(answering);
  t.is(await ask(port), 'first');

  const copy = await systemSockets.duplicate(first);
  t.not(copy.fd, first.fd);
  answering.close();
  const waiting = ask(port); // nobody accepts now: this visitor waits in the queue
  const next = net.createServer((socket) => socket.end('second'));
  copy.serve(next);
  t.is(await waiting, 'second');
  next.close();
});

test('duplicate() serves many callers at a time', async (t) => {
  const sockets = await Promise.all(
    Array.from({length: 20}, async () => systemSockets.bindPort(await freePort())),
  );
  const copies = await Promise.all(sockets.map(async (socket) => await systemSockets.duplicate(socket)));
  t.is(new Set(copies.map(({fd}) => fd)).size, 20);
  for (const socket of [...sockets, ...copies]) socket.close();
});

test('a process that inherits the descriptor serves on the held socket', async (t) => {
  const port = await freePort();
  const held = systemSockets.bindPort(port);
  const script =
    "require('net').createServer((s) => s.end('child')).listen({fd: 3}, () => console.log('up'))";
  const child = spawn(process.execPath, ['-e', script], {stdio: ['ignore', 'pipe', 'inherit', held.fd]});
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  t.is(await ask(port), 'child');
  child.kill();
  await once(child, 'exit');
  held.close();
});

test('fetch() takes a listening socket back out of another process', async (t) => {
  const port = await freePort();
  const script = `require('net').createServer((s) => s.end('old')).listen(${port}, '127.0.0.1', () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], {stdio: ['ignore', 'pipe', 'inherit']});
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  const fd = descriptorOf(child.pid as number, inodeOf(port));
  t.truthy(fd);
  const raw = await systemSockets.fetch(child.pid as number, fd as number);
  if (raw === undefined) {
    t.log('this kernel does not let go of descriptors (ptrace_scope): nothing to show');
    child.kill();
    t.pass();
    return;
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  const server = net.createServer((socket) => socket.end('new'));
  raw.serve(server);
  t.is(await ask(port), 'new');
  server.close();
});

test('fetch() is undefined for a process that is not there', async (t) => {
  t.is(await systemSockets.fetch(2 ** 22 + 1, 3), undefined);
});

test('bindPath() replaces a stale file and removes its own when it is closed', (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'as-'));
  const file = path.join(directory, 'a.sock');
  const mask = process.umask(0o077);
  systemSockets.bindPath(file);
  const again = systemSockets.bindPath(file);
  process.umask(mask);
  t.is(statSync(file).mode & 0o077, 0);
  again.close();
  t.false(existsSync(file));
  rmSync(directory, {recursive: true});
});

function inodeOf(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const line = readLines('/proc/net/tcp').find((each) => each[1] === `0100007F:${hex}` && each[3] === '0A');
  return Number(line?.[9]);
}

function readLines(file: string): readonly (readonly string[])[] {
  return readFileSync(file, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
}

test('duplicate() says that no descriptor is left, and works again when there are some', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'as-'));
  t.teardown(() => rmSync(directory, {recursive: true}));
  const script = `
    import {closeSync, openSync} from 'node:fs';
    import {systemSockets} from ${JSON.stringify(path.resolve('build/src/system/sockets.js'))};
    const socket = systemSockets.bindPath('held.sock');
    const taken = [];
    try { for (;;) taken.push(openSync('/dev/null')); } catch {}
    await systemSockets.duplicate(socket).catch((error) => console.log(error.message));
    for (const fd of taken) closeSync(fd);
    (await systemSockets.duplicate(socket)).close();
    console.log('copied');
    socket.close();
  `;
  const limited = ['--nofile=64', process.execPath, '--input-type=module', '-e', script];
  const {stdout, stderr} = await promisify(execFile)('/usr/bin/prlimit', limited, {cwd: directory});
  t.deepEqual([stdout, stderr], ['cannot copy a socket: spawn /proc/self/exe EMFILE\ncopied\n', '']);
});
