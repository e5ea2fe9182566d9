import {readFileSync} from 'node:fs';
import path from 'node:path';

import {readToml} from '../config/toml.ts';
import {attempt} from '../launch/look.ts';
import {parseEnv} from '../launch/env-text.ts';
import {carriesPassword, looksSecret, SECRET_FILES, secretTexts} from '../launch/secrets.ts';
import type {Variable} from '../launch/secrets.ts';
import {expandPath} from '../system/paths.ts';

/** An app's file, or `config.toml`, as it lies there. */
export interface ConfigText {
  /** Absolute. */
  readonly file: string;
  readonly text: string;
}

/**
 * Texts that stand in files as secrets: all values of env files and of `env` tables, whatever they are called; of other
 * files what sounds secret. Files with mistakes count as well: what runs may have been started from them.
 */
export function knownSecrets(files: readonly ConfigText[], home: string): readonly string[] {
  const all = files.map((each) => secretsOf(each, home));
  const known = all.flatMap(({plain}) => plain);
  return secretTexts(
    all.flatMap(({variables}) => variables),
    known,
  );
}

interface Found {
  readonly variables: readonly Variable[];
  /** Values that everybody may see, though an env file repeats them. */
  readonly plain: readonly string[];
}

function secretsOf({file, text}: ConfigText, home: string): Found {
  const toml = readToml(text);
  if (!toml.ok) return {variables: quoted(text), plain: []};
  const leaves = leavesOf(toml.document.value, []);
  const single = (key: string) => leaves.find(({names}) => names.length === 1 && names[0] === key)?.value;
  const directory = expandPath(single('directory') ?? path.dirname(file), home, home);
  const envFiles = leaves
    .filter(({names}) => names[0] === 'env_file')
    .map(({value}) => expandPath(value, home, directory));
  const read = [...new Set([...envFiles, ...SECRET_FILES.map((name) => path.join(directory, name))])].flatMap(
    (each) => variablesIn(each),
  );
  const said = leaves
    .filter(
      ({names}) =>
        names.includes('env') || SECRET_KEYS.has(names.at(-1) ?? '') || looksSecret(names.at(-1) ?? ''),
    )
    .map(({names, value}) => ({name: names.at(-1) ?? '', value, fromFile: true}));
  return {
    variables: [...read, ...said],
    plain: [directory, single('mount') ?? '', path.basename(file, '.toml')],
  };
}

const SECRET_KEYS: ReadonlySet<string> = new Set(['webhook', 'smtp']);

interface Leaf {
  readonly names: readonly string[];
  readonly value: string;
}

function leavesOf(value: unknown, names: readonly string[]): readonly Leaf[] {
  if (typeof value === 'string') return [{names, value}];
  if (Array.isArray(value)) return value.flatMap((each: unknown) => leavesOf(each, names));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => leavesOf(each, [...names, name]));
}

function variablesIn(file: string): readonly Variable[] {
  const text = attempt(() => readFileSync(file, 'utf8'));
  if (text === undefined) return [];
  if (/\.(json|py)$/.test(file))
    return quoted(text).filter(({name, value}) => looksSecret(name) || carriesPassword(value));
  const parsed = parseEnv(text);
  if (parsed.ok) return [...parsed.values].map(([name, value]) => ({name, value, fromFile: true}));
  // With a broken line, every line's right side, as it is and without its quotes.
  return text.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^\s*(?:export\s+)?([\w.]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return [value, value.replace(/^(["'`])(.*)\1$/, '$2')].map((each) => ({
      name,
      value: each,
      fromFile: true,
    }));
  });
}

/** `NAME = "value"` and `"name": "value"`, in any language. */
function quoted(text: string): readonly Variable[] {
  return [...text.matchAll(/([\w.-]+)["']?\s*[=:]\s*(["'])((?:(?!\2)[^\\\n]|\\.)*)\2/g)].map(
    ([, name = '', , value = '']) => ({name, value, fromFile: true}),
  );
}
