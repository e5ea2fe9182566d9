import type {ClientRequest, IncomingMessage, ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import {performance} from 'node:perf_hooks';
import {Transform} from 'node:stream';

import {ProxyServer} from 'httpxy';

import {closedAnswer, plainAnswer, send} from './answer.ts';
import {lostRace, statusOfFailure} from './exchange.ts';
import type {Exchange, Incoming} from './exchange.ts';
import {requestHeaders, responseHeaders} from './headers.ts';
import {targetFor} from './match.ts';
import {occupy} from './upstreams.ts';
import type {Upstreams} from './upstreams.ts';

export interface ProxyOptions {
  readonly upstreams: Upstreams;
  readonly onProblem: (exchange: Exchange, error: Error) => void;
}

/** Carries requests to apps and answers back. */
export class AppProxy {
  readonly #options: ProxyOptions;
  // No options here: httpxy has them override those of the call.
  readonly #proxy = new ProxyServer<Incoming, ServerResponse>();

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#proxy.on('proxyReq', (outgoing, request, response) => this.#sent(outgoing, request, response));
    this.#proxy.on('proxyRes', (answer, request, response) => this.#answered(answer, request, response));
    this.#proxy.on('error', (error, request, response) => {
      if (request !== undefined && response !== undefined && 'writeHead' in response)
        this.#failed(error, request, response);
    });
  }

  /** Pass a request on. Its body is streamed; one over the app's limit is answered with 413. */
  forward(exchange: Exchange, response: ServerResponse): void {
    const {request, route, body, visitor, match} = exchange;
    if (body.kind === 'length' && body.bytes > route.front.bodyLimitBytes)
      return tooLarge(exchange, response);
    const {pooled, fresh} = this.#options.upstreams.to(route);
    request.exchange = exchange;
    request.headers = requestHeaders(request, {visitor, route}) as IncomingMessage['headers'];
    request.url = targetFor(match);
    const mayBePooled = body.kind === 'none' && (request.method === 'GET' || request.method === 'HEAD');
    if (mayBePooled) this.#send(exchange, response, pooled);
    else if (body.kind === 'chunked')
      this.#send(exchange, response, {...fresh, buffer: counted(exchange, response)});
    else this.#send(exchange, response, fresh);
  }

  #send(exchange: Exchange, response: ServerResponse, way: Parameters<ProxyServer['web']>[2]): void {
    exchange.sentAt = performance.now();
    // What goes wrong on the way to the app comes as an event; what remains is a visitor who left.
    this.#proxy.web(exchange.request, response, way).catch(ignore);
  }

  #sent(outgoing: ClientRequest, request: Incoming, response: ServerResponse): void {
    const {exchange} = request;
    if (exchange === undefined) return;
    exchange.outgoing = outgoing;
    if (outgoing.socket !== null) occupy(outgoing.socket, exchange);
    // Nobody asked for another protocol; without a listener Node would leave the visitor without an answer.
    outgoing.once('upgrade', (_answer, socket: Socket) => {
      socket.destroy();
      this.#failed(new Error('it changes the protocol unasked'), request, response);
    });
  }

  #answered(answer: IncomingMessage, request: Incoming, response: ServerResponse): void {
    const {exchange} = request;
    if (exchange === undefined || response.headersSent || response.destroyed) return void answer.destroy();
    exchange.answered = true;
    const headers = responseHeaders(answer.rawHeaders, exchange);
    try {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
    } catch (error) {
      // A header that Node's parser takes from a server and its writer refuses.
      if (!(error instanceof TypeError)) throw error;
      answer.destroy();
      return this.#failed(error, request, response);
    }
    pass(answer, response);
    // Node sends headers with the first bytes of the body; a stream may have none for a long time.
    if (answer.headers['content-length'] === undefined) setImmediate(() => response.flushHeaders());
  }

  #failed(error: Error, request: Incoming, response: ServerResponse): void {
    const {exchange} = request;
    if (exchange === undefined) return;
    if (lostRace(exchange, error, performance.now())) {
      exchange.retried = true;
      const {fresh, pooled} = this.#options.upstreams.to(exchange.route);
      return this.#send(exchange, response, {...pooled, agent: fresh.agent as unknown});
    }
    exchange.outgoing?.destroy();
    // The visitor left, or was answered: neither is trouble of the app's.
    if (request.socket.destroyed || response.writableEnded) return;
    this.#options.onProblem(exchange, error);
    // Half an answer must not look like a whole one.
    if (response.headersSent) return void response.destroy();
    const status = statusOfFailure(error);
    const answer = status === 503 ? closedAnswer(exchange.route) : plainAnswer(status);
    send(request, response, answer, {close: exchange.body.kind !== 'none'});
  }
}

function ignore(): void {}

const SMALL = 8192;

/** As `pipe()`, which would add a dozen listeners to each answer: what ends either of them early, httpxy looks after. */
function pass(answer: IncomingMessage, response: ServerResponse): void {
  const whole = Number(answer.headers['content-length']);
  answer.on('data', (chunk: Buffer) => {
    // As text of one byte per character it goes out in one piece with the headers, which is what Node does fastest.
    if (chunk.length === whole && whole <= SMALL)
      return void response.end(chunk.toString('latin1'), 'latin1');
    if (response.write(chunk)) return;
    answer.pause();
    response.once('drain', () => answer.resume());
  });
  answer.once('end', () => {
    if (!response.writableEnded) response.end();
  });
}

/** A body of unknown length, held to the app's limit while it passes. */
function counted(exchange: Exchange, response: ServerResponse): Transform {
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= exchange.route.front.bodyLimitBytes) return done(null, chunk);
      exchange.request.unpipe(counter);
      if (response.headersSent) response.destroy();
      else tooLarge(exchange, response);
      exchange.outgoing?.destroy();
      done();
    },
  });
  return exchange.request.pipe(counter);
}

function tooLarge({request}: Exchange, response: ServerResponse): void {
  send(request, response, plainAnswer(413), {close: true});
}
