import {parse} from 'smol-toml';

/** From `start` up to `end`, in UTF-16 units of the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a key was first written, and its value; of a `[table]` the value is the header. */
export interface Spans {
  readonly key: Span;
  readonly value: Span;
}

export type Path = readonly (string | number)[];

/** The name of a path in {@link locate}'s map. */
export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

/**
 * The place of every key and value of a TOML text that smol-toml has accepted.
 *
 * It decides nothing about what is valid: it only steps over tokens, so it can be this small, and there is one grammar.
 * The tests hold it to that: each value's slice, parsed alone, gives the value.
 */
export function locate(text: string): ReadonlyMap<string, Spans> {
  const found = new Map<string, Spans>();
  const lengths = new Map<string, number>();
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let table: Path = [];

  for (skip(BLANK); at < text.length; skip(BLANK)) {
    if (text[at] === '[') header();
    else pair(table);
  }
  return found;

  function header(): void {
    const start = at;
    const many = text[at + 1] === '[';
    at += many ? 2 : 1;
    const segments = key();
    at += many ? 2 : 1;
    const span = {start, end: at};
    let path: Path = [];
    for (const [index, segment] of segments.entries()) {
      path = [...path, segment.name];
      mark(path, segment.span, span);
      const last = index === segments.length - 1;
      const length = (lengths.get(pathKey(path)) ?? 0) + (many && last ? 1 : 0);
      if (length === 0) continue;
      lengths.set(pathKey(path), length);
      path = [...path, length - 1];
      mark(path, segment.span, span);
    }
    table = path;
  }

  function pair(base: Path): void {
    const segments = key();
    at += 1; // the =
    skip(SPACE);
    const start = at;
    const path = [...base, ...segments.map((segment) => segment.name)];
    value(path);
    const span = {start, end: at};
    segments.forEach((segment, index) => mark(path.slice(0, base.length + index + 1), segment.span, span));
  }

  function key(): {readonly name: string; readonly span: Span}[] {
    const segments = [];
    do {
      if (text[at] === '.') at += 1;
      skip(SPACE);
      const start = at;
      if (text[at] === '"' || text[at] === "'") string();
      else skip(BARE_KEY);
      segments.push({name: keyName(text.slice(start, at)), span: {start, end: at}});
      skip(SPACE);
    } while (text[at] === '.');
    return segments;
  }

  function value(path: Path): void {
    const first = text[at];
    if (first === '"' || first === "'") string();
    else if (first === '[') list(']', (index) => element([...path, index]));
    else if (first === '{') list('}', () => pair(path));
    else skip(SCALAR);
  }

  function element(path: Path): void {
    const start = at;
    value(path);
    mark(path, {start, end: at}, {start, end: at});
  }

  function list(close: string, item: (index: number) => void): void {
    at += 1;
    skip(BLANK);
    for (let index = 0; at < text.length && text[at] !== close; index++) {
      item(index);
      skip(BLANK);
      if (text[at] === ',') at += 1;
      skip(BLANK);
    }
    at += 1;
  }

  function string(): void {
    const quote = text[at] === '"' ? BASIC : LITERAL;
    for (const form of quote) {
      form.lastIndex = at;
      if (!form.test(text)) continue;
      at = form.lastIndex;
      return;
    }
    throw new Error(`no string at ${at} of a text that was parsed before`);
  }

  function skip(what: RegExp): void {
    what.lastIndex = at;
    if (what.test(text)) at = what.lastIndex;
  }

  function mark(path: Path, keySpan: Span, valueSpan: Span): void {
    const name = pathKey(path);
    if (!found.has(name)) found.set(name, {key: keySpan, value: valueSpan});
  }
}

const BLANK = /(?:[ \t\r\n]+|#[^\n]*)*/y;
const SPACE = /[ \t]*/y;
const BARE_KEY = /[A-Za-z0-9_-]*/y;
const SCALAR = /[^,\]}\n\r#]*[^,\]}\n\r# \t]/y;
// The long forms first; their end may carry two quotes of the text itself.
const BASIC = [/"""(?:[^"\\]|\\[^]|"(?!""))*"{3,5}/y, /"(?:[^"\\\n]|\\.)*"/y];
const LITERAL = [/'''(?:[^']|'(?!''))*'{3,5}/y, /'[^'\n]*'/y];

function keyName(raw: string): string {
  return raw.startsWith('"') && raw.includes('\\')
    ? (Object.keys(parse(`${raw} = 0`))[0] ?? raw)
    : raw.replace(/^(["'])(.*)\1$/s, '$2');
}
