import {execFile, spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';

import type {AppStatus, ProcessStatus, StatusReport} from '../../src/control/api.ts';
import {MARK} from '../../src/core/mark.ts';
import {lockOwner} from '../../src/system/lock.ts';
import {pathsFor} from '../../src/system/paths.ts';
import type {Paths} from '../../src/system/paths.ts';
import {isAlive, systemProc} from '../../src/system/proc.ts';
import {freePort} from './free-port.ts';

/** The repository, from build/test/helpers. */
export const ROOT = path.resolve(import.meta.dirname, '../../..');

/** What a command said and how it ended. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built binary in a home of its own, with real processes. */
export class Rig {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly paths: Paths;

  private constructor(home: string, env: Readonly<Record<string, string>>) {
    this.home = home;
    this.env = {
      HOME: home,
      PATH: `${path.dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`,
      USER: process.env['USER'] ?? 'root',
      NO_COLOR: '1',
      ...env,
    };
    this.paths = pathsFor(this.env);
  }

  static create(env: Readonly<Record<string, string>> = {}): Rig {
    // Short, because sockets lie below it.
    return new Rig(mkdtempSync(path.join(tmpdir(), 'as-')), env);
  }

  /** Run the command line to its end. */
  async appsup(...args: readonly string[]): Promise<Run> {
    return await new Promise((resolve) => {
      execFile(
        process.execPath,
        [path.join(ROOT, 'bin/appsup'), ...args],
        {env: this.env, cwd: this.home, timeout: 120_000, maxBuffer: 64 * 1024 * 1024},
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
          resolve({code, stdout, stderr});
        },
      ).stdin?.end();
    });
  }

  /** As {@link Rig.appsup}, and it has to go well. */
  async ok(...args: readonly string[]): Promise<string> {
    const {code, stdout, stderr} = await this.appsup(...args);
    if (code !== 0)
      throw new Error(`appsup ${args.join(' ')} ended with ${code}\n${stdout}${stderr}${this.diary()}`);
    return stdout;
  }

  /** Start the command line and leave it to the test. */
  begin(...args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [path.join(ROOT, 'bin/appsup'), ...args], {
      env: this.env,
      cwd: this.home,
      stdio: 'ignore',
    });
  }

  async status(): Promise<StatusReport> {
    const {stdout} = await this.appsup('status', '--json');
    return JSON.parse(stdout) as StatusReport;
  }

  async app(name: string): Promise<AppStatus> {
    const app = (await this.status()).apps.find((each) => each.app === name);
    if (app === undefined) throw new Error(`status knows no ${name}`);
    return app;
  }

  async process(app: string, process = 'web'): Promise<ProcessStatus> {
    const found = (await this.app(app)).processes.find((each) => each.process === process);
    if (found === undefined) throw new Error(`status knows no ${app}:${process}`);
    return found;
  }

  /** Pid of the serving process. */
  async pid(app: string, process = 'web'): Promise<number> {
    const {pid} = await this.process(app, process);
    if (pid === undefined) throw new Error(`${app}:${process} has no process\n${this.diary()}`);
    return pid;
  }

  /** Write an app's file by hand. The port is fixed, so that tests at the same time never meet. */
  async define(
    name: string,
    toml: string,
    files: Readonly<Record<string, string>> = {},
  ): Promise<{directory: string; port: number}> {
    const directory = path.join(this.home, name);
    const port = await freePort();
    mkdirSync(directory, {recursive: true});
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(directory, file)), {recursive: true});
      writeFileSync(path.join(directory, file), text);
      if (text.startsWith('#!')) chmodSync(path.join(directory, file), 0o755);
      if (file.endsWith('.env')) chmodSync(path.join(directory, file), 0o600);
    }
    mkdirSync(this.paths.apps, {recursive: true, mode: 0o700});
    const head = `directory = ${JSON.stringify(directory)}\nmount = "/${name}"\nport = ${port}\n`;
    writeFileSync(path.join(this.paths.apps, `${name}.toml`), `${head}${toml}`, {mode: 0o600});
    return {directory, port};
  }

  /** A small app under real gunicorn that prints each request. */
  async defineGunicorn(name: string, extra = '', code = WSGI): Promise<{directory: string; port: number}> {
    return await this.define(name, `[programs.web]\ngunicorn = "wsgi:application"\nworkers = 2\n${extra}`, {
      'wsgi.py': code,
    });
  }

  /** The living supervisor. */
  supervisorPid(): number | undefined {
    const owner = lockOwner(this.paths.lock);
    const stat = owner === undefined ? undefined : systemProc.stat(owner.pid);
    return stat !== undefined && isAlive(stat) && stat.startTicks === owner?.startTicks
      ? stat.pid
      : undefined;
  }

  /** Everything alive that was started for this home, by its mark. */
  children(app?: string): readonly number[] {
    const start = app === undefined ? `${this.paths.state}|` : `${this.paths.state}|${app}:`;
    return systemProc
      .list()
      .map(({pid}) => pid)
      .filter((pid) => systemProc.variable(pid, MARK)?.startsWith(start));
  }

  /** End everything and remove the home; what is left over is returned, and killed. */
  async clean(): Promise<readonly number[]> {
    if (this.supervisorPid() !== undefined) await this.appsup('daemon', 'stop');
    const left = this.children();
    for (const pid of left) killQuietly(pid);
    const supervisor = this.supervisorPid();
    if (supervisor !== undefined) killQuietly(supervisor);
    rmSync(this.home, {recursive: true, force: true, maxRetries: 5});
    return left;
  }

  /** The supervisor's own log, for a test that fails. */
  diary(): string {
    const boot = path.join(this.paths.state, 'boot.log');
    return [this.paths.log, boot]
      .map((file) => (existsSync(file) ? `\n--- ${file}\n${readFileSync(file, 'utf8')}` : ''))
      .join('');
  }
}

