import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';

import {freePort} from './free-port.ts';
import {until} from './rig.ts';

/** A real web server that serves a snippet, on ports of 127.0.0.1. */
export interface FrontEndServer {
  /** Its files: `snippet.conf` with the snippet, beside the main configuration. */
  readonly directory: string;
  /** http. */
  readonly port: number;
  /** https, with the certificate of test/fixtures/tls. */
  readonly tlsPort: number;
  /** What it logged, for a test that fails. */
  log(): string;
  /** End it, wait for it, remove its files. */
  stop(): Promise<void>;
}

/** How one kind of server is run in a directory of its own. */
export interface ServerKind {
  readonly binary: string;
  /** Writes the configuration and gives the arguments. The server has to stay in the foreground and log to `directory/error.log`. */
  configure(place: {
    readonly directory: string;
    readonly port: number;
    readonly tlsPort: number;
  }): readonly string[];
}

/** The host that visitors see. */
export const PUBLIC_HOST = 'public.example';

/** Start a server; another process may take a port between the choice and the bind, so it is tried again. */
export async function startFrontEnd(kind: ServerKind): Promise<FrontEndServer> {
  for (let tries = 1; ; tries++) {
    try {
      return await startOnce(kind);
    } catch (error) {
      if (tries === 3 || !/in use/i.test(String(error))) throw error;
    }
  }
}

async function startOnce(kind: ServerKind): Promise<FrontEndServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'as-front-'));
  // The account that a server of root's drops to has to get in.
  chmodSync(directory, 0o755);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const {binary} = kind;
  const args = kind.configure({directory, port, tlsPort});
  let printed = '';
  const server = inGroupOfItsOwn(binary, args, directory);
  server.stderr?.on('data', (data: Buffer) => (printed += data.toString()));
  const log = () => {
    const file = path.join(directory, 'error.log');
    return `${printed}${existsSync(file) ? readFileSync(file, 'utf8') : ''}`;
  };
  const stop = async () => {
    await endGroup(server, 'SIGTERM');
    rmSync(directory, {recursive: true, force: true});
  };
  try {
    await answers(server, port, `${path.basename(binary)} on port ${port}`);
    await answers(server, tlsPort, `${path.basename(binary)} on port ${tlsPort}`);
  } catch (error) {
    const told = log();
    await stop();
    throw new Error(`${path.basename(binary)} did not come up: ${told}`, {cause: error});
  }
  return {directory, port, tlsPort, log, stop};
}

/** Servers signal their whole process group when they end: it must not be that of the tests. */
function inGroupOfItsOwn(
  binary: string,
  args: readonly string[],
  directory: string,
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const options = {cwd: directory, env: {PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', ...env}};
  return spawn(binary, args, {...options, detached: true, stdio: ['ignore', 'ignore', 'pipe']});
}

/** Signal the leader, wait for its end, and leave nothing of its group behind. */
async function endGroup(leader: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const {pid} = leader;
  if (pid === undefined) return;
  if (leader.exitCode === null && leader.signalCode === null) {
    const exit = once(leader, 'exit');
    leader.kill(signal);
    await exit;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them went with their leader.
  }
}

/** Resolves when something accepts on a port, and rejects when the server ends before. */
async function answers(server: ChildProcess, port: number, name: string): Promise<void> {
  await until(async () => {
    if (server.exitCode !== null || server.signalCode !== null) throw new Error(`${name} ended`);
    return await accepts(port);
  }, name);
}

async function accepts(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The account that a server started by root drops to; as an ordinary user there is nothing to drop. */
export function lesserUser(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return /^www-data:/m.test(readFileSync('/etc/passwd', 'utf8')) ? 'www-data' : 'nobody';
}

export interface Visit {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly tls?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** One visitor's request for the public host, on a connection of its own; redirects are not followed. */
export async function visit(
  server: FrontEndServer,
  {path: url, method, headers, body, tls = false}: Visit,
): Promise<Answer> {
  const options = {
    host: '127.0.0.1',
    port: tls ? server.tlsPort : server.port,
    path: url,
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {host: PUBLIC_HOST, ...headers},
    agent: false as const,
    timeout: 60_000,
    // The certificate is a test's own.
    rejectUnauthorized: false,
    servername: PUBLIC_HOST,
  };
  return await new Promise((resolve, reject) => {
    const request = (tls ? https : http).request(options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString(),
        }),
      );
    });
    request.once('timeout', () => request.destroy(new Error(`no answer for ${url}`)));
    request.once('error', reject);
    request.end(body);
  });
}
