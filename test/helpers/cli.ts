import {spawn} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import type {SupervisorApi} from '../../src/control/api.ts';
import {serveControl} from '../../src/control/server.ts';
import {fakeSupervisor, temporaryDirectory} from './fake-supervisor.ts';

/** What a command printed, and how it ended. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  /** Values of the lines of stdout, for `--json`. */
  readonly json: () => readonly unknown[];
}

/** A home of its own, in which the real command line runs as a process. */
export interface Home {
  readonly directory: string;
  readonly state: string;
  /** Run `appsup` with these words. */
  readonly appsup: (...words: readonly string[]) => Promise<Ran>;
  /** The same, with more in the environment. */
  readonly with: (env: Readonly<Record<string, string>>, ...words: readonly string[]) => Promise<Ran>;
}

/** The command line as the tests have it compiled. */
const MAIN = path.join(import.meta.dirname, '../../src/cli/main.js');

/** A temporary home; with an api, a supervisor that implements it answers on its socket. */
export async function homeWith(t: ExecutionContext, api?: Partial<SupervisorApi>): Promise<Home> {
  const directory = temporaryDirectory(t);
  const state = path.join(directory, 'state');
  mkdirSync(state, {mode: 0o700});
  if (api !== undefined) {
    const server = await serveControl({
      api: fakeSupervisor(api),
      socket: path.join(state, 'control.sock'),
      version: '0.1.0',
      log: () => {},
    });
    t.teardown(async () => server.close());
  }
  const run = async (env: Readonly<Record<string, string>>, words: readonly string[]): Promise<Ran> => {
    const base = {
      HOME: directory,
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      APPSUP_STATE_DIR: state,
      TZ: 'UTC',
    };
    return await runNode([MAIN, ...words], {
      ...base,
      APPSUP_SITE_FILE: path.join(directory, 'no-site.toml'),
      ...env,
    });
  };
  return {
    directory,
    state,
    appsup: async (...words) => await run({}, words),
    with: async (env, ...words) => await run(env, words),
  };
}

async function runNode(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  const child = spawn(process.execPath, args, {env, cwd: env['HOME'], stdio: ['ignore', 'pipe', 'pipe']});
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return {
    stdout,
    stderr,
    code,
    json: () =>
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
  };
}
