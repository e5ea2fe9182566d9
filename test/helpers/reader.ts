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
import {hostname, userInfo} from 'node:os';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {makeAccount, noAccounts} from './account.ts';
import {startApache} from './apache.ts';
import type {FrontEndServer} from './front-end.ts';
import {testHome} from './home.ts';
import {blocksIn, stepsOf} from './markdown.ts';
import type {Block, Step} from './markdown.ts';
import {ShellSession} from './shell-session.ts';
import {fixture, toolPath} from './tools.ts';

const CLONE_URL = 'https://git.example.ac.uk/alice/';

/** Where the readers' `PATH` has it; scripts/pretest.mjs does not look for it. */
const GIT = '/usr/bin/git';

/** What following a text needs beside the app's own tools, as `testWith` has it. */
export const READERS_TOOLS: readonly string[] = [
  'python3',
  'venv',
  'curl',
  ...(existsSync(GIT) ? [] : ['git']),
];

/** A login of somebody, and what they find on the host. */
interface Login {
  readonly session: ShellSession;
  readonly name: string;
  /** Their home directory. */
  readonly home: string;
  /** A Node that they may run. */
  readonly node: string;
  /** A clone of appsup that they may read, built. */
  readonly project: string;
}

/** A text that is followed, and what it takes for given. */
export interface Guide {
  /** Of the project. */
  readonly file: string;
  /** Directory with the app's code; a file `gitignore` in it is called `.gitignore` in the repository. */
  readonly code: string;
  /** Name of the repository that the text clones into the home. */
  readonly repository: string;
  /** Packages that pip finds. */
  readonly wheels: readonly string[];
}

/** Somebody who types what a text says, and compares what is printed with it. */
export class Reader {
  readonly t: ExecutionContext;
  readonly session: ShellSession;
  readonly #login: Login;
  readonly #workshop: string;
  readonly #guide: Guide;
  /** Ports of the text, and what they are here. */
  readonly #ports = new Map<string, string>();
  #frontEnd: FrontEndServer | undefined;

  private constructor(t: ExecutionContext, guide: Guide, login: Login, workshop: string) {
    this.t = t;
    this.#guide = guide;
    this.session = login.session;
    this.#login = login;
    this.#workshop = workshop;
  }

