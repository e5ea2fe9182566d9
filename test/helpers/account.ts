import {spawn, spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import {killAllOf} from './processes.ts';

export interface Finished {
  /** `undefined` when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** @defaultValue 120_000 */
  readonly timeoutMs?: number;
}

/** A real Unix account, made for one test. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** 0700, the account's own. */
  readonly home: string;
  /** Absolute path of a Node that the account may execute. */
  readonly node: string;
  /** Absolute path of the built project, readable for the account: `bin/appsup` and what it needs. */
  readonly project: string;
  /** Run a shell command in a login of the account: environment, groups and umask of its own. */
  run(command: string, options?: RunOptions): Promise<Finished>;
  /** As `run`; throws when it does not end with 0. Returns stdout. */
  ok(command: string, options?: RunOptions): Promise<string>;
  /** End every process of the account, and take away account, home and crontab. */
  remove(): Promise<void>;
}

/** Why no account can be made here, or `undefined`: the reason that a skipped test names. */
export const noAccounts: string | undefined =
  process.getuid?.() !== 0
    ? 'needs root, to make accounts'
    : ['useradd', 'userdel', 'su'].every(isThere)
      ? undefined
      : 'needs useradd, userdel and su';

/** Make an account with a name of its own. Root only: see {@link noAccounts}. */
export async function makeAccount(): Promise<Account> {
  const name = `au_${randomBytes(4).toString('hex')}`;
  await administer('useradd', ['-m', '-s', existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh', name]);
  const [, , uid = '', gid = '', , home = ''] =
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.split(':') ?? [];
  chmodSync(home, 0o700);
  const run = async (command: string, options?: RunOptions) => await asUser(name, command, options);
  return {
    name,
    uid: Number(uid),
    gid: Number(gid),
    home,
    node: sharedNode(),
    project: sharedProject(),
    run,
    async ok(command, options) {
      const {code, stdout, stderr} = await run(command, options);
      if (code !== 0) throw new Error(`${command}\nended with ${String(code)}\n${stdout}${stderr}`);
      return stdout;
    },
    async remove() {
      await killAllOf(Number(uid));
      // There may be no crontab, or no crontab(1).
      spawnSync('crontab', ['-u', name, '-r'], {stdio: 'ignore'});
      // -f: an unreaped zombie counts as «in use».
      await administer('userdel', ['-f', '-r', name]);
      rmSync(home, {recursive: true, force: true});
    },
  };
}

/** The Node that runs the tests, at a place where every user may execute it: a copy when it lies in somebody's home. */
function sharedNode(): string {
  return (node ??= isOpen(process.execPath) ? process.execPath : copyNode());
}

/** The project, at a place where every user may read it: a copy of what is needed to run it when it lies in somebody's home. */
function sharedProject(): string {
  const open = ['.', 'bin/appsup', 'dist/appsup.cjs', 'build/src/errors.js', 'package.json'].every(isOpen);
  return (project ??= open ? process.cwd() : copyProject());
}

let node: string | undefined;
let project: string | undefined;

function copyNode(): string {
  const directory = sharedDirectory('node');
  const copy = path.join(directory, 'node');
  cpSync(process.execPath, copy);
  chmodSync(copy, 0o755);
  return copy;
}

function copyProject(): string {
  const directory = sharedDirectory('project');
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, {dev?: boolean}>;
  };
  const modules = Object.entries(lock.packages).filter(([name, {dev}]) => name !== '' && dev !== true);
  for (const name of ['bin', 'dist', 'build', 'examples', 'package.json', ...modules.map(([each]) => each)]) {
    if (existsSync(name)) cpSync(name, path.join(directory, name), {recursive: true});
  }
  // Whatever the umask of the clone was.
  spawnSync('chmod', ['-R', 'a+rX', directory]);
  return directory;
}

function sharedDirectory(what: string): string {
  const directory = mkdtempSync(path.join(isOpen(tmpdir()) ? tmpdir() : '/tmp', `appsup-${what}-`));
  chmodSync(directory, 0o755);
  process.once('exit', () => rmSync(directory, {recursive: true, force: true}));
  return directory;
}

/** True when every user may read it, run it where its owner may, and go through every directory above. */
function isOpen(file: string): boolean {
  const absolute = path.resolve(file);
  if (!existsSync(absolute)) return true;
  const {mode} = statSync(absolute);
  const open = (mode & 0o004) !== 0 && ((mode & 0o100) === 0 || (mode & 0o001) !== 0);
  return open && (absolute === '/' || isOpenDirectory(path.dirname(absolute)));
}

function isOpenDirectory(directory: string): boolean {
  return (
    (statSync(directory).mode & 0o001) !== 0 &&
    (directory === '/' || isOpenDirectory(path.dirname(directory)))
  );
}

async function asUser(name: string, command: string, options: RunOptions = {}): Promise<Finished> {
  const child = spawn('su', ['-', name, '-c', command], {
    timeout: options.timeoutMs ?? 120_000,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = {stdout: '', stderr: ''};
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({code: code ?? undefined, ...output}));
    // A daemon that keeps our pipes open must not keep the test.
    child.on('exit', (code) => setTimeout(() => resolve({code: code ?? undefined, ...output}), 1000));
  });
}

/** useradd and userdel lock /etc/passwd, and another test file may be at it. */
async function administer(program: string, args: readonly string[]): Promise<void> {
  for (let tries = 1; ; tries++) {
    const {status, stderr} = spawnSync(program, args, {encoding: 'utf8'});
    // 12 of userdel: no mail spool, or a home that is gone already.
    if (status === 0 || (program === 'userdel' && (status === 12 || status === 6))) return;
    if (tries === 20 || !/lock/.test(stderr)) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function isThere(program: string): boolean {
  return ['/usr/sbin', '/sbin', '/usr/bin', '/bin'].some((directory) =>
    existsSync(path.join(directory, program)),
  );
}
