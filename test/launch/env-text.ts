import {parseEnv as nodeParseEnv} from 'node:util';

import test from 'ava';
import fc from 'fast-check';

import {parseEnv} from '../../src/launch/env-text.ts';

const VALUES: readonly [string, string, string][] = [
  ['a bare value', 'A=one', 'one'],
  ['blanks around it', '  A = one two  ', 'one two'],
  ['nothing', 'A=', ''],
  ['a # within a word', 'A=pa#ss', 'pa#ss'],
  ['a comment after it', 'A=pass # of the old host', 'pass'],
  ['a comment instead of it', 'A= # nothing yet', ''],
  ['an = in it', 'A=a=b==', 'a=b=='],
  ['export', 'export A=one', 'one'],
  ['single quotes', 'A=\'a "b" \\n # $c\'', 'a "b" \\n # $c'],
  ['double quotes with escapes', String.raw`A="a\n\t\"b\" \\ \$c \x"`, 'a\n\t"b" \\ $c \\x'],
  ['backticks', 'A=`it\'s "so"`', 'it\'s "so"'],
  ['a comment after the quote', "A='one' # two", 'one'],
  ['line breaks in quotes', 'A="-----BEGIN\r\nabc\n-----END"', '-----BEGIN\r\nabc\n-----END'],
  ['a dollar', 'A=pa$$word${X}', 'pa$$word${X}'],
  ['a byte order mark before it', '\uFEFFA=one', 'one'],
  ['line ends of Windows', 'B=x\r\nA=one\r\n', 'one'],
  ['an earlier value of the same name', 'A=one\nA=two', 'two'],
];

for (const [what, text, value] of VALUES) {
  test(`parseEnv() reads ${what}`, (t) => {
    const read = parseEnv(text);
    t.is(read.ok ? read.values.get('A') : read.problem, value);
  });
}

const BROKEN: readonly [string, number, string][] = [
  ['A=1\nhunter2', 2, 'there is no "="'],
  ['# fine\n\n=hunter2', 3, 'there is no name before the "="'],
  ['MY-KEY=hunter2', 1, 'the name before the "=" has characters outside A-Z a-z 0-9 _'],
  ['1A=hunter2', 1, 'the name before the "=" has characters outside A-Z a-z 0-9 _'],
  ["A=1\nB='hunter2\nC=3\n", 2, "the ' is not closed"],
  ['A="hunter2\\"', 1, 'the " is not closed'],
  ["A='hunter2'x", 1, "there is more text after the closing '"],
  ["A='two\nlines'\nB", 3, 'there is no "="'],
  ['A=hunter\0two', 1, 'the value has a NUL character'],
  [`A=1\nB=${'x'.repeat(131_072)}`, 2, 'the value is too long (128 KiB)'],
];

for (const [text, line, problem] of BROKEN) {
  test(`parseEnv() refuses ${JSON.stringify(text.slice(0, 20))}`, (t) => {
    t.deepEqual(parseEnv(text), {ok: false, line, problem});
  });
}

test('parseEnv() reads back every value that was quoted', (t) => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
  const value = fc.string({unit: 'binary'}).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.dictionary(name, value, {noNullPrototype: true}), (variables) => {
      const text = Object.entries(variables)
        .map(([key, each]) => `${key}="${each.replace(/[\\"]/g, '\\$&')}"`)
        .join('\n');
      const read = parseEnv(text);
      return read.ok && JSON.stringify(Object.fromEntries(read.values)) === JSON.stringify(variables);
    }),
  );
  t.pass();
});

test('parseEnv() never says what stands in a broken file', (t) => {
  fc.assert(
    fc.property(
      fc.string({minLength: 12}).filter((text) => /^[\w ]+$/.test(text)),
      (secret) => {
        for (const text of [secret, `A="${secret}`, `A='x'${secret}`, `A-B=${secret}`]) {
          if (JSON.stringify(parseEnv(text)).includes(secret)) return false;
        }
        return true;
      },
    ),
  );
  t.pass();
});

test('parseEnv() agrees with Node on ordinary files', (t) => {
  const text = '# settings\nA=1\nexport B=\'two words\'\nC="x\\ny"\nD=\nE=https://a.b/c?d=e\n';
  const read = parseEnv(text);
  t.deepEqual(read.ok && Object.fromEntries(read.values), {...nodeParseEnv(text)});
});

test('parseEnv() warns of a reference that other readers would have expanded', (t) => {
  const read = parseEnv("A=1\nB=x${A}\nC='${A}'\nD=${ELSEWHERE}\n");
  t.deepEqual(read.ok && read.warnings, ['line 2: ${A} in B is not expanded, it stays as it is written']);
});
