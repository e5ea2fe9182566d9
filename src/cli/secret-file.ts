import {findEnv, parseEnv, setEnv} from '../launch/env-text.ts';

/** What kind of file a secret lies in, by its name. */
export type SecretKind = 'env' | 'json' | 'python';

/** What a file has under a name. `other`: no text, or not written in a way that we can read; never touched. */
export type Known =
  | {readonly state: 'absent'}
  | {readonly state: 'text'; readonly value: string}
  | {readonly state: 'other'};

/** What is wrong with a file, never what stands in it. */
export interface Damage {
  /** 1 is the first; `undefined`: not known. */
  readonly line: number | undefined;
  readonly problem: string;
}

/** `config/secrets.json`, `config.py`; everything else has `NAME=value` lines. */
export function kindOf(file: string): SecretKind {
  if (file.endsWith('.json')) return 'json';
  return file.endsWith('.py') ? 'python' : 'env';
}

/** Why a text cannot be used as a file of secrets. */
export function damageOf(kind: SecretKind, text: string): Damage | undefined {
  if (kind === 'env') {
    const read = parseEnv(text);
    return read.ok ? undefined : {line: read.line, problem: read.problem};
  }
  if (kind === 'json' && text.trim() !== '' && objectOf(text) === undefined)
    return {line: undefined, problem: 'it is no JSON object'};
  return undefined;
}

/** What an undamaged text has under a name. */
export function lookUp(kind: SecretKind, text: string, name: string): Known {
  if (kind === 'env') {
    const value = findEnv(text, name);
    return value === undefined ? {state: 'absent'} : {state: 'text', value};
  }
  if (kind === 'json') {
    const object = objectOf(text) ?? {};
    if (!Object.hasOwn(object, name)) return {state: 'absent'};
    const value = object[name];
    return typeof value === 'string' ? {state: 'text', value} : {state: 'other'};
  }
  const found = assignment(text, name);
  if (found === undefined) return {state: 'absent'};
  return found.value === undefined ? {state: 'other'} : {state: 'text', value: found.value};
}

/** An undamaged text with a value under a name, in the place of the old one or at the end; all else stays as it is. */
export function withSecret(kind: SecretKind, text: string, name: string, value: string): string {
  if (kind === 'env') return setEnv(text, name, value);
  if (kind === 'json') {
    const indent = /^[{[]\s*\n([ \t]+)/.exec(text.trimStart())?.[1] ?? '  ';
    return `${JSON.stringify({...objectOf(text), [name]: value}, undefined, indent)}\n`;
  }
  // JSON's escapes are Python's as well.
  const literal = /^[\w-]*$/.test(value) ? `'${value}'` : JSON.stringify(value);
  const found = assignment(text, name);
  if (found !== undefined) return text.slice(0, found.from) + literal + text.slice(found.to);
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${gap}${name} = ${literal}\n`;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch (error) {
    // Its message has a piece of the text.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The last `NAME = '...'` at the beginning of a line: where its right side stands, and what it says if it is one plain text. */
function assignment(
  text: string,
  name: string,
): {readonly from: number; readonly to: number; readonly value: string | undefined} | undefined {
  const found = [...text.matchAll(new RegExp(`^(${name}[ \\t]*=[ \\t]*)([^\\r\\n]*)`, 'gm'))].at(-1);
  if (found === undefined) return undefined;
  const [, left = '', right = ''] = found;
  const from = found.index + left.length;
  const literal = /^(?:'([^'\\]*)'|("(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"))(?=[ \t]*(?:#.*)?$)/.exec(
    right,
  );
  if (literal === null || /^(?:'''|""")/.test(right)) return {from, to: from, value: undefined};
  const [whole, single, double = '""'] = literal;
  return {from, to: from + whole.length, value: single ?? String(JSON.parse(double))};
}
