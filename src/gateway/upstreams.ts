import http from 'node:http';
import type {AgentOptions} from 'node:http';
import net from 'node:net';
import type {NetConnectOpts, Socket} from 'node:net';
import {Stream} from 'node:stream';

import type {ProxyServerOptions} from 'httpxy';

import {Silence} from './exchange.ts';
import type {Exchange} from './exchange.ts';
import type {Route, Upstream} from './routes.ts';

/** How an app is reached: options for httpxy, made once and not for each request. */
export interface Way {
  /** Over kept connections: for requests that may be sent twice, and carry no body that could hide another one. */
  readonly pooled: ProxyServerOptions;
  /** Over a connection of its own. */
  readonly fresh: ProxyServerOptions;
}

/** Idle connections are let go of before most servers do it (gunicorn: 2 s), so that a retry is the exception. */
const IDLE_MS = 1500;
const MAX_IDLE = 64;

/** A connection to an app, with what is under way on it. */
interface AppSocket extends Socket {
  exchange?: Exchange;
  /** When it became idle, monotonic. */
  idleAt?: number;
}

/** Say what is under way on a connection, so that the app's silence has somebody to be told to. */
export function occupy(socket: Socket, exchange: Exchange): void {
  (socket as AppSocket).exchange = exchange;
}

/** Connections that are given up when the app is silent for too long. */
class Connections extends http.Agent {
  readonly #timeoutMs: number;

  constructor(timeoutMs: number, options: AgentOptions) {
    super(options);
    this.#timeoutMs = timeoutMs;
  }

  /** One timer and listener for the life of a connection: Node would have them anew for each request. */
  override createConnection(options: NetConnectOpts): Socket {
    const socket: AppSocket = net.createConnection(options);
    socket.setTimeout(this.#timeoutMs, () => {
      const outgoing = socket.exchange?.outgoing;
      // Silence of an app that may not speak, because its visitor does not read, is none.
      if (outgoing?.socket === socket && socket.exchange?.response?.writableNeedDrain !== true)
        outgoing.destroy(new Silence());
    });
    return socket;
  }
}

/**
 * Connections that are used once, but not announced so: told `Connection: close`, servers that answer before they have read
 * a whole body cut the connection, and their answer may be lost with it.
 */
class Single extends Connections {
  override keepSocketAlive(): boolean {
    return false;
  }
}

/** Connections that are kept for a moment. */
class Pool extends Connections {
  #tidying = false;

  override keepSocketAlive(socket: AppSocket): boolean {
    socket.idleAt = performance.now();
    if (!this.#tidying) this.#tidyIn(IDLE_MS);
    return true;
  }

  /** End those that have been idle for long; all of them at the latest a moment later, as then nobody asks any more. */
  #tidy(): void {
    const long = performance.now() - IDLE_MS / 2;
    let left = 0;
    for (const socket of this.idle()) {
      if ((socket.idleAt ?? 0) <= long) socket.destroy();
      else left++;
    }
    this.#tidying = false;
    if (left > 0) this.#tidyIn(IDLE_MS / 2);
  }

  #tidyIn(ms: number): void {
    this.#tidying = true;
    setTimeout(() => this.#tidy(), ms);
  }

  idle(): readonly AppSocket[] {
    return Object.values(this.freeSockets).flatMap((sockets) => [...(sockets ?? [])] as AppSocket[]);
  }
}

interface Kept extends Way {
  readonly pool: Pool;
}

/** The ways to all apps; those to the same address outlive a new route table. */
export class Upstreams {
  #kept = new Map<string, Kept>();
  /** By route, since a key would have to be made for each request. */
  #byRoute = new WeakMap<Route, Kept>();

  /** The way to an app. */
  to(route: Route): Way {
    const known = this.#byRoute.get(route);
    if (known !== undefined) return known;
    const {
      upstream,
      front: {timeoutMs},
    } = route;
    const key = keyOf(upstream, timeoutMs);
    const way = this.#kept.get(key) ?? wayTo(upstream, timeoutMs);
    this.#kept.set(key, way);
    this.#byRoute.set(route, way);
    return way;
  }

  /** Let go of idle connections to where no route leads any more; requests under way end by themselves. */
  keepOnly(routes: Iterable<Route>): void {
    const wanted = new Set([...routes].map(({upstream, front: {timeoutMs}}) => keyOf(upstream, timeoutMs)));
    for (const [key, {pool}] of this.#kept) {
      if (wanted.has(key)) continue;
      this.#kept.delete(key);
      for (const socket of pool.idle()) socket.destroy();
    }
  }
}

function keyOf(upstream: Upstream, timeoutMs: number): string {
  return `${upstream.kind === 'tcp' ? upstream.port : upstream.path} ${timeoutMs}`;
}

/** The body of a request without one: cheaper to pass on than the request's own empty one, and as often as need be. */
class Nothing extends Stream {
  override pipe<Target extends NodeJS.WritableStream>(target: Target): Target {
    target.end();
    return target;
  }
}

function wayTo(upstream: Upstream, timeoutMs: number): Kept {
  // An address, never `localhost`: on [::1] somebody else may listen.
  const target =
    upstream.kind === 'tcp'
      ? {protocol: 'http:', host: '127.0.0.1', port: upstream.port}
      : {protocol: 'http:', host: 'localhost', port: 80, socketPath: upstream.path};
  const pool = new Pool(timeoutMs, {keepAlive: true, maxFreeSockets: MAX_IDLE});
  const single = new Single(timeoutMs, {keepAlive: true});
  // The answer is ours to write: headers as they came, hop-by-hop ones left out.
  const common = {target, selfHandleResponse: true, upgradeTimeout: timeoutMs} as const;
  return {
    pool,
    pooled: {...common, agent: pool, buffer: new Nothing()},
    fresh: {...common, agent: single},
  };
}
