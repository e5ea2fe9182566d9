import http from 'node:http';
import type {Duplex} from 'node:stream';

import type {ProxyServerOptions} from 'httpxy';

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

class Pool extends http.Agent {
  /** Decides whether a finished connection becomes idle; Node's typings leave the answer out. */
  override keepSocketAlive(socket: Duplex & {timeout?: number; setTimeout(ms: number): void}): boolean {
    const keeps = super.keepSocketAlive(socket) as unknown as boolean;
    // The app may have asked for less by `Keep-Alive: timeout=1`.
    if (keeps && !((socket.timeout ?? 0) > 0 && (socket.timeout ?? 0) < IDLE_MS)) socket.setTimeout(IDLE_MS);
    return keeps;
  }
}

/**
 * Connections that are used once, but not announced so: told `Connection: close`, servers that answer before they have read
 * a whole body cut the connection, and their answer may be lost with it.
 */
class Single extends http.Agent {
  override keepSocketAlive(): boolean {
    return false;
  }
}

interface Kept extends Way {
  readonly pool: http.Agent;
}

/** The ways to all apps; those to the same address outlive a new route table. */
export class Upstreams {
  #kept = new Map<string, Kept>();

  /** The way to an app. */
  to({upstream, front: {timeoutMs}}: Route): Way {
    const key = keyOf(upstream, timeoutMs);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const way = wayTo(upstream, timeoutMs);
    this.#kept.set(key, way);
    return way;
  }

  /** Let go of idle connections to where no route leads any more; requests under way end by themselves. */
  keepOnly(routes: Iterable<Route>): void {
    const wanted = new Set([...routes].map(({upstream, front: {timeoutMs}}) => keyOf(upstream, timeoutMs)));
    for (const [key, {pool}] of this.#kept) {
      if (wanted.has(key)) continue;
      this.#kept.delete(key);
      for (const idle of Object.values(pool.freeSockets)) for (const socket of idle ?? []) socket.destroy();
    }
  }
}

function keyOf(upstream: Upstream, timeoutMs: number): string {
  return `${upstream.kind === 'tcp' ? upstream.port : upstream.path} ${timeoutMs}`;
}

function wayTo(upstream: Upstream, timeoutMs: number): Kept {
  // An address, never `localhost`: on [::1] somebody else may listen.
  const target =
    upstream.kind === 'tcp'
      ? {protocol: 'http:', host: '127.0.0.1', port: upstream.port}
      : {protocol: 'http:', host: 'localhost', port: 80, socketPath: upstream.path};
  const pool = new Pool({keepAlive: true, maxFreeSockets: MAX_IDLE, timeout: timeoutMs});
  const single = new Single({keepAlive: true, timeout: timeoutMs});
  // The answer is ours to write: headers as they came, hop-by-hop ones left out.
  const common = {target, selfHandleResponse: true, upgradeTimeout: timeoutMs} as const;
  return {pool, pooled: {...common, agent: pool}, fresh: {...common, agent: single}};
}
