import {parse, TomlError} from 'smol-toml';

import {locate, pathKey} from './places.ts';
import type {Path, Span, Spans} from './places.ts';

/** A place in a text: the line and column of its first character, from 1, and how many characters of that line it covers. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export type Table = Readonly<Record<string, unknown>>;

/** A TOML text that could be read. */
export interface TomlDocument {
  /** Tables have no prototype, so a key `__proto__` is a key. */
  readonly value: Table;
  /** Where the key at the end of the path stands; of a path that is not there, its nearest parent; at last the first line. */
  readonly keyAt: (path: Path) => Place;
  /** The same for the value. `index` points into a string (UTF-16 units) where that is possible. */
  readonly valueAt: (path: Path, index?: number) => Place;
}

export interface SyntaxProblem {
  readonly place: Place;
  readonly message: string;
  readonly hint: string | undefined;
}

export type TomlResult =
  | {readonly ok: true; readonly document: TomlDocument}
  | {readonly ok: false; readonly problems: readonly SyntaxProblem[]};

/**
 * Read a TOML text (1.0, with the inline tables over several lines of 1.1): its values, and on demand the place of each.
 *
 * Values and syntax errors come from smol-toml; places are looked for only when somebody asks for the first one.
 */
export function readToml(text: string): TomlResult {
  const first = attempt(text);
  if (first instanceof TomlError) return {ok: false, problems: syntaxProblems(text, first)};
  let spans: ReadonlyMap<string, Spans> | undefined;
  const spansAt = (path: Path): Spans => {
    spans ??= locate(text);
    for (let length = path.length; length > 0; length--) {
      const hit = spans.get(pathKey(path.slice(0, length)));
      if (hit !== undefined) return hit;
    }
    return {key: {start: 0, end: 0}, value: {start: 0, end: 0}};
  };
  let starts: readonly number[] | undefined;
  const placeAt = (span: Span): Place => placeOf(text, (starts ??= lineStarts(text)), span);
  const document: TomlDocument = {
    value: first,
    keyAt: (path) => placeAt(spansAt(path).key),
    valueAt: (path, index) => placeAt(pointInto(text, spansAt(path).value, index)),
  };
  return {ok: true, document};
}

/** Deep nesting has no use here, and smol-toml's own limit of 1000 is a deep recursion. */
const MAX_DEPTH = 32;

function attempt(text: string): Table | TomlError {
  try {
    return parse(text, {maxDepth: MAX_DEPTH});
  } catch (error) {
    if (error instanceof TomlError) return error;
    throw error;
  }
}

/** Only a string without escapes has the same characters in the file as in the value. */
function pointInto(text: string, span: Span, index: number | undefined): Span {
  const raw = text.slice(span.start, span.end);
  const plain = /^"[^"\\\n]*"$|^'[^'\n]*'$/.test(raw);
  return plain && index !== undefined && index < raw.length - 2
    ? {start: span.start + 1 + index, end: span.end - 1}
    : span;
}

function placeOf(text: string, starts: readonly number[], span: Span): Place {
  const next = starts.findIndex((start) => start > span.start);
  const line = next === -1 ? starts.length : next;
  const lineStart = starts[line - 1] ?? 0;
  const lineEnd = next === -1 ? text.length : (starts[next] ?? text.length) - 1;
  const column = characters(text.slice(lineStart, span.start)) + 1;
  const covered = text.slice(span.start, Math.min(span.end, lineEnd)).replace(/\r$/, '');
  return {line, column, length: Math.max(1, characters(covered))};
}

function lineStarts(text: string): readonly number[] {
  return [0, ...Array.from(text.matchAll(/\n/g), (match) => match.index + 1)];
}

function characters(text: string): number {
  return Array.from(text).length;
}

const MAX_SYNTAX_PROBLEMS = 20;

/**
 * Every line that is wrong by itself, not only the first: the bad line is emptied and the text read again.
 *
 * A mistake that reaches over lines (an open bracket, three quotes) ends the search, since all that follows could be its echo.
 */
function syntaxProblems(text: string, first: TomlError): readonly SyntaxProblem[] {
  const problems: SyntaxProblem[] = [];
  const lines = text.split('\n');
  let error: Table | TomlError = first;
  while (error instanceof TomlError && problems.length < MAX_SYNTAX_PROBLEMS) {
    const line: string = lines[error.line - 1] ?? '';
    problems.push(syntaxProblem(line, error));
    if (!/^\s*[\w"'.-]+\s*=/.test(line) || /"""|'''|[[{]\s*(#.*)?$/.test(line.trimEnd())) break;
    lines[error.line - 1] = '';
    const next: Table | TomlError = attempt(lines.join('\n'));
    if (next instanceof TomlError && next.line <= error.line) break;
    error = next;
  }
  return problems;
}

function syntaxProblem(line: string, error: TomlError): SyntaxProblem {
  const before = line.slice(0, error.column - 1);
  const token = /^[^\s,\]}#=]+/.exec(line.slice(error.column - 1))?.[0] ?? ' ';
  const reason = /^Invalid TOML document: (.*?)\.?$/m.exec(error.message)?.[1] ?? 'not TOML';
  const [message, hint] = wordsFor(reason, token);
  return {
    place: {line: error.line, column: characters(before) + 1, length: characters(token)},
    message,
    hint,
  };
}

/** smol-toml's reasons (1.9) in our words; one that is not listed is shown as it is. */
function wordsFor(reason: string, token: string): readonly [string, string | undefined] {
  switch (reason) {
    case 'invalid value':
      return token.trim() === ''
        ? ['Expected a value after the =', undefined]
        : ['Expected a value', 'put text in quotes; true, false and numbers stand without'];
    case 'illegal character in numeric literal':
    case 'unfinished numeric value':
    case 'invalid date':
      return ['Expected a number', 'text like this stands in quotes'];
    case 'trying to redefine an already defined table or value':
    case 'trying to redefine an already defined value':
      return [`"${token}" is defined twice`, 'keep one of them'];
    case 'control characters are not allowed in strings':
      return [
        'The text is not closed in its line, or holds a control character',
        'close it with the same quote',
      ];
    case 'unfinished string':
      return ['The text is not closed', 'close it with the same quote'];
    case 'each key-value declaration must be followed by an end-of-line':
      return ['Expected the end of the line', 'one key = value per line; text in quotes'];
    case 'illegal leading zero':
      return ['A number may not begin with 0', 'put it in quotes'];
    case 'incomplete key-value: cannot find end of key':
    case 'illegal character in key':
      return [
        'Expected key = value',
        'a key has letters, digits, _ and -; other characters need quotes around it',
      ];
    case 'unrecognised escape sequence':
      return ['Unknown escape in the text', "write \\\\ for a backslash, or use single quotes: 'C:\\x'"];
    case 'document contains excessively nested structures. aborting':
      return [`Nested more than ${MAX_DEPTH} deep`, undefined];
    default:
      return [`Cannot read this as TOML: ${reason}`, undefined];
  }
}
