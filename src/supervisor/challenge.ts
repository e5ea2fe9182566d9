import net from 'node:net';

import type {RawSocket} from '../system/sockets.ts';
import {MAX_OPENING_BYTES, readOpening} from './opening.ts';

/** A question that only this app's supervisor can answer: it proves where a public address leads. */
export interface Question {
  /** Stands in the target of the request that asks it. */
  readonly question: string;
  /** The body of the answer to it. */
  readonly answer: string;
  /** How long to wait for visitors. */
  readonly timeoutMs: number;
}

export interface ChallengeOutcome {
  readonly answered: boolean;
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
  {question, answer, timeoutMs}: Question,
): Promise<ChallengeOutcome> {
  const visitor = handedOn.size < MOST_HANDED_ON ? await accept(listener, timeoutMs) : undefined;
  if (visitor === undefined) {
    listener.close();
    return {answered: false, passedOn: 0};
  }
  const {bytes, target} = await hear(visitor);
  if (target?.includes(question) === true) {
    visitor.end(answerText(answer), () => visitor.destroy());
    return {answered: true, passedOn: 0};
  }
  // Who left, or has nothing to say, wants nothing.
  if (visitor.destroyed || (visitor.readableEnded && bytes.length === 0)) {
    visitor.destroy();
    return {answered: false, passedOn: 0};
  }
  await handOn(visitor, bytes, app);
  return {answered: false, passedOn: 1};
}

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

/** What a visitor says first, until it is clear what he wants. All bytes that were taken are returned. */
async function hear(visitor: net.Socket): Promise<{bytes: Buffer; target: string | undefined}> {
  let bytes: Buffer = Buffer.alloc(0);
  return await new Promise((resolve) => {
    const done = (target?: string) => {
      clearTimeout(late);
      visitor.off('data', take).off('end', leave).off('close', leave);
      visitor.pause();
      resolve({bytes, target});
    };
    const leave = () => done();
    const take = (part: Buffer) => {
      bytes = Buffer.concat([bytes, part]);
      const opening = readOpening(bytes);
      if (opening.id === 'request') done(opening.target);
      else if (opening.id === 'other' || bytes.length > MAX_OPENING_BYTES) done();
    };
    const late = setTimeout(leave, OPENING_MS);
    // A visitor who breaks off is no event for us; `close` follows.
    visitor.on('error', () => visitor.destroy());
    visitor.on('data', take).once('end', leave).once('close', leave);
  });
}

function answerText(answer: string): string {
  return (
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n' +
    `Content-Length: ${Buffer.byteLength(answer)}\r\nConnection: close\r\n\r\n${answer}`
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
