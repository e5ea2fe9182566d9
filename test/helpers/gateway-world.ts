import {once} from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type {AddressInfo, Server, Socket} from 'node:net';

import type {ExecutionContext} from 'ava';

import {Gateway} from '../../src/gateway/gateway.ts';
import type {Route} from '../../src/gateway/routes.ts';

/** A route with everything at its default. */
export function route({front, ...changes}: Changes<Route> = {}): Route {
  return {
    app: 'tasks',
    mount: '/alice/tasks',
    prefix: 'keep',
    upstream: {kind: 'tcp', port: 1},
    ...changes,
    front: {
      bodyLimitBytes: 100_000_000,
      timeoutMs: 60_000,
      statics: [],
      passes: [],
      fallback: undefined,
      maintenance: undefined,
      ...front,
    },
  };
}

/** Some of its fields, and some of those of `front`. */
export type Changes<R extends {front: object}> = Partial<Omit<R, 'front'>> & {
  readonly front?: Partial<R['front']>;
};

/** A gateway in this process, on a port of its own. */
export interface GatewayWorld {
  readonly port: number;
  readonly gateway: Gateway;
  readonly access: readonly string[];
  readonly trouble: readonly string[];
}

export async function startGateway(
  t: ExecutionContext,
  routes: readonly Route[],
  mount = '',
): Promise<GatewayWorld> {
  const access: string[] = [];
  const trouble: string[] = [];
  const gateway = new Gateway({
    mount,
    onAccess: (line) => access.push(line),
    onTrouble: (line) => trouble.push(line),
  });
  gateway.take(routes);
  const server = gateway.server();
  const port = await listen(t, server);
  return {port, gateway, access, trouble};
}

/** Listen on a free port of 127.0.0.1; ended with the test, whoever is still connected. */
export async function listen(t: ExecutionContext, server: Server): Promise<number> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** An app of Node's. */
export async function startApp(
  t: ExecutionContext,
  listener: http.RequestListener,
): Promise<{port: number; server: http.Server}> {
  const server = http.createServer(listener);
  return {port: await listen(t, server), server};
}

/** What an app is sent, byte for byte, one text per connection; each request is answered with 200 and `Connection: close`. */
export async function startRecorder(t: ExecutionContext): Promise<{port: number; seen: string[]}> {
  const seen: string[] = [];
  const server = net.createServer((socket) => {
    const at = seen.push('') - 1;
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      seen[at] += data.toString('latin1');
      if (isWhole(seen[at] ?? ''))
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
    });
  });
  return {port: await listen(t, server), seen};
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const head = text.slice(0, end);
  const body = text.slice(end + 4);
  if (/^transfer-encoding: chunked/im.test(head)) return body.endsWith('0\r\n\r\n');
  return body.length >= Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
}

/** Send bytes as they are on one connection; resolves with all that comes until it is closed, or `until` has come. */
export async function raw(port: number, bytes: string, until?: RegExp): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes, 'latin1');
  await new Promise<void>((resolve) => {
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (until?.test(text) === true) resolve();
    });
    socket.once('close', () => resolve());
  });
  socket.destroy();
  return text;
}

/** The statuses in what a connection was answered. */
export function statusesOf(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** One request; rejects when there is no whole answer. */
export async function ask(
  port: number,
  path: string,
  {body, agent = false, ...options}: http.RequestOptions & {readonly body?: string | Buffer} = {},
): Promise<Reply> {
  return await new Promise((resolve, reject) => {
    const request = http.request(
      {host: '127.0.0.1', port, path, agent, timeout: 30_000, ...options},
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.once('error', reject);
        response.once('end', () => {
          const {statusCode = 0, headers, rawHeaders} = response;
          resolve({status: statusCode, headers, rawHeaders, body: Buffer.concat(parts).toString()});
        });
      },
    );
    request.once('timeout', () => request.destroy(new Error(`no answer for ${path}`)));
    request.once('error', reject);
    request.end(body);
  });
}
