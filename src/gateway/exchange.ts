import {IncomingMessage} from 'node:http';
import type {ClientRequest, ServerResponse} from 'node:http';

import type {Body, Visitor} from './headers.ts';
import type {Match} from './match.ts';
import type {Route} from './routes.ts';

/** A visitor's request, which knows what became of it: events of httpxy name the request alone. */
export class Incoming extends IncomingMessage {
  exchange: Exchange | undefined = undefined;
}

/** One request on its way through. */
export interface Exchange {
  readonly request: Incoming;
  readonly match: Match;
  readonly route: Route;
  readonly visitor: Visitor;
  readonly body: Body;
  /** To the visitor; a handshake has none. */
  readonly response: ServerResponse | undefined;
  /** To the app; the last one, when it was sent twice. */
  outgoing: ClientRequest | undefined;
  /** When it was sent, monotonic. */
  sentAt: number;
  retried: boolean;
  /** The app's answer has begun. */
  answered: boolean;
}

/** The app said nothing for as long as its route allows. */
export class Silence extends Error {
  readonly code = 'ETIMEDOUT';
  constructor() {
    super('no answer in time');
  }
}

/** What a failure on the way to an app means for the visitor. */
export function statusOfFailure(error: Error): 502 | 503 | 504 {
  const code = 'code' in error ? String(error.code) : '';
  // Nobody listens: the app is down, and not even its supervisor holds its socket.
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return 503;
  return code === 'ETIMEDOUT' || code === 'ERR_UPSTREAM_UPGRADE_TIMEOUT' ? 504 : 502;
}

/** A kept connection that the app closed at that very moment shows within a round trip. */
const RACE_MS = 2000;

/**
 * True when a request was lost in the race between our sending and the app's closing of an idle connection: it was
 * never read, and may be sent again. Only GET and HEAD without a body go over kept connections at all.
 */
export function lostRace(
  {retried, answered, outgoing, sentAt}: Exchange,
  error: Error,
  now: number,
): boolean {
  if (retried || answered || outgoing?.reusedSocket !== true || now - sentAt > RACE_MS) return false;
  const code = 'code' in error ? String(error.code) : '';
  return code === 'ECONNRESET' || code === 'EPIPE';
}
