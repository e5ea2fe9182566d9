import * as v from 'valibot';

import {nearest} from '../core/nearest.ts';
import type {Diagnostic} from './diagnostic.ts';
import type {KeyInfo} from './keys.ts';
import {infoOf, nodeOf} from './nodes.ts';
import type {Path} from './places.ts';
import type {SyntaxProblem, Table, TomlDocument} from './toml.ts';

type Schema = v.GenericSchema<unknown, unknown>;

/** A finding about a value, before it has a place. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string | undefined;
  /** @defaultValue 'value' */
  readonly at?: 'key' | 'value';
  /** Into a string value, UTF-16 units. */
  readonly index?: number;
  /** @defaultValue 'error' */
  readonly severity?: 'error' | 'warning';
}

export interface Validated<Output> {
  /** What is left when all that is wrong is taken out: enough to look for further mistakes, not to run. */
  readonly output: Output;
  readonly problems: readonly Problem[];
}

/**
 * Hold values against a schema and say everything that is wrong, not only the first.
 *
 * valibot's own object schemas stop at the first unknown key and take a list or a date for a table, so tables are walked here
 * and valibot judges the values.
 */
export function validate<S extends Schema>(schema: S, value: Table): Validated<v.InferOutput<S>> {
  const problems: Problem[] = [];
  const {kept} = prune(schema, value, [], undefined, problems);
  return {output: v.parse(schema, kept), problems};
}

/** Nobody reads more, and a file of junk must not cost minutes. */
const MAX_SHOWN = 100;

