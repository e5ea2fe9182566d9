import {once} from 'node:events';
import net from 'node:net';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {HeldSocket} from '../../src/supervisor/held-socket.ts';
import {withResolvers} from '../../src/supervisor/with-resolvers.ts';
import {systemSockets} from '../../src/system/sockets.ts';
import {freePort} from '../helpers/free-port.ts';
import {uwsgiPacket} from '../helpers/uwsgi-packet.ts';

async function setup(t: ExecutionContext): Promise<{port: number; held: HeldSocket}> {
  const port = await freePort();
  const held = HeldSocket.bind(systemSockets, port, () => 'closed');
  t.teardown(() => held.close());
  return {port, held};
}

/** Connect and ask; resolves with what came back when the connection is closed. */
async function ask(port: number, request: string | Buffer = 'GET / HTTP/1.0\r\n\r\n'): Promise<string> {
  const socket = net.connect({port, host: '127.0.0.1'});
  let text = '';
  socket.setEncoding('utf8').on('data', (data: string) => (text += data));
  socket.write(request);
  await once(socket, 'close');
  return text;
}

/** Serve on a copy, as a process would. */
async function serve(t: ExecutionContext, held: HeldSocket, text: string): Promise<net.Server> {
  const copy = await systemSockets.duplicate(systemSockets.fromDescriptor(await held.quiet()));
  const server = net.createServer((socket) => socket.end(text));
  copy.serve(server);
  t.teardown(() => void server.close());
  return server;
}

test('await() tells of the next visitor, who waits until somebody accepts him', async (t) => {
  const {port, held} = await setup(t);
  const {promise: visitor, resolve} = withResolvers<void>();
  await held.await(resolve);
  t.true(held.awaiting);
  const answer = ask(port);
  await visitor;
  t.false(held.awaiting);
  await serve(t, held, 'program');
  t.is(await answer, 'program');
});

test('await() tells of a visitor who waits already, and again each time that it is asked', async (t) => {
  const {port, held} = await setup(t);
  await held.quiet();
  const answer = ask(port);
  for (let times = 0; times < 3; times++) {
    const {promise: visitor, resolve} = withResolvers<void>();
    await held.await(resolve);
    await visitor;
  }
  await serve(t, held, 'program');
  t.is(await answer, 'program');
});

test('await() tells nobody once something else is wished', async (t) => {
  const {port, held} = await setup(t);
  let told = 0;
  const tell = () => void told++;
  const waiting = held.await(tell);
  held.answer(() => 'closed');
  await waiting;
  t.regex(await ask(port), /503/);
  await held.await(tell);
  held.answer(() => 'closed again');
  t.regex(await ask(port), /closed again/);
  await held.await(tell);
  await serve(t, held, 'program');
  t.is(await ask(port), 'program');
  t.is(told, 0);
});

test('a front end that speaks the uwsgi protocol reads the page, and has a challenge answered', async (t) => {
  const {port, held} = await setup(t);
  const packet = (uri: string) => uwsgiPacket({REQUEST_METHOD: 'GET', REQUEST_URI: uri});
  t.regex(
    await ask(port, packet('/tasks/')),
    /^HTTP\/1\.1 503 [^]*\r\nretry-after: 10\r\n[^]*\r\n\r\nclosed$/,
  );
  const asked = held.challenge({
    question: 'a-question-of-ours',
    answer: 'yes',
    headers: [],
    timeoutMs: 20_000,
  });
  // The challenge is under way as soon as its turn has come.
  await new Promise((resolve) => setImmediate(resolve));
  t.regex(await ask(port, packet('/tasks/?x=a-question-of-ours')), /^HTTP\/1\.1 200 [^]*\r\n\r\nyes$/);
  t.like(await asked, {answered: true, passedOn: 0});
  t.is(await ask(port, '\u0001\u0002'), '');
});
