import {mkdirSync, readFileSync, symlinkSync} from 'node:fs';
import {userInfo} from 'node:os';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {blocksIn, stepsOf} from './markdown.ts';
import type {Block} from './markdown.ts';
import {ROOT} from './rig.ts';
import type {Rig} from './rig.ts';
import {ShellSession} from './shell-session.ts';

/** A chapter of docs/guides, whose commands are typed in a home, and whose output has to come. */
export class Chapter {
  readonly session: ShellSession;
  readonly #t: ExecutionContext;
  readonly #file: string;
  /** What the text says, and what it is here: `alice`, ports. */
  readonly #here: Map<string, string>;

  constructor(t: ExecutionContext, rig: Rig, file: string, here: Readonly<Record<string, string>> = {}) {
    this.#t = t;
    this.#file = file;
    const {username} = userInfo();
    this.#here = new Map(Object.entries({...here, alice: username.replace(/[^\w-]/g, '_')}));
    const env = {
      ...rig.env,
      USER: username,
      LOGNAME: username,
      PATH: `${rig.home}/bin:/usr/bin:/bin`,
      LANG: 'C.UTF-8',
    };
    // The system's Python, and this Node, which may lie beside another Python.
    mkdirSync(path.join(rig.home, 'bin'));
    symlinkSync(process.execPath, path.join(rig.home, 'bin/node'));
    symlinkSync(path.join(ROOT, 'bin/appsup'), path.join(rig.home, 'bin/appsup'));
    this.session = new ShellSession({command: ['bash', '--noprofile', '--norc'], cwd: rig.home, env});
    t.teardown(async () => await this.session.end());
  }

  /** The blocks under a heading that begins so; all of any language. */
  blocks(heading: string): readonly Block[] {
    const found = blocksIn(readFileSync(this.#file, 'utf8')).filter(({headings}) =>
      headings.some((each) => each.startsWith(heading)),
    );
    if (found.length === 0) throw new Error(`${this.#file} has nothing below "${heading}"`);
    return found;
  }

  /** Type what stands below a heading: each command ends with 0, and prints the lines that are shown, in that order. */
  async follow(heading: string): Promise<void> {
    for (const block of this.blocks(heading)) {
      if (block.language === 'sh' || block.language === 'console') await this.type(block);
    }
  }

  async type(block: Block): Promise<void> {
    for (const {line, command, output = []} of stepsOf(block)) {
      const {code, output: printed} = await this.session.type(this.mine(command));
      const place = `${this.#file}:${line}: ${command}`;
      this.#t.is(code, 0, `${place}\n${printed}`);
      const port = /^Added \S+ port (\d+)/m;
      const [shown, own] = [port.exec(output.join('\n'))?.[1], port.exec(printed)?.[1]];
      if (shown !== undefined && own !== undefined) this.#here.set(shown, own);
      const lines = printed.split('\n').map(plain);
      let from = 0;
      for (const wanted of output.map((text) => plain(this.mine(text))).filter(Boolean)) {
        const at = lines.indexOf(wanted, from);
        this.#t.true(at >= from, `${place}\nprinted no "${wanted}", but\n${printed}`);
        from = at + 1;
      }
    }
  }

  /** The text with this host's names and ports. */
  readonly mine = (text: string): string =>
    [...this.#here].reduce((told, [word, here]) => told.replaceAll(word, here), text);
}

/** Numbers and widths may differ, and so may what differs from run to run. */
function plain(text: string): string {
  return text
    .replace(/\b[0-9a-f]{7}\b/g, 'COMMIT')
    .replace(/\d+(\.\d+)*/g, '0')
    .replace(/\s+/g, ' ')
    .trim();
}