/** Says its own and its master's pid, prints each request; `/slow` takes a while. */
export const WSGI = `import os, sys, time
def application(environ, start_response):
    print("request", environ["PATH_INFO"], flush=True)
    if environ["PATH_INFO"] == "/slow":
        time.sleep(2)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("%d %d %s%s" % (os.getppid(), os.getpid(), environ["SCRIPT_NAME"], environ["PATH_INFO"])).encode()]
`;

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
}

/** One request on a connection of its own, to a port or a Unix socket. Rejects when there is no whole answer. */
export async function get(
  at: number | string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const request = http.get(
      {
        ...(typeof at === 'number' ? {host: '127.0.0.1', port: at} : {socketPath: at}),
        path: url,
        agent: false,
        headers,
        timeout: 60_000,
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (data: string) => (body += data));
        response.once('end', () =>
          resolve({status: response.statusCode ?? 0, body, headers: response.headers}),
        );
        response.once('error', reject);
      },
    );
    request.once('timeout', () => request.destroy(new Error(`no answer from ${at}${url}`)));
    request.once('error', reject);
  });
}

/** As long as any wait of a test: after that nobody will answer any more. */
const FORSAKEN_MS = 30_000;

/** Clients that ask without a pause until they are told to stop, or nobody has been there for long: a test that fails leaves them behind. */
export class Load {
  good = 0;
  readonly failures: string[] = [];
  #stop = false;
  readonly #clients: Promise<unknown>;

  constructor(at: number | string, url: string, clients = 8) {
    this.#clients = Promise.all(Array.from({length: clients}, async () => await this.#ask(at, url)));
  }

  async stop(): Promise<void> {
    this.#stop = true;
    await this.#clients;
  }

  /** Resolves after so many more good answers. */
  async answers(count: number): Promise<void> {
    const wanted = this.good + count;
    await until(() => this.good >= wanted, `${count} more good answers`);
  }

  async #ask(at: number | string, url: string): Promise<void> {
    let heardAt = performance.now();
    while (!this.#stop && performance.now() - heardAt < FORSAKEN_MS) {
      try {
        const {status} = await get(at, url);
        heardAt = performance.now();
        if (status === 200) this.good++;
        else this.failures.push(String(status));
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }
}

/** Wait for something that has no event for a test; fails with its name after half a minute. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  name: string,
  timeoutMs = 30_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs / 1000} s in vain for: ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function killQuietly(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}

/** True while a process is there and is no zombie. */
export function alive(pid: number): boolean {
  const stat = systemProc.stat(pid);
  return stat !== undefined && isAlive(stat);
}
