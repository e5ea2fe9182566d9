import {spawnSync} from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {fixture, toolPath} from './tools.ts';

/** Where the readers' `PATH` has it; scripts/pretest.mjs does not look for it. */
export const GIT = '/usr/bin/git';

/** A repository that a text clones, and what its reader's pip finds. */
export interface Source {
  /** Directory with the app's code; a file `gitignore` in it is called `.gitignore` in the repository. */
  readonly code: string;
  /** What the text clones, without `.git`: `https://git.example.org/alice/tasks`, or `git@gitlab.example.org:web/tasks`. */
  readonly url: string;
  /** Packages that pip finds, and then no others; none: pip is as it is. */
  readonly wheels?: readonly string[];
  /** What is otherwise on this host than in the code. */
  readonly adapt?: (directory: string) => void;
}

/** Where the code of a text's app is written. Everybody may read it. */
export class Workshop {
  readonly directory: string;
  readonly #source: Source;

  constructor(t: ExecutionContext, source: Source) {
    this.#source = source;
    this.directory = mkdtempSync('/tmp/pages-');
    t.teardown(() => rmSync(this.directory, {recursive: true, force: true}));
    const work = path.join(this.directory, 'work');
    cpSync(source.code, work, {recursive: true, filter: (file) => !file.includes('__pycache__')});
    const ignored = path.join(work, 'gitignore');
    if (existsSync(ignored)) renameSync(ignored, path.join(work, '.gitignore'));
    source.adapt?.(work);
    git(work, 'init', '--quiet', '--initial-branch=main');
    git(work, 'add', '--all');
    git(work, 'commit', '--quiet', '--message', 'An experiment');
    git(this.directory, 'clone', '--quiet', '--bare', 'work', this.#repository);
    if (source.wheels !== undefined) this.#makeWheels(source.wheels);
    chmodSync(this.directory, 0o755);
    run(this.directory, 'chmod', '-R', 'a+rX', '.');
  }

  /** The name of the directory that the text clones into. */
  get name(): string {
    return path.basename(this.#source.url);
  }

  /** The bare repository. */
  get repository(): string {
    return path.join(this.directory, this.#repository);
  }

  get #repository(): string {
    return `${this.name}.git`;
  }

  /** What a reader types who has no such remote repository and no such package index. */
  preparations(mine: (text: string) => string): readonly string[] {
    const remote = mine(`${this.#source.url}.git`);
    const wheels = `[global]\\nno-index = true\\nfind-links = ${this.directory}/wheels\\n`;
    return [
      `git config --global url.${this.repository}.insteadOf ${remote}`,
      // The repository belongs to who runs the tests.
      `git config --global safe.directory '*'`,
      ...(this.#source.wheels === undefined
        ? []
        : [`mkdir -p ~/.config/pip && printf '${wheels}' > ~/.config/pip/pip.conf`]),
    ];
  }

  /** A new commit of the app's code, for `git pull`. */
  publish(name: string, before: string, after: string): void {
    this.write(name, readFileSync(path.join(this.directory, 'work', name), 'utf8').replace(before, after));
  }

  /** The same, of a file that is another one as a whole. */
  write(name: string, text: string): void {
    const work = path.join(this.directory, 'work');
    writeFileSync(path.join(work, name), text);
    git(work, 'commit', '--quiet', '--all', '--message', 'Say it otherwise');
    git(work, 'push', '--quiet', this.repository, 'main');
  }

  #makeWheels(wheels: readonly string[]): void {
    mkdirSync(path.join(this.directory, 'wheels'));
    run(this.directory, toolPath('python3'), '-I', fixture('wheels.py'), 'wheels', ...wheels);
  }
}

function git(directory: string, ...args: readonly string[]): void {
  run(directory, GIT, '-c', 'user.name=Alice', '-c', 'user.email=alice@example.org', ...args);
}

function run(cwd: string, program: string, ...args: readonly string[]): void {
  const env = {PATH: '/usr/bin:/bin', HOME: cwd, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1'};
  const {status, stderr} = spawnSync(program, args, {cwd, env, encoding: 'utf8'});
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(status)}\n${stderr}`);
}
