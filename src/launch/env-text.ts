/** A text read, or its first mistake: what is wrong in which line (1 is the first), never what stands there. */
export type EnvText =
  | {readonly ok: true; readonly values: ReadonlyMap<string, string>; readonly warnings: readonly string[]}
  | {readonly ok: false; readonly line: number; readonly problem: string};

/** Linux takes no single variable of 128 KiB or more (MAX_ARG_STRLEN, execve(2)). */
const MOST_BYTES = 128 * 1024 - 1;

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
  const lines: Line[] = [];
  for (let at = skipEmpty(text, 0); at < text.length;) {
    const start = after(BLANK, text, at) ?? at;
    const line = readLine(text, start);
    if ('problem' in line) return {ok: false, line: lineOf(text, start), problem: line.problem};
    values.set(line.name, line.value);
    lines.push(line);
    at = skipEmpty(text, line.end);
  }
  return {ok: true, values, warnings: unexpanded(text, lines, values)};
}

/** One assignment, from `start` up to `end`. */
interface Line {
  readonly name: string;
  readonly value: string;
  /** `''` for a bare value. */
  readonly quote: string;
  readonly start: number;
  readonly end: number;
}

function readLine(text: string, start: number): Line | {readonly problem: string} {
  NAME.lastIndex = start;
  const match = NAME.exec(text);
  if (match === null) return {problem: nameProblem(text.slice(start).split(/[\r\n]/, 1)[0] ?? '')};
  const [all, name = ''] = match;
  const read = readValue(text, start + all.length);
  if ('problem' in read) return read;
  if (read.value.includes('\0')) return {problem: 'the value has a NUL character'};
  if (Buffer.byteLength(read.value) + name.length + 1 > MOST_BYTES)
    return {problem: 'the value is too long (128 KiB)'};
  return {name, start, ...read};
}

function readValue(
  text: string,
  at: number,
): Pick<Line, 'value' | 'quote' | 'end'> | {readonly problem: string} {
  const quote = text[at] ?? '';
  if (quote !== "'" && quote !== '"' && quote !== '`') {
    const end = after(BARE, text, at) ?? at;
    const value = text
      .slice(at, end)
      .replace(/(^|\s+)#.*$/, '')
      .trimEnd();
    return {value, quote: '', end};
  }
  const close = closing(text, at + 1, quote);
  if (close < 0) return {problem: `the ${quote} is not closed`};
  const end = after(REST, text, close + 1);
  if (end === undefined) return {problem: `there is more text after the closing ${quote}`};
  const inner = text.slice(at + 1, close);
  return {value: quote === '"' ? unescape(inner) : inner, quote, end};
}

/** The next line that says something. */
function skipEmpty(text: string, from: number): number {
  let at = from;
  for (let next = after(REST, text, at); next !== undefined && at < text.length; next = after(REST, text, at))
    at = next;
  return at;
}

/** The end of what the pattern matches at a place; `undefined`: it does not. */
function after(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split(/\r\n|\r|\n/).length;
}

function nameProblem(line: string): string {
  if (!line.includes('=')) return 'there is no "="';
  return line.trimStart().startsWith('=')
    ? 'there is no name before the "="'
    : 'the name before the "=" has characters outside A-Z a-z 0-9 _';
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
  text: string,
  lines: readonly Line[],
  values: ReadonlyMap<string, string>,
): readonly string[] {
  return lines.flatMap(({name, value, quote, start}) => {
    if (quote === "'" || quote === '`') return [];
    const meant = [...value.matchAll(/\$\{(\w+)\}/g)].find(([, other]) => values.has(other ?? ''))?.[1];
    if (meant === undefined) return [];
    return [
      `line ${lineOf(text, start)}: \${${meant}} in ${name} is not expanded, it stays as it is written`,
    ];
  });
}
