import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {readIfThere} from '../../src/system/files.ts';
import {fixture} from './tools.ts';

/** Hold a screen against its file in test/fixtures/screens; `UPDATE_GOLDEN=1` writes that file. */
export function golden(t: ExecutionContext, name: string, lines: readonly string[]): void {
  const file = fixture(path.join('screens', `${name}.txt`));
  // Blanks at the end of a line cannot be seen in a file.
  const text = `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(path.dirname(file), {recursive: true});
    writeFileSync(file, text);
  }
  t.is(text, readIfThere(file) ?? '', `${name} has changed: UPDATE_GOLDEN=1, and look at the difference`);
}
