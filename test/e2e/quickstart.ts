import {execFile} from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {isAlive, systemProc} from '../../src/system/proc.ts';
import {freeRange} from '../helpers/ports.ts';
import {testWith, toolPath} from '../helpers/tools.ts';
import {waitUntil} from '../helpers/wait.ts';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A copy of the project in a home of its own, as somebody has it who cloned it a minute ago. */
interface Clone {
  readonly directory: string;
  readonly home: string;
  quickstart(args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  appsup(...args: readonly string[]): Promise<Ended>;
}

const PARTS = [
  'bin',
  'src',
  'docs',
  'README.md',
  'scripts',
  'examples',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'quickstart',
];

/** Nothing answers at port 9 of this host, so no package can be fetched. */
const NO_INDEX = {
  PIP_INDEX_URL: 'http://127.0.0.1:9/',
  PIP_EXTRA_INDEX_URL: '',
  PIP_FIND_LINKS: '',
  PIP_CONFIG_FILE: '/dev/null',
};

function clone(t: ExecutionContext): Clone {
  const home = mkdtempSync(path.join(tmpdir(), 'qs-'));
  const directory = path.join(home, 'appsup');
  for (const part of PARTS) cpSync(part, path.join(directory, part), {recursive: true, filter: isSource});
  symlinkSync(path.resolve('node_modules'), path.join(directory, 'node_modules'));
  // Older than what is installed: the link leads to the modules of the tests themselves, which `npm ci` would delete.
  utimesSync(path.join(directory, 'package-lock.json'), 0, 0);
  // Clones of one account know nothing of each other: a range each keeps them apart.
  const {first, last} = freeRange(5);
  mkdirSync(path.join(home, '.config/appsup'), {recursive: true, mode: 0o700});
  writeFileSync(path.join(home, '.config/appsup/config.toml'), `ports = "${first}-${last}"\n`, {mode: 0o600});
  const env = {
    ...process.env,
    HOME: home,
    NO_COLOR: '1',
    APPSUP_STATE_DIR: '',
    APPSUP_CONFIG_DIR: '',
    XDG_CONFIG_HOME: '',
    XDG_STATE_HOME: '',
  };
  const world: Clone = {
    directory,
    home,
    quickstart: async (args = [], more = {}) => await run('./quickstart', args, directory, {...env, ...more}),
    appsup: async (...args) => await run('bin/appsup', args, directory, env),
  };
  t.teardown(async () => {
    await world.quickstart(['--stop']);
    await world.appsup('daemon', 'stop');
    rmSync(home, {recursive: true, force: true, maxRetries: 5, retryDelay: 200});
  });
  return world;
}

function isSource(file: string): boolean {
  return !/(^|\/)(\.venv|__pycache__|node_modules)$/.test(file);
}

async function run(
  file: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(file, [...args], {cwd, env, maxBuffer: 2 ** 24}, (error, stdout, stderr) => {
      resolve({code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, stdout, stderr});
    });
  });
}

/** Facts of the only app in the answer of `appsup status --json`. */
interface Report {
  readonly supervisor: {readonly pid: number};
  readonly apps: readonly {readonly app: string; readonly processes: readonly {readonly pid?: number}[]}[];
}

async function report(world: Clone): Promise<Report> {
  return JSON.parse((await world.appsup('status', '--json')).stdout) as Report;
}

function isGone(pid: number): boolean {
  const stat = systemProc.stat(pid);
  return stat === undefined || !isAlive(stat);
}

function pageUrl(stdout: string): string {
  return /^==> page: (\S+)$/m.exec(stdout)?.[1] ?? '';
}

testWith(
  ['python3', 'flask', 'gunicorn'],
  './quickstart serves the Flask example, is quick the second time, and is undone by --stop',
  async (t) => {
    const world = clone(t);

    const first = await world.quickstart();
    t.is(first.code, 0, `${first.stdout}${first.stderr}`);
    t.regex(first.stdout, /hello-flask:web +running/);
    t.regex(first.stdout, /"Hello from Flask", \d+ characters, and it knows its mount/);
    t.regex(first.stdout, /<Location "\/\w+_hello-flask\/">/);
    t.regex(first.stdout, /\.\/quickstart --stop/);
    const page = await fetch(pageUrl(first.stdout));
    t.is(page.status, 200);
    t.regex(await page.text(), /mounted at <code>\/\w+_hello-flask<\/code>/);
    const before = await report(world);

    const second = await world.quickstart();
    t.is(second.code, 0, `${second.stdout}${second.stderr}`);
    t.regex(second.stdout, /==> app: hello-flask is there/);
    t.is(pageUrl(second.stdout), pageUrl(first.stdout));
    t.deepEqual(
      (await report(world)).apps[0]?.processes[0]?.pid,
      before.apps[0]?.processes[0]?.pid,
      'the app was not restarted',
    );

    const stop = await world.quickstart(['--stop']);
    t.is(stop.code, 0, `${stop.stdout}${stop.stderr}`);
    await waitUntil('the supervisor is gone', () => isGone(before.supervisor.pid));
    await t.throwsAsync(fetch(pageUrl(first.stdout)));
    t.is((await world.appsup('list', '--json')).stdout.trim(), '');
    t.is((await world.quickstart(['--stop'])).code, 0, 'a second --stop is fine');
  },
);

