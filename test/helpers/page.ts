import {existsSync, readFileSync} from 'node:fs';
import {hostname} from 'node:os';

import type {ExecutionContext} from 'ava';

import {startApache} from './apache.ts';
import {exitOf, isTyped} from './block-kinds.ts';
import type {FrontEndServer} from './front-end.ts';
import {installAppsup, logIn, logInAtHome} from './login.ts';
import type {Login} from './login.ts';
import {blocksIn, stepsOf} from './markdown.ts';
import type {Block, Step} from './markdown.ts';
import type {Rig} from './rig.ts';
import type {ShellSession} from './shell-session.ts';
import {differs} from './shown-output.ts';
import {GIT, Workshop} from './workshop.ts';
import type {Source} from './workshop.ts';

/** What following a text needs beside the app's own tools, as `testWith` has it. */
export const READERS_TOOLS: readonly string[] = [
  'python3',
  'venv',
  'curl',
  ...(existsSync(GIT) ? [] : ['git']),
];

/** A text that is followed, and what it takes for given. */
export interface Guide {
  /** Of the project: `docs/guides/eco.md`. */
  readonly file: string;
  /** Have an account made for it where that is possible. @defaultValue false: another home of who runs the tests */
  readonly account?: boolean;
  /** The text itself installs appsup. @defaultValue false: it is there */
  readonly installs?: boolean;
  /** The code that the text clones. */
  readonly source?: Source;
  /** Words of the text, and what they are here. */
  readonly here?: Readonly<Record<string, string>>;
}

/** What has to be so before and after a section, by the beginning of its heading. */
export type Around = Readonly<
  Record<string, {readonly before?: () => unknown; readonly after?: () => unknown}>
>;

/**
 * A page of the documents, typed by somebody who compares what is printed with it.
 *
 * When the test ends, everything has been typed that is to be typed.
 */
export class Page {
  readonly t: ExecutionContext;
  readonly session: ShellSession;
  readonly home: string;
  readonly #login: Login;
  readonly #file: string;
  readonly #blocks: readonly Block[];
  readonly #workshop: Workshop | undefined;
  readonly #here: Map<string, string>;
  /** Ports of the text, and what they are here. */
  readonly #ports = new Map<string, string>();
  readonly #typed = new Set<number>();
  #frontEnd: FrontEndServer | undefined;

  private constructor(t: ExecutionContext, guide: Guide, login: Login, workshop: Workshop | undefined) {
    this.t = t;
    this.session = login.session;
    this.home = login.home;
    this.#login = login;
    this.#file = guide.file;
    this.#blocks = blocksIn(readFileSync(guide.file, 'utf8'));
    this.#workshop = workshop;
    this.#here = new Map(Object.entries(guide.here ?? {}));
  }

  static async open(t: ExecutionContext, guide: Guide): Promise<Page> {
    const workshop = guide.source === undefined ? undefined : new Workshop(t, guide.source);
    const login = guide.account === true ? await logIn(t) : await logInAtHome(t);
    const page = new Page(t, guide, login, workshop);
    if (guide.installs !== true) await installAppsup(login);
    for (const line of workshop?.preparations(page.mine) ?? []) await page.session.ok(line);
    t.teardown(() => {
      const left = page.#left();
      if (t.passed && left.length > 0)
        throw new Error(`nobody has typed ${left.map((line) => `${guide.file}:${line}`).join(', ')}`);
    });
    return page;
  }

