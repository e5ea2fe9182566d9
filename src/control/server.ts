import {lstatSync, watch} from 'node:fs';
import type {FSWatcher} from 'node:fs';
import {createServer} from 'node:http';
import type {Server} from 'node:http';
import type {Socket} from 'node:net';
import path from 'node:path';

import {AppsupError, messageOf, systemCode} from '../errors.ts';
import {ensurePrivateDirectory} from '../system/files.ts';
import {checkSocketPath} from '../system/paths.ts';
import type {SupervisorApi} from './api.ts';
import {MAX_HEAD_BYTES, VERSION_HEADER} from './protocol.ts';
import {answer, v1Routes} from './routes.ts';
import type {Routes} from './routes.ts';

export interface ControlServerOptions {
  readonly api: SupervisorApi;
  /** Where to listen; its directory is made 0700. Nothing may be there: the caller holds the lock and has removed what was stale. */
  readonly socket: string;
  /** Named in every answer. */
  readonly version: string;
  /** One line for the supervisor's log. */
  readonly log: (message: string, details?: Readonly<Record<string, unknown>>) => void;
  /** Further doors, by path and method: `{'/RPC2': {POST: …}}`. */
  readonly doors?: Routes;
  /** Milliseconds for a client to send its request, and again to take a plain answer. @defaultValue 10_000 */
  readonly patienceMs?: number;
}

export interface ControlServer {
  /** Stop listening, remove the socket, hang up on everybody. */
  close(): Promise<void>;
}

/** Connections at a time: everybody is the same user, so this only bounds an accident. */
const MAX_CONNECTIONS = 512;

/**
 * Answer on the control socket until closed.
 *
 * The guard is the file system: the directory is 0700 and the socket 0600 from its first moment (umask before bind). Should the
 * socket be deleted or replaced, it is made again; open streams go on.
 *
 * @throws AppsupError `SUPERVISOR_START` when the socket cannot be made, `UNSAFE_MODE` or `DISK` when its directory cannot.
 */
export async function serveControl(options: ControlServerOptions): Promise<ControlServer> {
  const {socket, log} = options;
  checkSocketPath(socket);
  const routes = {...options.doors, ...v1Routes(options.api)};
  const sockets = new Set<Socket>();
  let inode = 0;
  let closed = false;
  let server = await open();
  let watcher = look();

  return {
    async close() {
      closed = true;
      watcher?.close();
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of sockets) connection.destroy();
      await ended;
    },
  };

  async function open(): Promise<Server> {
    ensurePrivateDirectory(path.dirname(socket));
    const fresh = httpServer(options, routes, sockets);
    await listen(fresh, socket);
    // A connection that cannot be accepted (ENOBUFS) is that client's trouble.
    fresh.on('error', (error) => log('a connection cannot be accepted', {error: messageOf(error)}));
    inode = inodeOf(socket);
    return fresh;
  }

  /** No polling: the kernel says when something in the directory changes. */
  function look(): FSWatcher | undefined {
    try {
      const names = new Set<string | null>([
        path.basename(socket),
        path.basename(path.dirname(socket)),
        null,
      ]);
      const found = watch(path.dirname(socket), (_kind, name) => {
        if (names.has(name) && !closed && inodeOf(socket) !== inode) void heal();
      });
      // Without a watch (no inotify instances left) all is well but for the healing.
      found.on('error', (error) => log('cannot watch the control socket', {error: messageOf(error)}));
      return found;
    } catch (error) {
      log('cannot watch the control socket', {error: messageOf(error)});
      return undefined;
    }
  }

  async function heal(): Promise<void> {
    inode = inodeOf(socket);
    log('the control socket was removed; making it again');
    watcher?.close();
    // First close, then listen: closing a Unix socket unlinks its path, whatever is there by then.
    server.close();
    try {
      server = await open();
      watcher = closed ? undefined : look();
      if (closed) server.close();
    } catch (error) {
      log('cannot make the control socket again', {error: messageOf(error)});
    }
  }
}

function httpServer(options: ControlServerOptions, routes: Routes, sockets: Set<Socket>): Server {
  const {version, log, patienceMs = 10_000} = options;
  const deadlines = new WeakMap<Socket, NodeJS.Timeout>();
  const server = createServer({
    maxHeaderSize: MAX_HEAD_BYTES,
    // Node looks at its own time limits every 30 s; the deadline below is exact and costs nothing while nobody is here.
    requestTimeout: 0,
    headersTimeout: 0,
    connectionsCheckingInterval: 2 ** 31 - 1,
  });
  server.maxConnections = MAX_CONNECTIONS;

  server.on('connection', (connection: Socket) => {
    sockets.add(connection);
    connection.once('close', () => {
      sockets.delete(connection);
      patient(connection);
    });
    connection.on('error', () => connection.destroy());
    hurry(connection);
  });

  server.on('request', (request, response) => {
    // Kept here: a request lets go of its socket when that is destroyed.
    const connection = request.socket;
    response.shouldKeepAlive = false;
    response.setHeader(VERSION_HEADER, version);
    request.once('end', () => patient(connection));
    // Without a body it has been sent; it ends only when it is read, too.
    if (request.method === 'GET') request.resume();
    const onBug = (error: unknown): void =>
      log('a request failed', {
        path: request.url,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    // Its answer is in the socket's buffer then: a client that does not take it is not waited for.
    void answer(routes, request, response, onBug).then(() => hurry(connection));
  });

  server.on('clientError', (error, connection) => {
    if (systemCode(error) === 'ECONNRESET' || !connection.writable) return void connection.destroy();
    const tooLong = systemCode(error) === 'HPE_HEADER_OVERFLOW';
    connection.end(rawRefusal(version, tooLong), () => connection.destroy());
  });
  return server;

  function hurry(connection: Socket): void {
    patient(connection);
    if (connection.destroyed) return;
    deadlines.set(
      connection,
      setTimeout(() => connection.destroy(), patienceMs),
    );
  }

  function patient(connection: Socket): void {
    clearTimeout(deadlines.get(connection));
  }
}

function rawRefusal(version: string, tooLong: boolean): string {
  const error = new AppsupError(
    'PROTOCOL',
    tooLong ? 'Cannot take the request: its head is too long' : 'Cannot take the request: it is not HTTP',
  );
  const body = `${JSON.stringify({error})}\n`;
  return (
    `HTTP/1.1 ${tooLong ? '431 Request Header Fields Too Large' : '400 Bad Request'}\r\n` +
    `${VERSION_HEADER}: ${version}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  );
}

/** Listen with a socket that is 0600 from its first moment: `bind` happens inside this call, so the mask is ours alone. */
async function listen(server: Server, socket: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const refused = (error: Error): void =>
      reject(
        new AppsupError(
          'SUPERVISOR_START',
          `Cannot listen on ${socket}: ${systemCode(error) ?? messageOf(error)}`,
          {
            hint: 'does the file system allow sockets? else choose another directory: export APPSUP_STATE_DIR=~/.appsup',
            cause: error,
          },
        ),
      );
    server.once('error', refused);
    const before = process.umask(0o177);
    try {
      server.listen({path: socket, backlog: 511}, () => {
        server.off('error', refused);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

/** `0` when there is nothing. */
function inodeOf(file: string): number {
  try {
    return lstatSync(file).ino;
  } catch {
    return 0;
  }
}
