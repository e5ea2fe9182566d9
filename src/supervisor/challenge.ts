import {createHash} from 'node:crypto';
import net from 'node:net';

import type {RawSocket} from '../system/sockets.ts';
import type {OpenQuestions, Question} from './open-questions.ts';
import {MAX_OPENING_BYTES, readHead, readOpening} from './opening.ts';

/** For a visitor to say what he wants; then he is handed on, whatever he said. */
const OPENING_MS = 2000;
/** Connections that may be handed on at a time: then no more are taken. */
const MOST_HANDED_ON = 64;

/** Connections of visitors that go through this process, because it accepted them. */
const handedOn = new Set<net.Socket>();

/**
 * Take one visitor from a listening socket that others accept on, too, and answer him if he asks one of the questions.
 *
 * Everybody else is handed on: connected to the app, byte for byte, for as long as the connection lives. The socket is no
 * longer accepted on by then, so that connecting to it reaches the app and not ourselves.
 *
 * @param listener - A copy of the app's socket. It is closed.
 * @param app - Where the app listens.
 */
export async function takeVisitor(
  listener: RawSocket,
  app: net.NetConnectOpts,
  questions: OpenQuestions,
): Promise<void> {
  if (handedOn.size >= MOST_HANDED_ON) {
    listener.close();
    return await questions.idle();
  }
  const visitor = await accept(listener, questions);
  if (visitor === undefined) return;
  const {bytes, target, head} = await questions.hear(hear(visitor, questions));
  const question = questions.askedBy(target);
  if (head !== undefined && question !== undefined) {
    answerTo(visitor, question, head);
    return questions.answered(target, head);
  }
  // Who left, or has nothing to say, wants nothing.
  if (visitor.destroyed || (visitor.readableEnded && bytes.length === 0)) return void visitor.destroy();
  await handOn(visitor, bytes, app);
  questions.passedOn();
}

/** One visitor; `undefined` when none came in time. */
async function accept(listener: RawSocket, questions: OpenQuestions): Promise<net.Socket | undefined> {
  return await new Promise((resolve) => {
    const server = net.createServer({allowHalfOpen: true, noDelay: true});
    const leave = (visitor: net.Socket | undefined) => {
      // At once, so that no second visitor is accepted.
      server.close();
      resolve(visitor);
    };
    server.once('connection', leave);
    listener.serve(server);
    void questions.idle().then(() => leave(undefined));
  });
}

interface Heard {
  /** All that were taken. */
  readonly bytes: Buffer;
  readonly target: string;
  /** Of who asks a question. */
  readonly head: string | undefined;
}

/** What a visitor says first, until it is clear what he wants; of who asks a question, the whole head. */
async function hear(visitor: net.Socket, questions: OpenQuestions): Promise<Heard> {
  let bytes: Buffer = Buffer.alloc(0);
  let target = '';
  return await new Promise((resolve) => {
    const done = (head?: string) => {
      clearTimeout(late);
      visitor.off('data', take).off('end', leave).off('close', leave);
      visitor.pause();
      resolve({bytes, target, head});
    };
    const leave = () => done();
    const take = (part: Buffer) => {
      bytes = Buffer.concat([bytes, part]);
      const opening = readOpening(bytes);
      if (opening.id === 'request') ({target} = opening);
      const asks = questions.askedBy(target) !== undefined;
      const head = asks ? readHead(bytes) : undefined;
      if (head !== undefined) done(head);
      else if ((opening.id !== 'more' && !asks) || bytes.length > MAX_OPENING_BYTES) done();
    };
    const late = setTimeout(leave, OPENING_MS);
    // A visitor who breaks off is no event for us; `close` follows.
    visitor.on('error', () => visitor.destroy());
    visitor.on('data', take).once('end', leave).once('close', leave);
  });
}

/** Answer, in two halves where that is asked for, and end the connection. */
export function answerTo(visitor: net.Socket, question: Question, head: string): void {
  const text = answerText(question, head);
  const {pauseMs = 0, answer} = question;
  const end = (rest: string): void => void visitor.end(rest, () => visitor.destroy());
  if (pauseMs === 0) return end(text);
  const second = text.length - Math.floor(answer.length / 2);
  visitor.write(text.slice(0, second));
  const rest = setTimeout(() => end(text.slice(second)), pauseMs);
  visitor.once('close', () => clearTimeout(rest));
}

/** An answer; to who wants a WebSocket, the beginning of one, so that it is seen whether a front end lets it through. */
function answerText({answer, headers, pauseMs = 0}: Question, head: string): string {
  const more = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const key = /^Upgrade: *websocket$/im.test(head)
    ? /^Sec-WebSocket-Key: *(\S+)$/im.exec(head)?.[1]
    : undefined;
  if (key !== undefined) {
    // RFC 6455, section 4.2.2.
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;
  }
  // A stream tells no length: its end is that of the connection.
  const body =
    pauseMs > 0
      ? 'Content-Type: text/event-stream\r\n'
      : `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(answer)}\r\n`;
  return `HTTP/1.1 200 OK\r\n${body}Cache-Control: no-store\r\nConnection: close\r\n${more}\r\n${answer}`;
}

/** Resolves when the app has the connection, or cannot be reached; what follows goes by itself. */
async function handOn(visitor: net.Socket, first: Buffer, app: net.NetConnectOpts): Promise<void> {
  handedOn.add(visitor);
  const onward = net.connect({...app, allowHalfOpen: true, noDelay: true});
  visitor.once('close', () => {
    handedOn.delete(visitor);
    onward.destroy();
  });
  onward.once('close', () => visitor.destroy());
  await new Promise<void>((resolve) => {
    onward.on('error', () => {
      onward.destroy();
      resolve();
    });
    onward.once('connect', () => {
      if (first.length > 0) onward.write(first);
      visitor.pipe(onward).pipe(visitor);
      resolve();
    });
  });
}
