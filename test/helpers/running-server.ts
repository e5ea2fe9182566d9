import {readFileSync} from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

import type {ExecutionContext} from 'ava';

import type {Exit} from '../../src/core/state.ts';
import type {Prepared} from '../../src/launch/contract.ts';
import {systemProc} from '../../src/system/proc.ts';
import {systemProcesses} from '../../src/system/processes.ts';
import {systemSockets} from '../../src/system/sockets.ts';
import {programSpec} from './spec.ts';

/** A prepared start that really runs, on real sockets. */
export class RunningServer {
  readonly pid: number;
  readonly port: number;
  /** The private socket; `undefined` when it did not take one. */
  readonly socketPath: string | undefined;
  readonly exit: Promise<Exit>;
  readonly #log: string;

  constructor(facts: {
    pid: number;
    port: number;
    socketPath: string | undefined;
    exit: Promise<Exit>;
    log: string;
  }) {
    this.pid = facts.pid;
    this.port = facts.port;
    this.socketPath = facts.socketPath;
    this.exit = facts.exit;
    this.#log = facts.log;
  }

  /** Spawn it as the supervisor does. The whole group is ended after the test. */
  static async start(
    t: ExecutionContext,
    prepared: Prepared,
    port: number,
    directory: string,
  ): Promise<RunningServer> {
    const log = path.join(directory, 'server.log');
    const socketPath = prepared.sockets.includes('private')
      ? path.join(directory, 'private.sock')
      : undefined;
    const sockets = prepared.sockets.map((kind) =>
      kind === 'held' ? systemSockets.bindPort(port) : systemSockets.bindPath(socketPath ?? ''),
    );
    let tell: (exit: Exit) => void = () => undefined;
    const exit = new Promise<Exit>((resolve) => (tell = resolve));
    const {pid} = await systemProcesses.spawn(
      {...prepared, sockets: sockets.map(({fd}) => fd), logFile: log, limits: programSpec().limits},
      tell,
    );
    t.teardown(() => {
      if (systemProc.list().some(({group}) => group === pid)) systemProcesses.signal(-pid, 'SIGKILL');
      for (const socket of sockets) socket.close();
    });
    return new RunningServer({pid, port, socketPath, exit, log});
  }

  get output(): string {
    return readFileSync(this.#log, 'utf8');
  }

  /** GET over the held socket, or over the private one. */
  async get(url: string, over: 'held' | 'private' = 'held'): Promise<string> {
    const address = over === 'held' ? {host: '127.0.0.1', port: this.port} : {socketPath: this.socketPath};
    return await new Promise((resolve, reject) => {
      const request = http.get({
        ...address,
        path: url,
        agent: false,
        headers: {'x-forwarded-proto': 'https'},
      });
      request.once('error', reject);
      request.once('response', (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.once('end', () => resolve(`${response.statusCode} ${body}`));
      });
    });
  }

  /** The first answer; fails with what it printed when it ends instead. */
  async firstAnswer(url: string): Promise<string> {
    let ended = false;
    void this.exit.then(() => (ended = true));
    for (;;) {
      try {
        return await this.get(url, this.socketPath === undefined ? 'held' : 'private');
      } catch (error) {
        if (ended) throw new Error(`it ended: ${this.output}`, {cause: error});
        await sleep(20);
      }
    }
  }

  /** Resolves when it has printed this; fails with what it printed when it ends instead. */
  async printed(pattern: RegExp): Promise<void> {
    let ended = false;
    void this.exit.then(() => (ended = true));
    while (!pattern.test(this.output)) {
      if (ended) throw new Error(`it ended: ${this.output}`);
      await sleep(20);
    }
  }

  /** Ask it to stop, and await its {@link end}. */
  async stop(): Promise<Exit> {
    systemProcesses.signal(this.pid, 'SIGTERM');
    return await this.end();
  }

  /** Resolves when it and all that it started are gone. */
  async end(): Promise<Exit> {
    // Keeps the event loop alive: children are not held on to by it.
    const alive = setInterval(() => undefined, 1000);
    try {
      const exit = await this.exit;
      while (systemProc.list().some(({group}) => group === this.pid)) await sleep(20);
      return exit;
    } finally {
      clearInterval(alive);
    }
  }
}
