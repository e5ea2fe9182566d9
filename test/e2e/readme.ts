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

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {makeAccount, noAccounts} from '../helpers/account.ts';
import {startApache} from '../helpers/apache.ts';
import {visit} from '../helpers/front-end.ts';
import type {FrontEndServer} from '../helpers/front-end.ts';
import {testHome} from '../helpers/home.ts';
import {blocksIn, stepsOf} from '../helpers/markdown.ts';
import type {Block, Step} from '../helpers/markdown.ts';
import {ShellSession} from '../helpers/shell-session.ts';
import {fixture, testWith, toolPath} from '../helpers/tools.ts';

const README = readFileSync('README.md', 'utf8');
const CHAPTER = 'The eco guide, without supervisord';
const CLONE_URL = 'https://git.example.ac.uk/alice/';

/** Where the readers' `PATH` has it; scripts/pretest.mjs does not look for it. */
const GIT = '/usr/bin/git';

testWith(
  ['python3', 'venv', 'gunicorn', 'flask', 'apache2', 'curl', ...(existsSync(GIT) ? [] : ['git'])],
  "the README's eco chapter does what it says, word by word",
  async (t) => {
    const reader = await Reader.create(t);
    for (const block of blocksOf('Install, without root')) await reader.follow(block);
    await reader.session.ok('cd ~');
    const sections = sectionsOf(CHAPTER);
    t.deepEqual(
      [...sections.keys()].map((title) => title.slice(0, 2)),
      Object.keys(CHECKS),
    );
    for (const [title, blocks] of sections) {
      const {before, after} = CHECKS[title.slice(0, 2)] ?? {};
      await before?.(reader);
      for (const block of blocks) await reader.follow(block);
      await after?.(reader);
    }
    await badDays(reader);
  },
);

test('the first minute in the README shows what its eco chapter shows', (t) => {
  const chapter = blocksOf(CHAPTER).flatMap(stepsOf);
  for (const {command, output} of blocksOf('The first minute').flatMap(stepsOf)) {
    t.deepEqual(output, chapter.find((step) => step.command === command)?.output, command);
  }
});

/** What has to be so around the steps of a section. */
const CHECKS: Readonly<
  Record<string, {before?: (reader: Reader) => unknown; after?: (reader: Reader) => unknown}>
