import {isDeepStrictEqual} from 'node:util';

import {locate, pathKey} from './places.ts';
import {readToml} from './toml.ts';
import type {Table} from './toml.ts';

/**
 * A TOML text in which a table has one number more, or another one; all else stays as it was written, comments too.
 *
 * @param table - Path of the table, which is there.
 * @param beside - A key of that table: a new number is written behind it.
 * @returns `undefined` when the table is written in a way that this does not know: then a person has to.
 */
export function withNumber(
  text: string,
  table: readonly string[],
  {key, value, beside}: {readonly key: string; readonly value: number; readonly beside: string},
): string | undefined {
  const before = readToml(text);
  if (!before.ok) return undefined;
  const wanted = changed(before.document.value, table, {[key]: value});
  if (wanted === undefined) return undefined;
  return drafts(text, table, {key, value, beside}).find((draft) => {
    const after = readToml(draft);
    return after.ok && isDeepStrictEqual(plain(after.document.value), wanted);
  });
}

function drafts(
  text: string,
  table: readonly string[],
  {key, value, beside}: {readonly key: string; readonly value: number; readonly beside: string},
): readonly string[] {
  const spans = locate(text);
  const known = spans.get(pathKey([...table, key]))?.value;
  if (known !== undefined) return [splice(text, known.start, known.end, String(value))];
  const neighbour = spans.get(pathKey([...table, beside]));
  if (neighbour === undefined) return [];
  const {start} = neighbour.key;
  const {end} = neighbour.value;
  const line = text.indexOf('\n', end);
  const at = line < 0 ? text.length : line;
  // Its own line as far as the key: an indent, or the dotted names before it.
  const lead = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  // Equal signs below each other stay so.
  const gap = text.slice(neighbour.key.end, text.indexOf('=', neighbour.key.end)).length;
  const width = neighbour.key.end - start + gap;
  return [
    splice(text, at, at, `\n${lead}${key.padEnd(width)}${width > key.length ? '' : ' '}= ${value}`),
    splice(text, end, end, `, ${key} = ${value}`),
  ];
}

function splice(text: string, start: number, end: number, piece: string): string {
  return text.slice(0, start) + piece + text.slice(end);
}

/** Without the places of smol-toml's own making: tables and lists as they compare. */
function plain(table: Table): unknown {
  return JSON.parse(JSON.stringify(table));
}

/** `undefined` where there is no such table. */
function changed(whole: Table, path: readonly string[], fields: Table): unknown {
  const copy = plain(whole);
  let at: unknown = copy;
  for (const name of path) at = isTable(at) ? at[name] : undefined;
  if (!isTable(at)) return undefined;
  Object.assign(at, fields);
  return copy;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
