import {parseEnv as nodeReads} from 'node:util';

/** A text read, or its first mistake: what is wrong in which line (1 is the first), never what stands there. */
export type EnvText =
  | {readonly ok: true; readonly values: ReadonlyMap<string, string>; readonly warnings: readonly string[]}
  | {readonly ok: false; readonly line: number; readonly problem: string};

/** Linux takes no single variable of 128 KiB or more (MAX_ARG_STRLEN, execve(2)). */
const MOST_BYTES = 128 * 1024 - 1;

/** Windows' editors put it at the beginning. */
const MARK = /^\uFEFF/;
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
  const text = source.replace(MARK, '');
  const lines = readLines(text);
  if ('problem' in lines) return {ok: false, ...lines};
  const values = new Map(lines.map(({name, value}) => [name, value]));
  return {ok: true, values, warnings: unexpanded(text, lines, values)};
}

/** The value that a text without mistakes gives a name. */
export function findEnv(source: string, name: string): string | undefined {
  const read = parseEnv(source);
  return read.ok ? read.values.get(name) : undefined;
}

/**
 * A text without mistakes, with a variable set: in its last line of that name, else in a new one at the end. All else
 * stays byte for byte, comments behind the value too.
 *
 * The value is written so that node:util and python-dotenv read the same, wherever there is a way to.
 */
export function setEnv(source: string, name: string, value: string): string {
  const mark = MARK.exec(source)?.[0] ?? '';
  const text = source.slice(mark.length);
  const lines = readLines(text);
  const old = 'problem' in lines ? undefined : lines.findLast((line) => line.name === name);
  const written = writtenAs(name, value);
  if (old !== undefined) {
    const rest = text.slice(old.valueEnd);
    const gap = rest === '' || /^\s/.test(rest) ? '' : ' ';
    return mark + text.slice(0, old.valueStart) + written + gap + rest;
  }
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const gap = text === '' || /[\r\n]$/.test(text) ? '' : lineEnd;
  return `${mark}${text}${gap}${name}=${written}${lineEnd}`;
}

/** The first way of quoting that every reader understands, else one that we and python-dotenv do. */
function writtenAs(name: string, value: string): string {
  const ways = [
    ...(/^[\w@%+=:,./-]+$/.test(value) ? [value] : []),
    // A backslash in quotes is an escape to some readers, and none to others.
    ...(value.includes('\\') ? (/[\s#'"`$]/.test(value) ? [] : [value]) : [`'${value}'`, `"${value}"`]),
  ];
  const common = ways.find(
    (way) => findEnv(`${name}=${way}\n`, name) === value && nodeReads(`${name}=${way}\n`)[name] === value,
  );
  return common ?? `"${value.replace(/[\\"]/g, '\\$&').replaceAll('\r', '\\r')}"`;
}

function readLines(text: string): readonly Line[] | {readonly line: number; readonly problem: string} {
  const lines: Line[] = [];
  for (let at = skipEmpty(text, 0); at < text.length;) {
    const start = after(BLANK, text, at) ?? at;
    const line = readLine(text, start);
    if ('problem' in line) return {line: lineOf(text, start), problem: line.problem};
    lines.push(line);
    at = skipEmpty(text, line.end);
  }
  return lines;
}

/** One assignment, from `start` up to `end`. */
interface Line {
  readonly name: string;
  readonly value: string;
  /** `''` for a bare value. */
  readonly quote: string;
  readonly start: number;
  /** Of the value with its quotes; behind it there may be a comment. */
  readonly valueStart: number;
  readonly valueEnd: number;
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
  return {name, start, valueStart: start + all.length, ...read};
}

function readValue(
  text: string,
  at: number,
): Pick<Line, 'value' | 'quote' | 'valueEnd' | 'end'> | {readonly problem: string} {
  const quote = text[at] ?? '';
  if (quote !== "'" && quote !== '"' && quote !== '`') {
    const end = after(BARE, text, at) ?? at;
    const value = text
      .slice(at, end)
      .replace(/(^|\s+)#.*$/, '')
      .trimEnd();
    return {value, quote: '', valueEnd: at + value.length, end};
  }
  const close = closing(text, at + 1, quote);
  if (close < 0) return {problem: `the ${quote} is not closed`};
  const end = after(REST, text, close + 1);
  if (end === undefined) return {problem: `there is more text after the closing ${quote}`};
  const inner = text.slice(at + 1, close);
  return {value: quote === '"' ? unescape(inner) : inner, quote, valueEnd: close + 1, end};
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
