import {createHash} from 'node:crypto';
import net from 'node:net';

import type {RawSocket} from '../system/sockets.ts';
import {MAX_OPENING_BYTES, readHead, readOpening} from './opening.ts';

/** A question that only this app's supervisor can answer: it proves where a public address leads. */
export interface Question {
  /** Stands in the target of the request that asks it. */
  readonly question: string;
  /** The body of the answer to it. */
  readonly answer: string;
  /** Fields of the answer's head, besides those that it always has. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** How long to wait for visitors. */
  readonly timeoutMs: number;
}

export interface ChallengeOutcome {
  readonly answered: boolean;
  /** Head of the request that asked the question, as it came; see `readHead`. */
  readonly head: string | undefined;
  /** Visitors with something else to ask, who were handed on to the app. */
  readonly passedOn: number;
}

/** For a visitor to say what he wants; then he is handed on, whatever he said. */
const OPENING_MS = 2000;
/** Connections that may be handed on at a time: then no more are taken. */
const MOST_HANDED_ON = 64;

/** Connections of visitors that go through this process, because it accepted them. */
const handedOn = new Set<net.Socket>();

/**
 * Take one visitor from a listening socket that others accept on, too, and answer him if he asks the question.
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
  question: Question,
): Promise<ChallengeOutcome> {
  const visitor = handedOn.size < MOST_HANDED_ON ? await accept(listener, question.timeoutMs) : undefined;
  if (visitor === undefined) {
    listener.close();
    return UNASKED;
  }
  const {bytes, head} = await hear(visitor, question.question);
  if (head !== undefined) {
    visitor.end(answerText(question, head), () => visitor.destroy());
    return {answered: true, head, passedOn: 0};
  }
  // Who left, or has nothing to say, wants nothing.
  if (visitor.destroyed || (visitor.readableEnded && bytes.length === 0)) {
    visitor.destroy();
    return UNASKED;
  }
  await handOn(visitor, bytes, app);
  return {...UNASKED, passedOn: 1};
}

const UNASKED: ChallengeOutcome = {answered: false, head: undefined, passedOn: 0};

/** One visitor; `undefined` when none came in time. */
async function accept(listener: RawSocket, timeoutMs: number): Promise<net.Socket | undefined> {
  return await new Promise((resolve) => {
    const server = net.createServer({allowHalfOpen: true, noDelay: true});
    const late = setTimeout(() => leave(undefined), timeoutMs);
    const leave = (visitor: net.Socket | undefined) => {
      clearTimeout(late);
      // At once, so that no second visitor is accepted.
      server.close();
      resolve(visitor);
    };
    server.once('connection', leave);
    listener.serve(server);
  });
}

/** What a visitor says first, until it is clear what he wants; of who asks the question, the whole head. All bytes that were taken are returned. */
async function hear(
  visitor: net.Socket,
  question: string,
): Promise<{bytes: Buffer; head: string | undefined}> {
  let bytes: Buffer = Buffer.alloc(0);
  return await new Promise((resolve) => {
    const done = (head?: string) => {
      clearTimeout(late);
      visitor.off('data', take).off('end', leave).off('close', leave);
      visitor.pause();
      resolve({bytes, head});
    };
    const leave = () => done();
    const take = (part: Buffer) => {
      bytes = Buffer.concat([bytes, part]);
      const opening = readOpening(bytes);
      const asks = opening.id === 'request' && opening.target.includes(question);
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

/** An answer; to who wants a WebSocket, the beginning of one, so that it is seen whether a front end lets it through. */
export function answerText({answer, headers}: Question, head: string): string {
  const more = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const key = /^Upgrade: *websocket$/im.test(head)
    ? /^Sec-WebSocket-Key: *(\S+)$/im.exec(head)?.[1]
    : undefined;
  if (key !== undefined) {
    // RFC 6455, section 4.2.2.
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;
  }
  return (
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n' +
    `Content-Length: ${Buffer.byteLength(answer)}\r\nConnection: close\r\n${more}\r\n${answer}`
  );
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
