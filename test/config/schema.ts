import {readFileSync, writeFileSync} from 'node:fs';

import test from 'ava';
import {parse, stringify} from 'smol-toml';

import {readApp} from '../../src/config/app.ts';
import {jsonSchema} from '../../src/config/json-schema.ts';
import {infoOf, nodeOf} from '../../src/config/nodes.ts';
import {frontSchema} from '../../src/config/schema-front.ts';
import {logsSchema} from '../../src/config/schema-logs.ts';
import {programSchema} from '../../src/config/schema-program.ts';
import {appSchema, globalSchema, siteSchema} from '../../src/config/schema.ts';
import {validate} from '../../src/config/validate.ts';
import {CONTEXT} from '../helpers/read-app.ts';

type Schema = Parameters<typeof nodeOf>[0];

const PUBLISHED: Readonly<Record<string, readonly [string, Schema]>> = {
  'app.schema.json': ['An app of appsup: ~/.config/appsup/apps/NAME.toml', appSchema],
  'config.schema.json': ["appsup's settings for all apps: ~/.config/appsup/config.toml", globalSchema],
  'site.schema.json': ["appsup's settings of the host: /etc/appsup/site.toml", siteSchema],
};

for (const [name, [title, schema]] of Object.entries(PUBLISHED)) {
  test(`schema/${name} says what the code says (UPDATE_SCHEMA=1 writes it anew)`, (t) => {
    const text = `${JSON.stringify(jsonSchema(title, schema), undefined, 2)}\n`;
    if (process.env['UPDATE_SCHEMA']) writeFileSync(`schema/${name}`, text);
    t.is(readFileSync(`schema/${name}`, 'utf8'), text);
  });
}

/** Every key of every file, with its path. */
function keysOf(schema: Schema, path: readonly string[] = []): (readonly [string, Schema])[] {
  const node = nodeOf(schema);
  if (node.type === 'record') return keysOf(node.value, [...path, 'NAME']);
  if (node.type !== 'object') return [];
  return Object.entries(node.entries).flatMap(([name, entry]) => [
    [[...path, name].join('.'), entry] as const,
    ...keysOf(entry, [...path, name]),
  ]);
}

const ALL = [appSchema, globalSchema, siteSchema].flatMap((schema) => keysOf(schema));

test('every key has a description, a version, an example that is accepted, and a default or what stands for it', (t) => {
  t.true(ALL.length > 50);
  for (const [path, entry] of ALL) {
    const info = infoOf(entry);
    t.regex(info?.description ?? '', /^[A-Z].*\.$/s, path);
    t.regex(info?.since ?? '', /^\d+\.\d+\.\d+$/, path);
    const name = path.split('.').at(-1) ?? '';
    const text = `${name} = ${info?.example}`;
    const {problems} = validate(objectWith(name, entry), parse(text));
    t.deepEqual(problems, [], `${path}: ${text}`);
  }
});

function objectWith(name: string, entry: Schema): Schema {
  return {...appSchema, entries: {[name]: entry}} as unknown as Schema;
}

test('a default of the schema is what a program gets whose table does not have the key', (t) => {
  const plain = {gunicorn: 'wsgi:application'};
  const specOf = (program: object, health: object, app: object = {}) => {
    const file = {directory: '/srv', ...app, programs: {web: {...program, health}}};
    return readApp(stringify(file), CONTEXT);
  };
  const bare = specOf(plain, {}).spec;
  t.truthy(bare);
  const health = nodeOf(programSchema.entries.health);
  for (const [name, entry] of Object.entries(programSchema.entries)) {
    const value = infoOf(entry)?.default;
    if (value !== undefined) t.deepEqual(specOf({...plain, [name]: value}, {}).spec, bare, name);
  }
  for (const [name, entry] of Object.entries(health.type === 'object' ? health.entries : {})) {
    const value = infoOf(entry)?.default;
    if (value !== undefined) t.deepEqual(specOf(plain, {[name]: value}).spec, bare, name);
  }
  for (const [name, entry] of Object.entries(frontSchema.entries)) {
    const value = infoOf(entry)?.default;
    if (value !== undefined) t.deepEqual(specOf(plain, {}, {front: {[name]: value}}).spec, bare, name);
  }
  for (const [name, entry] of Object.entries(logsSchema.entries)) {
    const value = infoOf(entry)?.default;
    if (value !== undefined) t.deepEqual(specOf(plain, {}, {logs: {[name]: value}}).spec, bare, name);
  }
});