  /** With an account of their own where one can be made, else as the user who runs the tests, in another home. */
  static async create(t: ExecutionContext, guide: Guide): Promise<Reader> {
    const workshop = prepareWorkshop(t, guide);
    const reader = new Reader(t, guide, noAccounts === undefined ? await inAccount(t) : inHome(t), workshop);
    for (const line of reader.#preparations()) await reader.session.ok(line);
    return reader;
  }

  /** The text with this reader's name and ports. */
  readonly mine = (text: string): string =>
    text.replace(/\b\d{5}\b/g, (port) => this.#ports.get(port) ?? port).replaceAll('alice', this.#name);

  /** As mounts have it. */
  get #name(): string {
    return this.#login.name.replace(/[^\w-]/g, '_');
  }

  /** That the administrators have given the letter to. */
  readonly frontEnd = (): FrontEndServer => {
    if (this.#frontEnd === undefined) throw new Error('the administrators have got no letter yet');
    return this.#frontEnd;
  };

  /** @param wanted - What each command has to end with. */
  async follow(block: Block, wanted = 0): Promise<void> {
    for (const step of stepsOf(block)) {
      const {code, output} = await this.session.type(this.mine(step.command));
      const place = `${this.#guide.file}:${step.line}: ${step.command}`;
      this.t.is(code, wanted, `${place}\n${output}`);
      this.#learnPort(step, output);
      if (step.output !== undefined) this.#compare(place, step.output, output);
    }
  }

  /** What the administrators do with the letter that the reader has written. */
  async givenToAdministrators(
    start: (snippet: string) => Promise<FrontEndServer> = startApache,
  ): Promise<void> {
    const letter = await this.session.ok(`cat ~/${this.#guide.repository}/letter.txt`);
    const server = await start(/^# >>> [^]*^# <<< .*$/m.exec(letter)?.[0] ?? '');
    this.#frontEnd = server;
    this.t.teardown(async () => {
      if (!this.t.passed) this.t.log(server.log());
      await server.stop();
    });
  }

  /** A new commit of the app's code, for `git pull`. */
  publish(name: string, before: string, after: string): void {
    const file = path.join(this.#workshop, 'work', name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(before, after));
    const work = path.join(this.#workshop, 'work');
    git(work, 'commit', '--quiet', '--all', '--message', 'Say it otherwise');
    git(work, 'push', '--quiet', path.join(this.#workshop, `${this.#guide.repository}.git`), 'main');
  }

  /** What is so on a host like eco, and is not here: the remote repository, a package index, maybe cron. */
  #preparations(): readonly string[] {
    const repositories = `url.${this.#workshop}/.insteadOf`;
    const crontab =
      noAccounts === undefined && existsSync('/usr/bin/crontab')
        ? []
        : [`cp ${this.#workshop}/crontab ~/bin`];
    return [
      'mkdir -p ~/bin ~/.config/pip',
      `ln -s ${this.#login.node} ~/bin/node`,
      ...crontab,
      'export PATH="$HOME/bin:/usr/bin:/bin" LANG=C.UTF-8',
      `printf '[global]\\nno-index = true\\nfind-links = ${this.#workshop}/wheels\\n' > ~/.config/pip/pip.conf`,
      `git config --global ${repositories} ${this.mine(CLONE_URL)}`,
      // The repository belongs to who runs the tests.
      `git config --global safe.directory '*'`,
      `cd ${this.#login.project}`,
    ];
  }

  #learnPort({output}: Step, actual: string): void {
    const [shown, own] = [output?.join('\n') ?? '', actual].map(
      (text) => /^Added \S+ port (\d+)/m.exec(text)?.[1],
    );
    if (shown !== undefined && own !== undefined) this.#ports.set(shown, own);
  }

  /** Numbers and widths may differ. Hints that are shown must come; others may, as this host is another one. */
  #compare(place: string, shown: readonly string[], actual: string): void {
    const [wanted, got] = [this.#plain(shown.join('\n')), this.#plain(actual)];
    const cut = wanted.indexOf('...');
    const isHint = (line: string) => line.startsWith('!');
    const said = (lines: readonly string[]) => lines.filter((line) => !isHint(line));
    if (cut < 0) this.t.deepEqual(said(got), said(wanted), place);
    else this.t.deepEqual(said(got).slice(0, cut), wanted.slice(0, cut), place);
    for (const hint of wanted.filter(isHint))
      this.t.true(got.includes(hint), `${place}\n${hint}\n${got.join('\n')}`);
  }

  #plain(text: string): readonly string[] {
    return text
      .replaceAll(this.#login.home, '/home/alice')
      .replaceAll(this.#name, 'alice')
      .replaceAll(`/${hostname()}/`, '/eco/')
      .replace(/checked with .* on this host/, 'checked with Apache on this host')
      .replace(/\d+(\.\d+)*/g, '0')
      .split('\n')
      .map((line) => line.replace(/\s+/g, ' ').trim())
      .filter(Boolean);
  }
}

async function inAccount(t: ExecutionContext): Promise<Login> {
  const account = await makeAccount();
  const session = new ShellSession({command: ['su', '-', account.name]});
  t.teardown(async () => {
    await session.end();
    await account.remove();
  });
  return {session, name: account.name, home: account.home, node: account.node, project: account.project};
}

function inHome(t: ExecutionContext): Login {
  const home = testHome();
  const {username} = userInfo();
  const env = {HOME: home.directory, USER: username, LOGNAME: username, PATH: '/usr/bin:/bin'};
  const session = new ShellSession({command: ['bash', '--noprofile', '--norc'], cwd: home.directory, env});
  t.teardown(async () => {
    await session.type('appsup daemon stop');
    await session.end();
    home.remove();
  });
  return {session, name: username, home: home.directory, node: process.execPath, project: process.cwd()};
}

/** The app's repository, and the packages that pip installs. Everybody may read it. */
function prepareWorkshop(t: ExecutionContext, guide: Guide): string {
  const directory = mkdtempSync('/tmp/readme-');
  t.teardown(() => rmSync(directory, {recursive: true, force: true}));
  const [work, wheels] = [path.join(directory, 'work'), path.join(directory, 'wheels')];
  cpSync(guide.code, work, {recursive: true});
  const ignored = path.join(work, 'gitignore');
  if (existsSync(ignored)) renameSync(ignored, path.join(work, '.gitignore'));
  git(work, 'init', '--quiet', '--initial-branch=main');
  git(work, 'add', '--all');
  git(work, 'commit', '--quiet', '--message', 'An experiment');
  git(directory, 'clone', '--quiet', '--bare', 'work', `${guide.repository}.git`);
  cpSync(fixture('crontab'), path.join(directory, 'crontab'));
  mkdirSync(wheels);
  run(directory, toolPath('python3'), '-I', fixture('wheels.py'), wheels, ...guide.wheels);
  chmodSync(directory, 0o755);
  run(directory, 'chmod', '-R', 'a+rX', '.');
  return directory;
}

function git(directory: string, ...args: readonly string[]): void {
  run(directory, GIT, '-c', 'user.name=Alice', '-c', 'user.email=alice@example.org', ...args);
}

function run(cwd: string, program: string, ...args: readonly string[]): void {
  const env = {PATH: '/usr/bin:/bin', HOME: cwd, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1'};
  const {status, stderr} = spawnSync(program, args, {cwd, env, encoding: 'utf8'});
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(status)}\n${stderr}`);
}

/** The blocks below a heading that are to be typed; a block without a language is only looked at. */
export function blocksOf(markdown: string, heading: string): readonly Block[] {
  return blocksIn(markdown).filter(
    ({headings, language}) => headings.includes(heading) && /^(sh|console)$/.test(language),
  );
}

/** The same, by the heading right above each. */
export function sectionsOf(markdown: string, heading: string): ReadonlyMap<string, readonly Block[]> {
  const sections = new Map<string, Block[]>();
  for (const block of blocksOf(markdown, heading)) {
    const title = block.headings.at(-1) ?? '';
    sections.set(title, [...(sections.get(title) ?? []), block]);
  }
  return sections;
}
