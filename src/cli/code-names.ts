import {readFileSync, readdirSync, statSync} from 'node:fs';
import path from 'node:path';

import {attempt} from '../launch/look.ts';

/** The names in an app's own code, as far as they can be variables. */
export interface CodeNames {
  /** Every word of it, in small letters: pydantic's settings are written so. */
  readonly words: ReadonlySet<string>;
  /** What it reads from the environment by name: `os.environ["APP_SECRET"]`, `process.env.TOKEN`. */
  readonly reads: ReadonlySet<string>;
}

const CODE = /\.(py|js|mjs|cjs|ts|jsx|tsx|sh|ini|cfg|toml|ya?ml)$/;
const FOREIGN = /^(\..*|node_modules|__pycache__|site-packages|venv|env|build|dist)$/;
const MOST_FILES = 2000;
const MOST_BYTES = 20_000_000;

const READS =
  /(?:environ(?:\.get|\.setdefault|\.pop)?\s*[[(]|getenv\s*\(|\benv(?:\.\w+)?\s*\(|\bconfig\s*\(|process\.env\s*\[)\s*(?:["'`])(\w+)|process\.env\.(\w+)/g;
/** Then names are put together, and to find none means nothing. */
const BY_PREFIX = /env_prefix|prefixed_env|environ\.items/;

/**
 * Look through the code below a directory, without what others wrote (environments, node_modules).
 *
 * `undefined`: there is none, there is too much of it (2,000 files, 20 MB), or it takes variables by their prefix.
 */
export function codeNames(directory: string): CodeNames | undefined {
  const files = codeFiles(directory);
  if (files === undefined || files.length === 0) return undefined;
  const words = new Set<string>();
  const reads = new Set<string>();
  let left = MOST_BYTES;
  for (const file of files) {
    const text = attempt(() => (statSync(file).size > left ? undefined : readFileSync(file, 'utf8')));
    if (text === undefined || BY_PREFIX.test(text)) return undefined;
    left -= text.length;
    for (const [word] of text.matchAll(/[A-Za-z_]\w*/g)) words.add(word.toLowerCase());
    for (const [, first, second] of text.matchAll(READS)) reads.add(first ?? second ?? '');
  }
  return {words, reads};
}

/** Links are not followed: they may lead in a circle, or out of the app. */
function codeFiles(top: string): readonly string[] | undefined {
  const files: string[] = [];
  const directories = [top];
  for (let at = 0; at < directories.length; at++) {
    const directory = directories[at] ?? top;
    const entries = attempt(() => readdirSync(directory, {withFileTypes: true})) ?? [];
    if (entries.some(({name}) => name === 'pyvenv.cfg' || name === 'conda-meta')) continue;
    for (const entry of entries) {
      const full = path.join(directory, entry.name);
      if (entry.isDirectory() && !FOREIGN.test(entry.name)) directories.push(full);
      if (entry.isFile() && CODE.test(entry.name)) files.push(full);
    }
    if (files.length > MOST_FILES || directories.length > MOST_FILES) return undefined;
  }
  return files;
}