> = {
  '1.': {},
  '2.': {},
  '3.': {
    async after({t, session, mine}) {
      const file = await session.ok('cat ~/.config/appsup/apps/flasktasks.toml');
      const shown = blocksIn(README).find(
        ({language, headings}) => language === 'toml' && headings.includes('The first minute'),
      );
      t.is(file.replace(/^#.*\n/gm, '').trim(), mine(shown?.text ?? '').trim());
    },
  },
  '4.': {
    async after({t, session, mine}) {
      const page = await session.ok(mine('curl --fail http://127.0.0.1:20140/alice_flasktasks/'));
      t.regex(page, /<title>Tasks<\/title>/);
    },
  },
  '5.': {
    async after({t, session}) {
      const table = await session.ok('crontab -l');
      t.regex(
        table,
        /^# >>> appsup .* >>>$[^]*^@reboot \/\S+\/boot\.sh$\n^\* \* \* \* \* \/\S+\/boot\.sh$\n^# <<< appsup .* <<<$/m,
      );
    },
  },
  '6.': {
    async after(reader) {
      await reader.givenToAdministrators();
      await servesAnExperiment(reader);
    },
  },
  '7.': {
    before: (reader) => reader.publish('of your answers are stored', 'answers of yours are stored'),
    async after({t, mine, apache}) {
      const {body} = await visit(apache(), {path: mine('/alice_flasktasks/')});
      t.regex(body, /0 answers of yours are stored/);
    },
  },
  '8.': {
    async after({t, mine, apache}) {
      t.is((await visit(apache(), {path: mine('/alice_flasktasks/')})).status, 200);
    },
  },
};

/** Code with a mistake in it, then a file with one; what is printed is as shown, and the old version serves all the time. */
async function badDays(reader: Reader): Promise<void> {
  const {t, session, mine, apache} = reader;
  const [restart, check, ...more] = blocksOf('Bad days');
  if (restart === undefined || check === undefined || more.length > 0)
    throw new Error('Bad days have other blocks now');
  await session.ok(`sed -i '1i import nothing_here' tasks/__init__.py`);
  await reader.follow(restart, 1);
  await session.ok(`sed -i 's/^workers .*/worker = 2/' ~/.config/appsup/apps/flasktasks.toml`);
  await reader.follow(check, 1);
  t.is((await visit(apache(), {path: mine('/alice_flasktasks/')})).status, 200);
}

/** A form, a redirect and a session, through the mount, for a visitor who comes by https. */
async function servesAnExperiment({t, mine, apache}: Reader): Promise<void> {
  const start = mine('/alice_flasktasks/');
  const ask = async (headers: Readonly<Record<string, string>>, body?: string) => {
    const url = body === undefined ? start : `${start}answer`;
    return await visit(apache(), {path: url, headers, tls: true, ...(body === undefined ? {} : {body})});
  };
  t.regex((await ask({})).body, new RegExp(`0 of your answers are stored[^]*action="${start}answer"`));
  const answered = await ask({'content-type': 'application/x-www-form-urlencoded'}, 'answer=yes');
  t.is(answered.status, 302, answered.body);
  t.is(new URL(answered.headers.location ?? '', 'https://public.example').pathname, start);
  const [cookie = ''] = answered.headers['set-cookie'] ?? [];
  t.true(cookie.includes(`Path=${start}`), cookie);
  t.regex((await ask({cookie: cookie.split(';')[0] ?? ''})).body, /1 of your answers/);
  t.is((await visit(apache(), {path: start.replace(/\/$/, 'x/')})).status, 404);
}

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

/** Somebody who types what the README says, and compares what is printed with it. */
class Reader {
  readonly t: ExecutionContext;
  readonly session: ShellSession;
  readonly #login: Login;
  readonly #workshop: string;
  /** Ports of the text, and what they are here. */
  readonly #ports = new Map<string, string>();
  #apache: FrontEndServer | undefined;

  private constructor(t: ExecutionContext, login: Login, workshop: string) {
    this.t = t;
    this.session = login.session;
    this.#login = login;
    this.#workshop = workshop;
  }

  /** With an account of their own where one can be made, else as the user who runs the tests, in another home. */
  static async create(t: ExecutionContext): Promise<Reader> {
    const workshop = prepareWorkshop(t);
    const reader = new Reader(t, noAccounts === undefined ? await inAccount(t) : inHome(t), workshop);
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

  readonly apache = (): FrontEndServer => {
    if (this.#apache === undefined) throw new Error('the administrators have got no letter yet');
    return this.#apache;
  };

  /** @param wanted - What each command has to end with. */
  async follow(block: Block, wanted = 0): Promise<void> {
    for (const step of stepsOf(block)) {
      const {code, output} = await this.session.type(this.mine(step.command));
      const place = `README.md:${step.line}: ${step.command}`;
      this.t.is(code, wanted, `${place}\n${output}`);
      this.#learnPort(step, output);
      if (step.output !== undefined) this.#compare(place, step.output, output);
    }
  }

  /** What the administrators do with the letter of step 6. */
  async givenToAdministrators(): Promise<void> {
    const letter = await this.session.ok('cat ~/flask-tasks/letter.txt');
    const apache = await startApache(/^# >>> [^]*^# <<< .*$/m.exec(letter)?.[0] ?? '');
    this.#apache = apache;
    this.t.teardown(async () => {
      if (!this.t.passed) this.t.log(apache.log());
      await apache.stop();
    });
  }

  /** A new commit of the app's code, for `git pull`. */
  publish(before: string, after: string): void {
    const file = path.join(this.#workshop, 'work/tasks/__init__.py');
    writeFileSync(file, readFileSync(file, 'utf8').replace(before, after));
    const work = path.join(this.#workshop, 'work');
    git(work, 'commit', '--quiet', '--all', '--message', 'Say it otherwise');
    git(work, 'push', '--quiet', path.join(this.#workshop, 'flask-tasks.git'), 'main');
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
function prepareWorkshop(t: ExecutionContext): string {
  const directory = mkdtempSync('/tmp/readme-');
  t.teardown(() => rmSync(directory, {recursive: true, force: true}));
  const [work, wheels] = [path.join(directory, 'work'), path.join(directory, 'wheels')];
  cpSync(fixture('flask-tasks'), work, {recursive: true});
  renameSync(path.join(work, 'gitignore'), path.join(work, '.gitignore'));
  git(work, 'init', '--quiet', '--initial-branch=main');
  git(work, 'add', '--all');
  git(work, 'commit', '--quiet', '--message', 'An experiment');
  git(directory, 'clone', '--quiet', '--bare', 'work', 'flask-tasks.git');
  cpSync(fixture('crontab'), path.join(directory, 'crontab'));
  mkdirSync(wheels);
  run(directory, toolPath('python3'), '-I', fixture('wheels.py'), wheels, 'flask', 'gunicorn');
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
function blocksOf(heading: string): readonly Block[] {
  return blocksIn(README).filter(
    ({headings, language}) => headings.includes(heading) && /^(sh|console)$/.test(language),
  );
}

function sectionsOf(heading: string): ReadonlyMap<string, readonly Block[]> {
  const sections = new Map<string, Block[]>();
  for (const block of blocksOf(heading)) {
    const title = block.headings.at(-1) ?? '';
    sections.set(title, [...(sections.get(title) ?? []), block]);
  }
  return sections;
}