/** Diagnostics of the problems (the first hundred, errors before warnings), in the order of the file. */
export function place(
  problems: readonly Problem[],
  document: TomlDocument,
  file: string,
): readonly Diagnostic[] {
  return problems
    .toSorted((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'))
    .slice(0, MAX_SHOWN)
    .map(({path, message, hint, at, index, severity = 'error'}): Diagnostic => {
      const where = at === 'key' ? document.keyAt(path) : document.valueAt(path, index);
      return {file, ...where, message, severity, ...(hint === undefined ? {} : {hint})};
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Diagnostics of a text that is no TOML. */
export function placeSyntax(problems: readonly SyntaxProblem[], file: string): readonly Diagnostic[] {
  return problems.map(({place: where, message, hint}) => {
    return {file, ...where, message, severity: 'error', ...(hint === undefined ? {} : {hint})};
  });
}

/** True for a TOML table; not for a list or a date. */
export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Keys of a table; none of what is no table. */
export function keysOf(value: unknown): readonly string[] {
  return isTable(value) ? Object.keys(value) : [];
}

type Pruned = {readonly kept?: unknown};
const NOTHING: Pruned = {};

function prune(
  schema: Schema,
  value: unknown,
  path: Path,
  above: KeyInfo | undefined,
  problems: Problem[],
): Pruned {
  const info = infoOf(schema) ?? above;
  const node = nodeOf(schema);
  const table = node.type === 'array' && Array.isArray(value) ? tableIn(node.item) : undefined;
  if (node.type === 'array' && table !== undefined && Array.isArray(value)) {
    const {item} = node;
    const results = value.map((each: unknown, index) =>
      prune(isTable(each) ? table : item, each, [...path, index], info, problems),
    );
    return {kept: results.flatMap((result) => ('kept' in result ? [result.kept] : []))};
  }
  const option = node.type === 'union' && isTable(value) ? tableIn(schema) : undefined;
  if (option !== undefined) return prune(option, value, path, info, problems);
  if (node.type !== 'object' && node.type !== 'record') return leaf(schema, value, path, info, problems);
  if (!isTable(value)) {
    problems.push({
      path,
      message: `Expected "${nameOf(path)}" to be a table: got ${show(value)}`,
      hint: tableHint(path),
    });
    return NOTHING;
  }
  const kept: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const inner = [...path, name];
    if (node.type === 'record' ? RESERVED.has(name) : !Object.hasOwn(node.entries, name)) {
      const candidates = node.type === 'record' ? [] : Object.keys(node.entries);
      problems.push(unknownKey(inner, candidates));
      continue;
    }
    const next = node.type === 'record' ? node.value : node.entries[name];
    const result = next === undefined ? NOTHING : prune(next, item, inner, info, problems);
    if ('kept' in result) kept[name] = result.kept;
  }
  if (node.type === 'object') problems.push(...missing(node.entries, value, path));
  return {kept};
}

/** The table that may stand beside other things, in a list or alone; it is walked as every table is. */
function tableIn(item: Schema): Schema | undefined {
  const node = nodeOf(item);
  if (node.type === 'object') return item;
  return node.type === 'union' ? node.options.find((option) => nodeOf(option).type === 'object') : undefined;
}

/** Names that a plain JavaScript object cannot hold safely; valibot's records drop them without a word. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);

function leaf(
  schema: Schema,
  value: unknown,
  path: Path,
  info: KeyInfo | undefined,
  problems: Problem[],
): Pruned {
  const result = v.safeParse(schema, takenForTable(schema, value) ? null : value);
  if (result.success) return {kept: value};
  for (const issue of result.issues) {
    const inner = [...path, ...(issue.path ?? []).map((step) => step.key as string | number)];
    // What a transform made of it is not what the user wrote.
    const input = issue.path === undefined ? value : issue.input;
    const got = info?.secret ? kindOf(input) : show(input);
    const message = `Expected "${nameOf(path)}" to be ${issue.message}: got ${got}`;
    problems.push({path: inner, message, hint: hintFor(schema, issue.input) ?? info?.hint});
  }
  return NOTHING;
}

/** valibot's object schemas take a list or a date for a table without keys. */
function takenForTable(schema: Schema, value: unknown): boolean {
  const isOther = Array.isArray(value) || value instanceof Date;
  return isOther && tableIn(schema) !== undefined && !takesList(schema);
}

function takesList(schema: Schema): boolean {
  const node = nodeOf(schema);
  return node.type === 'array' || (node.type === 'union' && node.options.some(takesList));
}

/** What was probably meant, where a choice or a list of choices was expected. */
function hintFor(schema: Schema, input: unknown): string | undefined {
  const node = nodeOf(schema);
  const item = node.type === 'array' ? nodeOf(node.item) : node;
  if (item.type !== 'picklist' || typeof input !== 'string') return undefined;
  const meant = nearest(input.replace(/^SIG/, ''), item.options);
  if (meant === undefined) return undefined;
  // The word is right, so it was the brackets that were missing.
  return meant === input ? `write ["${meant}"]` : `did you mean "${meant}"?`;
}

function unknownKey(path: Path, candidates: readonly string[]): Problem {
  const name = nameOf(path);
  if (candidates.length === 0) return {path, at: 'key', message: `"${name}" cannot be used as a name`};
  const meant = nearest(name, candidates);
  if (meant !== undefined) {
    return {path, at: 'key', message: `Unknown key ${show(name)}: did you mean "${meant}"?`};
  }
  return {
    path,
    at: 'key',
    message: `Unknown key ${show(name)}`,
    hint: `known here: ${candidates.join(', ')}`,
  };
}

function missing(entries: Readonly<Record<string, Schema>>, value: Table, path: Path): readonly Problem[] {
  return Object.entries(entries).flatMap(([name, entry]) => {
    const info = infoOf(entry);
    if (!info?.required || Object.hasOwn(value, name)) return [];
    return [{path, message: `"${name}" is missing`, hint: `add: ${name} = ${info.example}`}];
  });
}

function tableHint(path: Path): string {
  return `write [${path.join('.')}] on a line of its own, and its keys below`;
}

/** The key that a path is about: indices of a list belong to the list's key. */
function nameOf(path: Path): string {
  return path.findLast((step) => typeof step === 'string') ?? 'the file';
}

const LONGEST_SHOWN = 60;

/** A value in a message, short. */
function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value);
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'boolean') return 'true or false without quotes';
  return typeof value === 'object' ? 'a table' : `a ${typeof value === 'string' ? 'text' : typeof value}`;
}
