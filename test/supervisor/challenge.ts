import {once} from 'node:events';
import net from 'node:net';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {takeVisitor} from '../../src/supervisor/challenge.ts';
import {HeldSocket} from '../../src/supervisor/held-socket.ts';
import {OpenQuestions} from '../../src/supervisor/open-questions.ts';
import {systemSockets} from '../../src/system/sockets.ts';
import {freePort} from '../helpers/free-port.ts';
import {uwsgiPacket} from '../helpers/uwsgi-packet.ts';

const QUESTION = 'appsup-0123456789abcdef';
const ASKED = {question: QUESTION, answer: 'it is me', headers: [], timeoutMs: 20_000};

/** A held socket that nobody accepts on but a challenge. */
async function setup(t: ExecutionContext): Promise<{port: number; held: HeldSocket}> {
  const port = await freePort();
  const held = HeldSocket.bind(systemSockets, port, () => 'closed');
  t.teardown(() => held.close());
  return {port, held};
}

/** Send bytes and half-close; resolves with everything that comes back. */
async function say(port: number, bytes: string | Buffer): Promise<string> {
  const socket = net.connect({port, host: '127.0.0.1', allowHalfOpen: true});
  let text = '';
  socket.setEncoding('latin1').on('data', (data: string) => (text += data));
  socket.end(bytes);
  await once(socket, 'close');
  return text;
}

test('the question is answered on a socket that processes accept on', async (t) => {
  const {port, held} = await setup(t);
  await held.quiet();
  const outcome = held.challenge(ASKED);
  t.regex(await say(port, `GET /x?${QUESTION} HTTP/1.1\r\nHost: a\r\n\r\n`), /^HTTP\/1.1 200 .*it is me$/s);
  t.like(await outcome, {answered: true, passedOn: 0});
});

test('the question is answered when it comes as a uwsgi packet', async (t) => {
  const {port, held} = await setup(t);
  await held.quiet();
  const outcome = held.challenge(ASKED);
  const packet = uwsgiPacket({REQUEST_METHOD: 'GET', REQUEST_URI: `/x?${QUESTION}`});
  t.regex(await say(port, packet), /^HTTP\/1.1 200 .*it is me$/s);
  t.like(await outcome, {answered: true, passedOn: 0});
});

test('the question is answered by the page of an app that is stopped, and other visitors see the page', async (t) => {
  const {port, held} = await setup(t);
  const outcome = held.challenge(ASKED);
  t.regex(await say(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'), /^HTTP\/1.1 503 .*closed/s);
  t.regex(await say(port, `GET /?${QUESTION} HTTP/1.1\r\nHost: a\r\n\r\n`), /^HTTP\/1.1 200 .*it is me/s);
  t.like(await outcome, {answered: true, passedOn: 0});
  t.regex(await say(port, `GET /?${QUESTION} HTTP/1.1\r\nHost: a\r\n\r\n`), /^HTTP\/1.1 503/);
});

test('nobody comes: the challenge ends in time, and the socket is as it was', async (t) => {
  const {port, held} = await setup(t);
  await held.quiet();
  t.deepEqual(await held.challenge({...ASKED, timeoutMs: 10}), {
    answered: false,
    head: undefined,
    passedOn: 0,
  });
  held.answer(() => 'closed');
  t.regex(await say(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'), /^HTTP\/1.1 503/);
});

test('who wants something else is handed on byte for byte, in both directions, half-closed or not', async (t) => {
  const [port, elsewhere] = [await freePort(), await freePort()];
  const app = net.createServer({allowHalfOpen: true}, (socket) => {
    socket.on('error', () => undefined).pipe(socket);
  });
  await once(app.listen(elsewhere, '127.0.0.1'), 'listening');
  t.teardown(() => void app.close());
  const questions = new OpenQuestions();
  const outcome = questions.put(ASKED);
  void takeVisitor(systemSockets.bindPort(port), {port: elsewhere, host: '127.0.0.1'}, questions);
  const sent = `POST / HTTP/1.1\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`;
  t.is(await say(port, sent), sent);
  t.deepEqual(await outcome, {answered: false, head: undefined, passedOn: 1});
});

test('who leaves without a word is handed to nobody', async (t) => {
  const port = await freePort();
  const questions = new OpenQuestions();
  const outcome = questions.put({...ASKED, timeoutMs: 300});
  const taken = takeVisitor(systemSockets.bindPort(port), {port: 1, host: '127.0.0.1'}, questions);
  t.is(await say(port, ''), '');
  await taken;
  t.deepEqual(await outcome, {answered: false, head: undefined, passedOn: 0});
});

test('two who ask at the same time are each answered, in whatever order they come', async (t) => {
  const {port, held} = await setup(t);
  await held.quiet();
  const other = {...ASKED, question: 'appsup-fedcba9876543210', answer: 'somebody else'};
  const [first, second] = [held.challenge(ASKED), held.challenge(other)];
  t.regex(await say(port, `GET /${other.question} HTTP/1.1\r\n\r\n`), /somebody else$/);
  t.true((await second).answered);
  t.is(await say(port, ''), '');
  t.regex(await say(port, `GET /${QUESTION} HTTP/1.1\r\n\r\n`), /it is me$/);
  t.true((await first).answered);
});

test('an answer in two halves is a stream that ends with its connection', async (t) => {
  const {port, held} = await setup(t);
  await held.quiet();
  const quick = held.challenge({...ASKED, pauseMs: 1});
  t.regex(
    await say(port, `GET /${QUESTION} HTTP/1.1\r\n\r\n`),
    /^Content-Type: text\/event-stream\r\n[^]*it is me$/m,
  );
  t.true((await quick).answered);
  const slow = held.challenge({...ASKED, pauseMs: 10_000});
  const socket = net.connect({port, host: '127.0.0.1'});
  socket.write(`GET /${QUESTION} HTTP/1.1\r\n\r\n`);
  const [half] = (await once(socket, 'data')) as [Buffer];
  t.regex(half.toString(), /\r\n\r\nit i$/);
  t.true((await slow).answered);
  socket.destroy();
});

const FIELDS = [
  ['Location', 'http://a/x/'],
  ['Set-Cookie', 'a=1; Path=/'],
] as const;

test('the answer has the fields that were asked for, and what came is told, in whatever parts', async (t) => {
  const {port, held} = await setup(t);
  const request = `GET /x?${QUESTION} HTTP/1.1\r\nHost: a\r\nSCRIPT_NAME: /evil`;
  const ask = async () => {
    const outcome = held.challenge({...ASKED, headers: FIELDS});
    const socket = net.connect({port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true});
    let text = '';
    socket.setEncoding('latin1').on('data', (data: string) => (text += data));
    await new Promise((resolve) => socket.write(request.slice(0, 70), resolve));
    socket.end(`${request.slice(70)}\r\n\r\n`);
    await once(socket, 'close');
    t.regex(
      text,
      /^HTTP\/1.1 200 [^]*^Location: http:\/\/a\/x\/\r\nSet-Cookie: a=1; Path=\/\r\n[^]*it is me$/m,
    );
    t.is((await outcome).head, request);
  };
  await ask();
  await held.quiet();
  await ask();
});

test('who asks the question and wants a WebSocket sees one begin', async (t) => {
  const {port, held} = await setup(t);
  await held.quiet();
  const outcome = held.challenge(ASKED);
  // The key and its answer are those of RFC 6455, section 1.3.
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  const head = `GET /${QUESTION} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}`;
  t.regex(
    await say(port, `${head}\r\n\r\n`),
    /^HTTP\/1.1 101 [^]*^Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n\r\n$/m,
  );
  t.true((await outcome).answered);
});
