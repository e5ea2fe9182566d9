import {execFileSync} from 'node:child_process';

import test from 'ava';
import fc from 'fast-check';

import {parseIni} from '../../../src/compat/supervisord/ini.ts';

/** As supervisord makes its parser (options.py, UnhosedConfigParser); an error is null. */
const ORACLE = `import configparser, json, sys
def read(text):
    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(';', '#'))
    try:
        parser.read_string(text)
        return {name: dict(parser.items(name)) for name in parser.sections()}
    except configparser.Error:
        return None
print(json.dumps([read(text) for text in json.load(sys.stdin)]))
`;

function python(texts: readonly string[]): unknown {
  const out = execFileSync('/usr/bin/python3', ['-c', ORACLE], {
    input: JSON.stringify(texts),
    timeout: 60_000,
  });
  return JSON.parse(out.toString());
}

function ours(text: string): unknown {
  const ini = parseIni(text, '/etc/supervisord.conf');
  if (!ini.ok) return null;
  return Object.fromEntries(
    [...ini.sections].map(([name, {entries}]) => [
      name,
      Object.fromEntries([...entries].map(([key, {value}]) => [key, value])),
    ]),
  );
}

test('parseIni() reads what configparser reads, comments, continuations and defaults included', (t) => {
  const piece = fc.constantFrom(
    ...[
      '[program:x]',
      '[a] [b]',
      '[DEFAULT]',
      '[',
      ']',
      'key',
      'Other',
      '=',
      ':',
      ' ',
      '  ',
      '\t',
      '\n',
      '\n',
      '\n  ',
    ],
    ...[';', '#', ' ;', ' # ', '"q"', '%', 'value', '\n[program:x]\n', '\nkey = ', '\n\n', '\r\n'],
  );
  const texts = fc.sample(
    fc.array(piece, {maxLength: 30}).map((pieces) => `[start]\n${pieces.join('')}`),
    {numRuns: 3000, seed: 5},
  );
  const [wanted, got] = [python(texts) as readonly unknown[], texts.map(ours)];
  const wrong = texts.findIndex((_, index) => JSON.stringify(wanted[index]) !== JSON.stringify(got[index]));
  t.deepEqual(got[wrong], wanted[wrong], JSON.stringify(texts[wrong]));
  t.true(got.filter((each) => each !== null).length > 300);
});

test('parseIni() says the line of what it cannot read', (t) => {
  t.deepEqual(parseIni('[a]\nx = 1\nnonsense\n', '/f'), {
    ok: false,
    line: 3,
    problem: 'expected key = value',
  });
  t.deepEqual(parseIni('\nx = 1\n', '/f'), {
    ok: false,
    line: 2,
    problem: 'a line before the first [section]',
  });
});
