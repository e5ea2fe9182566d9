import path from 'node:path';

import {ownTrust, readTrusted} from '../config/read.ts';
import {readToml} from '../config/toml.ts';
import type {Table} from '../config/toml.ts';
import {AppsupError} from '../errors.ts';
import {tilde} from './format.ts';

/** What the code of an app says itself of how it is run: all that an app's file says, but for its place on this host. */
export interface OwnFile {
  readonly file: string;
  readonly text: string;
  readonly table: Table;
}

const NAME = 'appsup.toml';

/**
 * `appsup.toml` of a directory; `undefined` where there is none.
 *
 * @throws AppsupError `CONFIG` when it cannot be trusted or read, or says where the app lies
 */
export function ownFileOf(directory: string, home: string): OwnFile | undefined {
  const file = path.join(directory, NAME);
  // What it says is run as this user: nobody else may have written it.
  const found = readTrusted(file, ownTrust());
  if (!found.ok && found.absent) return undefined;
  const bad = (problem: string, hint: string | undefined): AppsupError =>
    new AppsupError('CONFIG', `Cannot use ${tilde(file, home)}: ${problem}`, {
      details: {file},
      ...(hint === undefined ? {} : {hint}),
    });
  if (!found.ok) throw bad(found.problem, found.hint);
  const toml = readToml(found.text);
  if (!toml.ok) {
    const [problem] = toml.problems;
    throw bad(`line ${problem?.place.line ?? 1}: ${problem?.message ?? 'it is no TOML'}`, problem?.hint);
  }
  for (const key of ['directory', 'port']) {
    if (Object.hasOwn(toml.document.value, key))
      throw bad(`it says "${key}"`, `leave it out: that is decided on each host, by appsup add`);
  }
  return {file, text: found.text, table: toml.document.value};
}

/** Names in a table of the file, for people: `web, queue`. */
export function namesIn({table}: OwnFile, key: string): string {
  const value = table[key];
  return typeof value === 'object' && value !== null ? Object.keys(value).join(', ') : '';
}
