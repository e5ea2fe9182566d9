import {spawn, spawnSync} from 'node:child_process';
import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';

import {bootLog, bootProblem, bootScript} from '../../src/boot/script.ts';
import type {BootRecord} from '../../src/boot/script.ts';
import {systemProc} from '../../src/system/proc.ts';
import {testHome} from './home.ts';
import type {TestHome} from './home.ts';
import {kill} from './processes.ts';
import {waitUntil} from './wait.ts';

/** What a shell script ended with. */
export interface ScriptRun {
  readonly code: number | null;
  /** Both streams: cron would mail it. */
  readonly output: string;
}

/**
 * A home with a boot script, a stand-in for Node that notes each call, and a stand-in for the supervisor that takes and
 * signs the lock as the real one does, and then sleeps.
 */
export class BootWorld {
  readonly home: TestHome;
  readonly node: string;
  readonly appsupd: string;
  readonly script: string;
  readonly #shell: readonly string[];

  constructor(shell: readonly string[] = ['/bin/sh'], env: Readonly<Record<string, string>> = {}) {
    this.#shell = shell;
    this.home = testHome(env);
    this.node = path.join(this.home.directory, 'versions/v20.1.0/bin/node');
    this.appsupd = path.join(this.home.directory, `it's/appsupd`);
    this.script = this.home.paths.bootScript;
    this.program(this.node, fakeNode(this.#calls));
    this.program(this.appsupd, this.#supervisor());
    this.write();
  }

  /** Write the boot script, with the record changed, or its text. */
  write(record: Partial<BootRecord> = {}, edit: (text: string) => string = (text) => text): void {
    const text = bootScript(this.home.paths, {
      node: this.node,
      appsupd: this.appsupd,
      env: {APPSUP_CONFIG_DIR: this.home.paths.config, APPSUP_STATE_DIR: this.home.paths.state},
      host: hostname(),
      ...record,
    });
    this.program(this.script, edit(text));
  }

  program(file: string, text: string): void {
    mkdirSync(path.dirname(file), {recursive: true});
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  }

  /** Another Node, as a version manager would have put it there. */
  addNode(place: string, version?: number, behaviour?: string): string {
    const node = path.join(this.home.directory, place);
    this.program(node, fakeNode(this.#calls, version, behaviour));
    return node;
  }

  /** Run the script in cron's environment, to its end. */
  run(env: Readonly<Record<string, string>> = {}): ScriptRun {
    const [shell = '', ...args] = this.#shell;
    const {status, stdout, stderr} = spawnSync(shell, [...args, this.script], {
      env: {...this.#cronEnv(), ...env},
      encoding: 'utf8',
      timeout: 60_000,
    });
    return {code: status, output: stdout + stderr};
  }

  /** Run so many at the same time, each to its end. */
  async runAtOnce(count: number): Promise<readonly (number | null)[]> {
    const [shell = '', ...args] = this.#shell;
    const runs = Array.from({length: count}, async () => {
      const child = spawn(shell, [...args, this.script], {env: this.#cronEnv(), stdio: 'ignore'});
      return await new Promise<number | null>((resolve) => child.once('exit', resolve));
    });
    return await Promise.all(runs);
  }

  /** Command lines of every Node that was started, checks included. */
  calls(): readonly string[] {
    return read(this.#calls).split('\n').filter(Boolean);
  }

  /** The same without the checks: those that were to become supervisors. */
  starts(): readonly string[] {
    return this.calls().filter((call) => !call.includes(' -e '));
  }

  /** Pids of supervisors that got the lock, dead or alive. */
  supervisors(): readonly number[] {
    return read(this.#started).split('\n').filter(Boolean).map(Number);
  }

  /** Wait for the first supervisor, or for one more than `after` had. */
  async supervisor(after: readonly number[] = []): Promise<number> {
    return await waitUntil(
      'a supervisor has signed the lock',
      () => {
        const pid = this.supervisors().at(after.length);
        return pid !== undefined && read(this.home.paths.lock).startsWith(`${pid} `) ? pid : undefined;
      },
      {onTimeout: () => this.log()},
    );
  }

  /** Wait until nothing runs here but supervisors that have signed. */
  async settled(): Promise<void> {
    await waitUntil('what was started has signed, or left', () => this.#others().length === 0);
  }

  /** The environment that the last supervisor was started with. */
  environment(): readonly string[] {
    return read(path.join(this.home.directory, 'environment')).split('\n').filter(Boolean).toSorted();
  }

  log(): string {
    return read(bootLog(this.home.paths));
  }

  problem(): string {
    return read(bootProblem(this.home.paths)).trim();
  }

  /** End what was started, and take everything away. */
  async remove(): Promise<void> {
    for (const pid of this.#others()) await kill(pid);
    for (const pid of this.supervisors()) if (commandLine(pid).startsWith('sleep')) await kill(pid);
    this.home.remove();
  }

  /** Pids of scripts and stand-ins on their way; a supervisor that has signed is only a `sleep`. */
  #others(): readonly number[] {
    return systemProc
      .list()
      .map(({pid}) => pid)
      .filter((pid) => commandLine(pid).includes(this.home.directory));
  }

  get #calls(): string {
    return path.join(this.home.directory, 'calls');
  }

  get #started(): string {
    return path.join(this.home.directory, 'started');
  }

  #cronEnv(): Readonly<Record<string, string>> {
    const {directory} = this.home;
    return {HOME: directory, LOGNAME: 'alice', SHELL: '/bin/sh', PATH: '/usr/bin:/bin', PWD: directory};
  }

  /** A shell script, because the stand-in for Node is one, too. The lock goes with descriptor 8 into the sleep. */
  #supervisor(): string {
    return `
exec 8>>'${this.home.paths.lock}'
flock -n 8 || exit 0
env >'${path.join(this.home.directory, 'environment')}'
echo $$ >>'${this.#started}'
echo "said by the supervisor"
read -r stat </proc/$$/stat
read -r boot </proc/sys/kernel/random/boot_id
set -- \${stat##*) }
echo "$$ \${20} $boot" >'${this.home.paths.lock}'
exec sleep 600
`;
  }
}

/** Notes each call; with `behaviour` it does something else before. */
function fakeNode(calls: string, version = 20, behaviour = ''): string {
  return `#!/bin/sh
jit=yes
echo "$0 $*" >>'${calls}'
${behaviour}
if [ "$1" = --jitless ]; then jit=no; shift; fi
case $1 in
  -e) if [ ${version} -lt 20 ]; then exit 3; fi; exit 0 ;;
  *) . "$1" ;;
esac
`;
}

/** Dies as Node does where writable code is forbidden. */
export const DIES_OF_JIT = 'if [ "$1" != --jitless ]; then kill -TRAP $$; fi';

function commandLine(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Not written yet, or a process that has gone.
    return '';
  }
}