  /** The text with this reader's name and ports, and what else is otherwise here. */
  readonly mine = (text: string): string =>
    [...this.#here]
      .reduce((told, [word, here]) => told.replaceAll(word, here), text)
      .replace(/\b\d{5}\b/g, (port) => this.#ports.get(port) ?? port)
      .replaceAll('alice', this.#name);

  /** From now on a word of the text is another one here. */
  learn(word: string, here: string): void {
    this.#here.set(word, here);
  }

  /** As mounts have it. */
  get #name(): string {
    return this.#login.name.replace(/[^\w-]/g, '_');
  }

  /** Where the reader's clone of appsup is. */
  get project(): string {
    return this.#login.project;
  }

  get rig(): Rig {
    if (this.#login.rig === undefined) throw new Error('an account of its own has no rig');
    return this.#login.rig;
  }

  get workshop(): Workshop {
    if (this.#workshop === undefined) throw new Error(`${this.#file} clones nothing`);
    return this.#workshop;
  }

  /** That the administrators have given the letter to. */
  readonly frontEnd = (): FrontEndServer => {
    if (this.#frontEnd === undefined) throw new Error('the administrators have got no letter yet');
    return this.#frontEnd;
  };

  /** The blocks below a heading that begins so; all of any kind. */
  blocks(heading: string): readonly Block[] {
    const found = this.#blocks.filter(({headings}) => headings.some((each) => each.startsWith(heading)));
    if (found.length === 0) throw new Error(`${this.#file} has no block below "${heading}"`);
    return found;
  }

  /** Type what stands below a heading, section by section; without a heading the whole page. */
  async follow(heading = '', around: Around = {}): Promise<void> {
    const sections = this.#sections(heading);
    const unknown = Object.keys(around).filter((key) => !sections.some(({title}) => title.startsWith(key)));
    if (unknown.length > 0) throw new Error(`${this.#file} has no section ${unknown.join(', ')}`);
    for (const {title, blocks} of sections) {
      const [, {before, after} = {}] = Object.entries(around).find(([key]) => title.startsWith(key)) ?? [];
      await before?.();
      for (const block of blocks) await this.type(block);
      await after?.();
    }
  }

  /** By the heading right above each block. */
  #sections(heading: string): readonly {readonly title: string; readonly blocks: readonly Block[]}[] {
    const sections: {title: string; blocks: Block[]}[] = [];
    for (const block of this.blocks(heading)) {
      const title = block.headings.at(-1) ?? '';
      const last = sections.at(-1);
      if (last?.title === title) last.blocks.push(block);
      else sections.push({title, blocks: [block]});
    }
    return sections;
  }

  /** Each command ends with 0 or, the last one, as the block says; and prints what is shown. */
  async type(block: Block): Promise<void> {
    if (!isTyped(block)) return;
    const steps = stepsOf(block);
    for (const step of steps) await this.step(step, step === steps.at(-1) ? exitOf(block) : 0);
  }

  async step(step: Step, wanted = 0): Promise<void> {
    const {code, output} = await this.session.type(this.mine(step.command));
    const place = `${this.#file}:${step.line}: ${step.command}`;
    this.t.is(code, wanted, `${place}\n${output}`);
    this.#typed.add(step.line);
    if (step.output === undefined) return;
    const shown = step.output.join('\n');
    this.#learnPort(shown, output);
    const difference = differs(this.mine(shown), output, this.#plain);
    if (difference !== undefined) this.t.deepEqual(difference.got, difference.wanted, place);
  }

  /** What the administrators do with the letter that the reader has written. */
  async givenToAdministrators(
    start: (snippet: string) => Promise<FrontEndServer> = startApache,
  ): Promise<void> {
    const letter = await this.session.ok(`cat ~/${this.workshop.name}/letter.txt`);
    const server = await start(/^# >>> [^]*^# <<< .*$/m.exec(letter)?.[0] ?? '');
    this.#frontEnd = server;
    this.t.teardown(async () => {
      if (!this.t.passed) this.t.log(server.log());
      await server.stop();
    });
  }

  #learnPort(shown: string, printed: string): void {
    const [theirs, ours] = [shown, printed].map(
      (text) => /^(?:Added \S+ port|The gateway serves \S+ on port) (\d+)/m.exec(text)?.[1],
    );
    if (theirs !== undefined && ours !== undefined) this.#ports.set(theirs, ours);
  }

  /** Without what is another one on each host and in each run. */
  readonly #plain = (text: string): string =>
    text
      .replaceAll(this.home, '/home/alice')
      .replaceAll(this.#name, 'alice')
      .replaceAll(new RegExp(`/${hostname()}(?![\\w.-])`, 'g'), '/eco')
      .replace(/checked with .* on this host/, 'checked with Apache on this host')
      .replace(/\b[0-9a-f]{7}\b/g, 'COMMIT')
      .replace(/\d+(\.\d+)*/g, '0');

  /** Lines of steps that are still to be typed: not those that stand again elsewhere on the page. */
  #left(): readonly number[] {
    const steps = this.#blocks.filter(isTyped).flatMap((block) => stepsOf(block));
    const seen = new Set(steps.filter(({line}) => this.#typed.has(line)).map(alike));
    const again = this.#blocks.filter(({marks}) => marks.includes('again')).flatMap(stepsOf);
    return [
      ...steps.filter(({line}) => !this.#typed.has(line)),
      ...again.filter((step) => !seen.has(alike(step))),
    ].map(({line}) => line);
  }
}

const alike = ({command, output}: Step): string => JSON.stringify([command, output]);
