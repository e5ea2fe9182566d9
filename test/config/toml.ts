import test from 'ava';
import fc from 'fast-check';
import {parse, stringify} from 'smol-toml';

import {locate} from '../../src/config/places.ts';
import type {Path} from '../../src/config/places.ts';
import {readToml} from '../../src/config/toml.ts';
import type {TomlDocument} from '../../src/config/toml.ts';

function documentOf(text: string): TomlDocument {
  const result = readToml(text);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.document;
}

const SAMPLE = `# a comment with = and [brackets]
directory = "~/flask-tasks"
"quoted \\u0041" = 'literal # not a comment'
a.b . "c.d" = 1   # dotted
list = [
  "one", # first
  { k = 2, deep = { er = [3, 4] } },
]
text = """
line one "" quoted
"""""
when = 1979-05-27 07:32:00Z

[programs.web]
workers = 2
[[many]]
x = 1
[[many]]
x = 2
[many.sub]
y = 3
`;

const PLACES: readonly (readonly [Path, string, string])[] = [
  [['directory'], '2:1', '2:13+15'],
  [['quoted A'], '3:1', '3:19+25'],
  [['a'], '4:1', '4:15+1'],
  [['a', 'b', 'c.d'], '4:7', '4:15+1'],
  [['list'], '5:1', '5:8+1'],
  [['list', 0], '6:3', '6:3+5'],
  [['list', 1, 'k'], '7:5', '7:9+1'],
  [['list', 1, 'deep', 'er', 1], '7:30', '7:30+1'],
  [['text'], '9:1', '9:8+3'],
  [['when'], '12:1', '12:8+20'],
  [['programs'], '14:2', '14:1+14'],
  [['programs', 'web'], '14:11', '14:1+14'],
  [['programs', 'web', 'workers'], '15:1', '15:11+1'],
  [['many', 1, 'x'], '19:1', '19:5+1'],
  [['many', 1, 'sub', 'y'], '21:1', '21:5+1'],
  [['many', 1, 'sub', 'nowhere', 5], '20:7', '20:1+10'],
  [['nowhere'], '1:1', '1:1+1'],
];

for (const [path, key, value] of PLACES) {
  test(`readToml() knows the place of ${JSON.stringify(path)}`, (t) => {
    const document = documentOf(SAMPLE);
    const keyAt = document.keyAt(path);
    const valueAt = document.valueAt(path);
    t.is(`${keyAt.line}:${keyAt.column}`, key);
    t.is(`${valueAt.line}:${valueAt.column}+${valueAt.length}`, value);
  });
}

test('readToml() counts columns in characters, also behind wide ones and in files with CRLF', (t) => {
  const document = documentOf('a = 1\r\nb = ["𝒳é", 2]\r\n');
  t.deepEqual(document.valueAt(['b', 1]), {line: 2, column: 12, length: 1});
  t.deepEqual(document.valueAt(['b']), {line: 2, column: 5, length: 9});
});

test('readToml() points into a string that is written without escapes, else to its whole', (t) => {
  const document = documentOf('a = "one two"\nb = "o\\u006ee two"\n');
  t.deepEqual(document.valueAt(['a'], 4), {line: 1, column: 10, length: 3});
  t.deepEqual(document.valueAt(['b'], 4), {line: 2, column: 5, length: 14});
});

test('locate() finds every value, and its slice alone is that value', (t) => {
  const leaf = fc.oneof(fc.string({unit: 'binary'}), fc.integer(), fc.boolean());
  const {value} = fc.letrec<{value: unknown}>((tie) => ({
    value: fc.oneof(
      {depthSize: 'small', withCrossShrink: true},
      leaf,
      fc.array(tie('value'), {maxLength: 3}),
      fc.dictionary(fc.string(), tie('value'), {maxKeys: 4}),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value, {maxKeys: 5}), (table) => {
      const text = stringify(table);
      const spans = locate(text);
      for (const [path, expected] of leavesOf(parse(text), [])) {
        const span = spans.get(JSON.stringify(path))?.value;
        t.truthy(span, `${JSON.stringify(path)} in ${text}`);
        t.deepEqual(parse(`x = ${text.slice(span?.start, span?.end)}`)['x'], expected);
      }
    }),
  );
});

function leavesOf(value: unknown, path: Path): (readonly [Path, unknown])[] {
  if (typeof value !== 'object' || value === null || value instanceof Date) return [[path, value]];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([key, item]) => leavesOf(item, [...path, key]));
}

for (const [text, ...expected] of [
  ['a = ~/x', '1:5 Expected a value'],
  ['a = ', '1:5 Expected a value after the ='],
  ['a = 1\na = 2', '2:1 "a" is defined twice'],
  ['a = "x', '1:5 The text is not closed'],
  ['a = "x\nb = 1', '1:7 The text is not closed in its line, or holds a control character'],
  ['a = 027', '1:5 A number may not begin with 0'],
  ['x = 1 y = 2', '1:7 Expected the end of the line'],
  ['hello', '1:1 Expected key = value'],
  ['a = ~/x\nb = 1\nc = yes', '1:5 Expected a value', '3:5 Expected a value'],
  ['a = [\nb = 1', '2:1 Expected a value'],
  [`a = ${'['.repeat(5000)}`, '1:37 Nested more than 32 deep'],
] as const) {
  test(`readToml() says ${expected.join('; ')}`, (t) => {
    const result = readToml(text);
    const problems = result.ok ? [] : result.problems;
    t.deepEqual(
      problems.map(({place, message}) => `${place.line}:${place.column} ${message}`),
      expected,
    );
  });
}
