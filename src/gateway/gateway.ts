import http from 'node:http';
import type {Server, ServerResponse} from 'node:http';
import net from 'node:net';
import type {Socket} from 'node:net';
import {performance} from 'node:perf_hooks';

import {messageOf} from '../errors.ts';
import {accessLine, quoted, withoutQuery} from './access-log.ts';
import {plainAnswer, rawAnswer, send} from './answer.ts';
import {Incoming} from './exchange.ts';
import type {Exchange} from './exchange.ts';
import {bodyOf, refusal, visitorOf} from './headers.ts';
import type {Visitor} from './headers.ts';
import {match, tableFor} from './match.ts';
import type {Match, RouteTable} from './match.ts';
import {AppProxy} from './proxy.ts';
import type {Route} from './routes.ts';
import {placeFor, serveStatic} from './static.ts';
import {UpgradeProxy} from './upgrade.ts';
import {Upstreams} from './upstreams.ts';

export interface GatewayOptions {
  /** Where the front end serves the gateway; apps elsewhere are not its own. `''`: the whole host. */
  readonly mount: string;
  /** A line of the access log. */
  readonly onAccess: (line: string) => void;
  /** A line about trouble. */
  readonly onTrouble: (line: string) => void;
}

/** Between two requests of a front end that keeps its connections. */
const KEEP_ALIVE_MS = 65_000;
/** For the head of a request; bodies may take as long as they come. */
const HEAD_MS = 60_000;

