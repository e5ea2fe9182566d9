import type {IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';

import {ProxyServer} from 'httpxy';

import {closedAnswer, plainAnswer, rawAnswer} from './answer.ts';
import {statusOfFailure} from './exchange.ts';
import type {Exchange} from './exchange.ts';
import {requestHeaders} from './headers.ts';
import {targetFor} from './match.ts';
import type {Upstreams} from './upstreams.ts';

export interface UpgradeOptions {
  readonly upstreams: Upstreams;
  readonly onProblem: (exchange: Exchange, error: Error) => void;
}

/** Carries WebSockets: the handshake is looked at, the bytes behind it are not. */
export class UpgradeProxy {
  readonly #options: UpgradeOptions;
  readonly #proxy = new ProxyServer();
  readonly #waiting = new WeakMap<IncomingMessage, Waiting>();

  constructor(options: UpgradeOptions) {
    this.#options = options;
    this.#proxy.on('proxyReqWs', (outgoing, request, socket) => {
      const waiting = this.#waiting.get(request);
      if (waiting === undefined) return;
      waiting.exchange.outgoing = outgoing;
      // A visitor who leaves early takes the request along.
      const leave = (): void => void outgoing.destroy();
      socket.once('close', leave);
      const unwatch = watchForEnd(socket);
      outgoing.once('response', ({statusCode = 502}) => waiting.settle(statusCode));
      outgoing.once('upgrade', (_answer, appSocket: Socket) => {
        unwatch();
        waiting.settle(101);
        tie(socket, appSocket);
        socket.off('close', leave);
      });
    });
    this.#proxy.on('error', (error, request, socket) => {
      if (request !== undefined && socket !== undefined && !('writeHead' in socket))
        this.#failed(error, request, socket);
    });
  }

  /**
   * Pass a handshake on.
   *
   * @param onStatus - Called once with what the visitor is answered.
   */
  forward(exchange: Exchange, socket: Socket, head: Buffer, onStatus: (status: number) => void): void {
    const {request, route, visitor, match} = exchange;
    const settle = (status: number): void => {
      if (exchange.answered) return;
      exchange.answered = true;
      onStatus(status);
    };
    this.#waiting.set(request, {exchange, settle});
    socket.once('close', () => settle(499));
    request.headers = requestHeaders(request, {visitor, route, upgrade: true}) as IncomingMessage['headers'];
    request.url = targetFor(match);
    const {fresh} = this.#options.upstreams.to(route);
    // Failures come as an event.
    this.#proxy.ws(request, socket, fresh, head).catch(() => undefined);
  }

  /** Called before httpxy ends the visitor's connection, so an answer can still be written. */
  #failed(error: Error, request: IncomingMessage, socket: Socket): void {
    const waiting = this.#waiting.get(request);
    if (waiting === undefined || waiting.exchange.answered || socket.destroyed) return;
    const {exchange, settle} = waiting;
    this.#options.onProblem(exchange, error);
    const status = statusOfFailure(error);
    settle(status);
    if (socket.writable)
      socket.write(rawAnswer(status === 503 ? closedAnswer(exchange.route) : plainAnswer(status)));
  }
}

interface Waiting {
  readonly exchange: Exchange;
  readonly settle: (status: number) => void;
}

/** Nobody reads from a visitor before the app has agreed, so that a farewell would go unnoticed; what else comes is left. */
function watchForEnd(visitor: Socket): () => void {
  const look = (): void => void visitor.read(0);
  const leave = (): void => void visitor.destroy();
  visitor.on('readable', look);
  visitor.once('end', leave);
  return () => {
    visitor.off('readable', look);
    visitor.off('end', leave);
  };
}

/** The end of one is the end of the other, also when it comes without a farewell. */
function tie(visitor: Socket, app: Socket): void {
  visitor.once('close', () => app.destroy());
  app.once('close', () => visitor.destroySoon());
}