testWith(
  ['python3', 'venv'],
  './quickstart serves the Node example where there is no gunicorn and no package index',
  async (t) => {
    const world = clone(t);
    // A Python without any package; a chosen one stands alone, so the system's and apt-get are not asked.
    const bare = path.join(world.home, 'bare');
    t.is(
      (await run(toolPath('python3'), ['-m', 'venv', '--without-pip', bare], world.home, process.env)).code,
      0,
    );
    const env = {...NO_INDEX, PYTHON: path.join(bare, 'bin/python')};

    const first = await world.quickstart([], env);
    t.is(first.code, 0, `${first.stdout}${first.stderr}`);
    t.regex(first.stdout, /gunicorn and Flask can't be had here \(.*\): the Node example is used instead/);
    t.regex(first.stdout, /hello-node:\w+ +running/);
    t.regex(first.stdout, /"Hello from Node", \d+ characters, and it knows its mount/);
    t.false(
      existsSync(path.join(world.directory, 'examples/hello-flask/.venv')),
      'no half-made environment is left',
    );

    const second = await world.quickstart([], env);
    t.is(second.code, 0, `${second.stdout}${second.stderr}`);
    t.regex(second.stdout, /==> app: hello-node is there/);
  },
);

test('./quickstart leaves other apps alone, also one that has the name of the example', async (t) => {
  const world = clone(t);
  const mine = path.join(world.home, 'mine');
  cpSync('examples/hello-node', mine, {recursive: true});
  t.is((await run('npm', ['run', '--silent', 'build'], world.directory, process.env)).code, 0);
  for (const name of ['hello-flask', 'hello-node'])
    t.is((await world.appsup('add', mine, '--name', name)).code, 0);
  t.is((await world.appsup('start', 'hello-node')).code, 0);
  const before = await report(world);

  const refused = await world.quickstart();
  t.is(refused.code, 1);
  t.regex(
    refused.stderr,
    /Cannot add the example: you have an app called hello-\w+ already, in .*\/mine\n {2}hint: /,
  );

  const stop = await world.quickstart(['--stop']);
  t.is(stop.code, 0);
  t.regex(stop.stdout, /the supervisor stays: you have other apps/);
  t.deepEqual((await report(world)).supervisor.pid, before.supervisor.pid);
  t.is((await world.appsup('list', '--json')).stdout.trim().split('\n').length, 2);
});

test('./quickstart says what is missing and what to type', async (t) => {
  const world = clone(t);
  const programs = path.join(world.home, 'programs');
  for (const name of ['bash', 'dirname', 'mktemp', 'rm', 'cat']) {
    cpSync(path.join('/bin', name), path.join(programs, name), {dereference: true});
  }
  const without = await world.quickstart([], {PATH: programs});
  t.is(without.code, 1);
  t.regex(without.stderr, /Node\.js is missing\n {2}hint: install Node\.js 20\.19 or newer/);

  writeFileSync(path.join(programs, 'node'), '#!/bin/sh\n[ "$1" = --version ] && echo v18.20.4\n', {
    mode: 0o755,
  });
  const old = await world.quickstart([], {PATH: programs});
  t.is(old.code, 1);
  t.regex(old.stderr, /Node\.js v18\.20\.4 is too old: appsup needs 20\.19 or newer\n {2}hint: /);

  rmSync(path.join(world.directory, 'node_modules'));
  const offline = await world.quickstart([], {
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_cache: path.join(world.home, 'npm'),
    npm_config_fetch_retries: '0',
  });
  t.is(offline.code, 1);
  t.regex(offline.stderr, /Cannot install the packages of package-lock\.json\n {2}hint: .*npm ci/);
});

test('./quickstart prints no colour codes where NO_COLOR is set, and knows only its own words', async (t) => {
  const world = clone(t);
  const help = await world.quickstart(['--help']);
  t.is(help.code, 0);
  t.false(help.stdout.includes('\u001B'));
  const wrong = await world.quickstart(['--stopp']);
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /\.\/quickstart --stop/);
  t.true(readFileSync('quickstart', 'utf8').startsWith('#!/usr/bin/env bash\n'));
});