/** One reverse proxy over all apps below a mount. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #upstreams = new Upstreams();
  readonly #proxy: AppProxy;
  readonly #upgrades: UpgradeProxy;
  readonly #servers: Server[] = [];
  /** Connections with a WebSocket: Node has let go of them. */
  readonly #sockets = new Set<Socket>();
  #table: RouteTable = new Map();
  #ending = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const onProblem = (exchange: Exchange, error: Error): void => this.#trouble(exchange, error);
    this.#proxy = new AppProxy({upstreams: this.#upstreams, onProblem});
    this.#upgrades = new UpgradeProxy({upstreams: this.#upstreams, onProblem});
  }

  /** Take a new route table; what is under way goes on as it began. */
  take(routes: readonly Route[]): void {
    this.#table = tableFor(routes, this.#options.mount);
    this.#upstreams.keepOnly(this.#table.values());
  }

  /** A server that answers visitors; it has to be told where to listen. */
  server(): Server {
    const server = this.#create((request, response) => this.#handle(request, response));
    server.on('checkContinue', (request: Incoming, response: ServerResponse) => {
      this.#handle(request, response, true);
    });
    server.on('upgrade', (request: Incoming, socket: Socket, head: Buffer) => {
      this.#upgrade(request, socket, head);
    });
    return server;
  }

  /** A server that says that this process lives, whatever becomes of the apps. */
  vitalSign(): Server {
    return this.#create((request, response) => {
      send(request, response, {status: 200, headers: {'content-type': 'text/plain'}, body: 'gateway\n'});
    });
  }

  /** Stop accepting; resolves when all that was begun has ended. */
  async end(): Promise<void> {
    this.#ending = true;
    await Promise.all(this.#servers.map(async (server) => await drained(server)));
    await Promise.all([...this.#sockets].map(async (socket) => await closed(socket)));
  }

  #create(listener: http.RequestListener<typeof Incoming>): Server {
    const server = http.createServer(
      {IncomingMessage: Incoming, insecureHTTPParser: false, requireHostHeader: true},
      listener,
    );
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.headersTimeout = HEAD_MS;
    server.requestTimeout = 0;
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
      this.#unreadable(error, socket),
    );
    this.#servers.push(server);
    return server;
  }

  #handle(request: Incoming, response: ServerResponse, expects = false): void {
    const begun = performance.now();
    const {socket, headers, method = '', url = '', httpVersion} = request;
    const visitor = visitorOf(headers, socket.remoteAddress);
    const sentBefore = socket.bytesWritten;
    (socket as VisitorSocket).response = response;
    if (this.#ending) response.shouldKeepAlive = false;
    const refused = refusal(request);
    const found = refused === undefined ? match(this.#table, url) : undefined;
    response.once('close', () => {
      this.#log(
        {request: {headers, method, url, httpVersion}, visitor, found},
        {
          status: response.headersSent ? response.statusCode : 499,
          bytes: socket.bytesWritten - sentBefore,
          seconds: (performance.now() - begun) / 1000,
        },
      );
    });
    if (refused !== undefined) return send(request, response, plainAnswer(refused.status), {close: true});
    if (found === undefined) return send(request, response, plainAnswer(404));
    if (found.rest === '') return withSlash(request, response, found);
    this.#serve(request, response, {found, visitor, expects});
  }

  #serve(
    request: Incoming,
    response: ServerResponse,
    {found, visitor, expects}: {readonly found: Match; readonly visitor: Visitor; readonly expects: boolean},
  ): void {
    const place = placeFor(found);
    if (place !== undefined) {
      void serveStatic(request, response, found, place).then((served) => {
        if (served === 'missing') send(request, response, plainAnswer(404));
      });
      return;
    }
    const exchange = exchangeOf(request, response, found, visitor);
    const {body, route} = exchange;
    const fits = body.kind !== 'length' || body.bytes <= route.front.bodyLimitBytes;
    if (expects && fits) response.writeContinue();
    this.#proxy.forward(exchange, response);
  }

  #upgrade(request: Incoming, socket: Socket, head: Buffer): void {
    const {headers, method = '', url = '', httpVersion} = request;
    const body = bodyOf(headers);
    if (headers.upgrade?.toLowerCase() !== 'websocket' && body.kind === 'none')
      return this.#asOrdinary(request, socket);
    const begun = performance.now();
    const visitor = visitorOf(headers, socket.remoteAddress);
    const sentBefore = socket.bytesWritten;
    this.#sockets.add(socket);
    let status = 499;
    const refused = refusal(request);
    const found = refused === undefined ? match(this.#table, url) : undefined;
    socket.once('close', () => {
      this.#sockets.delete(socket);
      const seconds = (performance.now() - begun) / 1000;
      const facts = {status, bytes: socket.bytesWritten - sentBefore, seconds};
      this.#log({request: {headers, method, url, httpVersion}, visitor, found}, facts);
    });
    // Without a listener, a visitor who is cut off would end the gateway.
    socket.on('error', () => socket.destroy());
    // A handshake has no body, and is a GET of HTTP/1.1 (RFC 6455, 4.1).
    const malformed = method !== 'GET' || httpVersion !== '1.1' || body.kind !== 'none';
    if (refused !== undefined || malformed || found === undefined) {
      status = refused?.status ?? (malformed ? 400 : 404);
      return void socket.end(rawAnswer(plainAnswer(status)));
    }
    this.#upgrades.forward(exchangeOf(request, undefined, found, visitor), socket, head, (answered) => {
      status = answered;
    });
  }

  /**
   * An offer of another protocol (`curl --http2` sends one with each request) may be ignored (RFC 9110, 7.8), but Node has
   * let go of the connection by then: it is answered by hand, and ends.
   */
  #asOrdinary(request: Incoming, socket: Socket): void {
    const response = new http.ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.destroySoon());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => response.destroy());
    this.#handle(request, response);
  }

  /** What cannot be parsed is answered where nothing is under way; else the connection is no longer worth anything. */
  #unreadable(error: NodeJS.ErrnoException, socket: Socket): void {
    const {response} = socket as VisitorSocket;
    const busy = response !== undefined && !(response.writableFinished && response.shouldKeepAlive);
    if (busy || error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    this.#options.onTrouble(`a request cannot be read: ${quoted(error.code ?? messageOf(error))}\n`);
    socket.end(rawAnswer(plainAnswer(error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400)));
  }

  #log(
    {
      request,
      visitor,
      found,
    }: {readonly request: LoggedRequest; readonly visitor: Visitor; readonly found: Match | undefined},
    facts: {readonly status: number; readonly bytes: number; readonly seconds: number},
  ): void {
    const {headers, method, url, httpVersion} = request;
    this.#options.onAccess(
      accessLine({
        address: visitor.address,
        at: new Date(),
        method,
        target: url,
        version: httpVersion,
        referer: headers.referer,
        agent: headers['user-agent'],
        app: found?.route.app,
        ...facts,
      }),
    );
  }

  #trouble({route, request, match: {rest}}: Exchange, error: Error): void {
    const what = `${request.method ?? ''} ${withoutQuery(rest)}`;
    this.#options.onTrouble(`${route.app}: ${quoted(what)}: ${quoted(messageOf(error))}\n`);
  }
}

/** A visitor's connection, with the last answer on it. */
interface VisitorSocket extends Socket {
  response?: ServerResponse;
}

interface LoggedRequest {
  readonly headers: http.IncomingHttpHeaders;
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
}

function exchangeOf(
  request: Incoming,
  response: ServerResponse | undefined,
  found: Match,
  visitor: Visitor,
): Exchange {
  return {
    request,
    response,
    match: found,
    route: found.route,
    visitor,
    body: bodyOf(request.headers),
    outgoing: undefined,
    sentAt: 0,
    retried: false,
    answered: false,
  };
}

/** `/alice/tasks` is no page of the app's; 308 keeps method and body. */
function withSlash(request: Incoming, response: ServerResponse, {route, query}: Match): void {
  const headers = {location: `${route.mount}/${query}`};
  send(request, response, {status: 308, headers, body: ''});
}

/** For a request that is on its way while we end. */
const LAST_CALL_MS = 1000;

/**
 * Close a server without cutting anybody off: `http.Server.close()` would end idle connections at once, of which the next
 * request may be under way; each is told with its next answer, and idle ones go a moment later.
 */
async function drained(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    net.Server.prototype.close.call(server, () => resolve());
    setTimeout(() => server.closeIdleConnections(), LAST_CALL_MS).unref();
  });
}

async function closed(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
}
