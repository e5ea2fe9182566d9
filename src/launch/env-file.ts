import {closeSync, constants, fstatSync, openSync, readFileSync} from 'node:fs';
import type {Stats} from 'node:fs';

import {AppsupError, systemCode} from '../errors.ts';
import {shown, typed} from './trouble.ts';

/** The variables of one env file. */
export interface EnvFile {
  readonly file: string;
  readonly values: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

/** A text read, or its first mistake: what is wrong in which line (1 is the first), never what stands there. */
export type EnvText =
  | {readonly ok: true; readonly values: ReadonlyMap<string, string>; readonly warnings: readonly string[]}
  | {readonly ok: false; readonly line: number; readonly problem: string};

/** Linux takes no single variable of 128 KiB or more (MAX_ARG_STRLEN, execve(2)). */
const MOST_BYTES = 128 * 1024 - 1;

/**
 * The variables of an env file that is ours alone.
 *
 * Checked on the open file, so that nobody can exchange it in between; of a symbolic link, its target counts.
 *
 * @throws AppsupError `ENV_FILE` when others may read or write it, when it is another user's, or when a line is broken.
 */
export function readEnvFile(file: string, {home, uid}: {readonly home: string; readonly uid: number}): EnvFile {
  const text = contents(file, home, uid);
  const read = parseEnv(text);
  if (!read.ok) {
    throw refusal(file, home, `line ${read.line}: ${read.problem}`, 'write NAME=value, one to a line; quote a value that has blanks, # or line breaks', read.line);
  }
  return {file, values: read.values, warnings: read.warnings.map((warning) => `${shown(file, home)}: ${warning}`)};
}

function contents(file: string, home: string, uid: number): string {
  try {
    // Not blocking: a named pipe without a writer would hold us for ever.
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw refusal(file, home, 'it is not a file', 'env_file takes files of NAME=value lines');
      checkOwner(stat, file, home, uid);
      return new TextDecoder('utf-8', {fatal: true}).decode(readFileSync(fd));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof AppsupError) throw error;
    if (error instanceof TypeError) throw refusal(file, home, 'it is not UTF-8 text', `see: file ${typed(file, home)}`);
    const code = systemCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT') {
      throw refusal(file, home, 'there is no such file', `make it: install -m 600 /dev/null ${typed(file, home)}`);
    }
    throw refusal(file, home, `it cannot be read (${code})`, `see: ls -l ${typed(file, home)}`);
  }
}

function checkOwner(stat: Stats, file: string, home: string, uid: number): void {
  const name = typed(file, home);
  if (stat.uid !== uid) {
    const copy = typed(`${file}.own`, home);
    throw refusal(file, home, `it belongs to uid ${stat.uid}`, `take a copy of your own: install -m 600 ${name} ${copy} && mv -f ${copy} ${name}`);
  }
  const open = stat.mode & 0o077;
  if (open === 0) return;
  const verb = (open & 0o044) !== 0 ? 'read' : (open & 0o022) !== 0 ? 'write' : 'run';
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  throw refusal(file, home, `other users of this host can ${verb} it (mode ${mode})`, `chmod 600 ${name}`);
}

function refusal(file: string, home: string, problem: string, hint: string, line?: number): AppsupError {
  return new AppsupError('ENV_FILE', `Cannot use ${shown(file, home)}: ${problem}`, {
    hint,
    details: line === undefined ? {file} : {file, line},
  });
}

const BLANK = /[^\S\r\n]*/y;
const REST = /[^\S\r\n]*(?:#[^\r\n]*)?(?:\r\n|\r|\n|$)/y;
const NAME = /(?:export[^\S\r\n]+)?([A-Za-z_][A-Za-z0-9_]*)[^\S\r\n]*=[^\S\r\n]*/y;
const BARE = /[^\r\n]*/y;

/**
 * Read `NAME=value` lines: comments, `export`, values bare, in `'...'`, `"..."` or backticks, quoted ones over several lines.
 *
 * The grammar of python-dotenv, with which Flask reads the same file, less its guesses: what it would repair or skip
 * is a mistake here. In bare values ` #` begins a comment, and `#` alone does not: `pa#ss` stays whole (node:util's
 * `parseEnv` cuts it). In double quotes `\n \r \t \" \' \\ \$` are escapes; the other quotes have none. Nothing is
 * expanded: a `$` in a password is a `$`.
 */
export function parseEnv(source: string): EnvText {
  const text = source.replace(/^\uFEFF/, '');
  const values = new Map<string, string>();
  const open: {readonly line: number; readonly name: string; readonly value: string}[] = [];
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at += match[0].length;
    return match;
  };
  const lineOf = (index: number) => text.slice(0, index).split(/\r\n|\r|\n/).length;

  while (at < text.length) {
    if (take(REST) !== null) continue;
    take(BLANK);
    const start = at;
    const fail = (problem: string): EnvText => ({ok: false, line: lineOf(start), problem});
    const name = take(NAME)?.[1];
    if (name === undefined) return fail(nameProblem(text.slice(start).split(/[\r\n]/, 1)[0] ?? ''));
    const quote = text[at] ?? '';
    let value: string;
    if (quote === "'" || quote === '"' || quote === '`') {
      const end = closing(text, at + 1, quote);
      if (end < 0) return fail(`the ${quote} is not closed`);
      const inner = text.slice(at + 1, end);
      value = quote === '"' ? unescape(inner) : inner;
      at = end + 1;
      if (take(REST) === null) return fail(`there is more text after the closing ${quote}`);
    } else {
      value = (take(BARE)?.[0] ?? '').replace(/(^|\s+)#.*$/, '').trimEnd();
    }
    if (value.includes('\0')) return fail('the value has a NUL character');
    if (Buffer.byteLength(value) + name.length + 1 > MOST_BYTES) return fail('the value is too long (128 KiB)');
    values.set(name, value);
    if (quote !== "'" && quote !== '`') open.push({line: lineOf(start), name, value});
  }
  return {ok: true, values, warnings: unexpanded(open, values)};
}

function nameProblem(line: string): string {
  if (!line.includes('=')) return 'there is no "="';
  return line.trimStart().startsWith('=') ? 'there is no name before the "="' : 'the name before the "=" has characters outside A-Z a-z 0-9 _';
}

function closing(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\' && quote === '"') at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

const ESCAPES: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t'};

function unescape(text: string): string {
  return text.replace(/\\([nrt"'\\$])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}

/** Other readers of such files would have put a value in here. */
function unexpanded(
  open: readonly {readonly line: number; readonly name: string; readonly value: string}[],
  values: ReadonlyMap<string, string>,
): readonly string[] {
  return open.flatMap(({line, name, value}) => {
    const meant = [...value.matchAll(/\$\{(\w+)\}/g)].find(([, other]) => values.has(other ?? ''))?.[1];
    return meant === undefined ? [] : [`line ${line}: \${${meant}} in ${name} is not expanded, it stays as it is written`];
  });
}
