import {existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';

import test from 'ava';

import {COMMANDS} from '../../src/cli/table.ts';
import type {Verb} from '../../src/cli/table.ts';
import {jsonReference, schemaOf} from '../helpers/json/document.ts';
import {int, is, list, misfits, object, oneOf, orNull, text} from '../helpers/json/shape.ts';

const VERBS = Object.keys(COMMANDS) as readonly Verb[];
const fileOf = (verb: string): string => `schema/json/${verb}.schema.json`;

for (const verb of VERBS) {
  test(`${fileOf(verb)} is what «appsup ${verb} --json» is tested against (UPDATE_SCHEMA=1 writes it anew)`, (t) => {
    const schema = `${JSON.stringify(schemaOf(verb), undefined, 2)}\n`;
    if (process.env['UPDATE_SCHEMA']) {
      mkdirSync('schema/json', {recursive: true});
      writeFileSync(fileOf(verb), schema);
    }
    t.is(existsSync(fileOf(verb)) ? readFileSync(fileOf(verb), 'utf8') : '', schema);
  });
}

test('every verb has a schema of what it prints, and nothing else has', (t) => {
  t.deepEqual(readdirSync('schema/json').toSorted(), VERBS.map((verb) => `${verb}.schema.json`).toSorted());
});

test('docs/json.md says what the schemas say (UPDATE_DOCS=1 writes it anew)', (t) => {
  const reference = jsonReference();
  if (process.env['UPDATE_DOCS']) writeFileSync('docs/json.md', reference);
  t.is(existsSync('docs/json.md') ? readFileSync('docs/json.md', 'utf8') : '', reference);
});

const shape = object({
  app: text(),
  state: oneOf(['a', 'b']),
  'port?': orNull(int()),
  pids: list(int()),
  ok: is(true),
});
const good = {app: 'x', state: 'a', port: null, pids: [1], ok: true};
const MISFITS: readonly (readonly [unknown, readonly string[]])[] = [
  [good, []],
  [{...good, port: 7}, []],
  [{...good, state: 'c'}, ['.state: expected a, b, got "c"']],
  [{...good, port: 1.5}, ['.port: expected integer, got 1.5']],
  [{...good, pids: [1, 'x']}, ['.pids[1]: expected integer, got "x"']],
  [{...good, ok: false}, ['.ok: expected true, got false']],
  [{...good, more: 1}, ['.more: is not in the schema']],
  [{app: 'x', state: 'a', ok: true}, ['.pids: is missing']],
  [['x'], ['.: expected object, got ["x"]']],
  [null, ['.: expected object, got null']],
];
for (const [value, found] of MISFITS) {
  test(`misfits() finds ${found.length === 0 ? 'nothing' : found.join(', ')} in ${JSON.stringify(value)}`, (t) =>
    t.deepEqual(misfits(shape, value), found));
}
