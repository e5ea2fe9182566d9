import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {readIfThere} from '../../src/system/files.ts';
import {fixture} from './tools.ts';
import {waitUntil} from './wait.ts';

/** What a screen is called, and its lines. */
type Screens = Map<string, readonly string[]>;

const HEAD = /^=== (.*) ===$/;

/** Screens as they should be, several in one file of test/fixtures/screens; `UPDATE_GOLDEN=1` writes them as they are. */
export class GoldenScreens {
  readonly #file: string;
  readonly #known: Screens;
  readonly #seen: Screens = new Map();

  constructor(name: string) {
    this.#file = fixture(path.join('screens', `${name}.txt`));
    this.#known = parse(readIfThere(this.#file) ?? '');
  }

  /** Wait until the screen is as it should be; fails with the difference. */
  async expect(name: string, look: () => Promise<readonly string[]>): Promise<void> {
    const writes = process.env['UPDATE_GOLDEN'] === '1';
    this.#seen.set(name, writes ? await settled(look) : await this.#reached(name, look));
  }

  /** At the end: every screen of the file was seen, and with `UPDATE_GOLDEN=1` it is written. */
  finish(): readonly string[] {
    if (process.env['UPDATE_GOLDEN'] === '1') {
      mkdirSync(path.dirname(this.#file), {recursive: true});
      const parts = [...this.#seen].map(([name, lines]) => `=== ${name} ===\n${lines.join('\n')}\n`);
      writeFileSync(this.#file, parts.join(''));
      return [];
    }
    return [...this.#known.keys()].filter((name) => !this.#seen.has(name));
  }

  async #reached(name: string, look: () => Promise<readonly string[]>): Promise<readonly string[]> {
    const wanted = this.#known.get(name) ?? [];
    let lines: readonly string[] = [];
    return await waitUntil(
      `the screen is "${name}" of ${this.#file}`,
      async () => {
        lines = await look();
        return lines.join('\n') === wanted.join('\n') ? lines : undefined;
      },
      {everyMs: 50, onTimeout: () => difference(wanted, lines)},
    );
  }
}

const QUIET_LOOKS = 6;
/** Its figures of use are still to come. */
const UNFINISHED = /running .* - /;

/** As it is once it does not change any more. */
async function settled(look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  let [before, same] = [await look(), 0];
  return await waitUntil(
    'the screen stands still',
    async () => {
      const now = await look();
      same = now.join('\n') === before.join('\n') ? same + 1 : 0;
      before = now;
      return same >= QUIET_LOOKS && !now.some((line) => UNFINISHED.test(line)) ? now : undefined;
    },
    {everyMs: 300},
  );
}

function parse(text: string): Screens {
  const screens: Screens = new Map();
  let lines: string[] = [];
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const name = HEAD.exec(line)?.[1];
    if (name !== undefined) screens.set(name, (lines = []));
    else lines.push(line);
  }
  return screens;
}

function difference(wanted: readonly string[], got: readonly string[]): string {
  const rows = Array.from({length: Math.max(wanted.length, got.length)}, (_, at) => at);
  return rows
    .filter((at) => wanted[at] !== got[at])
    .map((at) => `line ${at + 1}\n- ${wanted[at] ?? ''}\n+ ${got[at] ?? ''}`)
    .join('\n');
}
