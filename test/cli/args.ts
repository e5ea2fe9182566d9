import test from 'ava';
import fc from 'fast-check';

import {parseCommandLine} from '../../src/cli/args.ts';
import {ELSEWHERE} from '../../src/cli/elsewhere.ts';
import {COMMANDS, isVerb} from '../../src/cli/table.ts';
import {isAppsupError} from '../../src/errors.ts';

test('parseCommandLine() finds verb, words and options in any order', (t) => {
  for (const line of [
    'logs -f -n 20 a b:web --json',
    '--json logs a -fn20 b:web',
    'logs --lines=20 --follow --json -- a b:web',
  ]) {
    const {verb, words, options, json, help} = parseCommandLine(line.split(' '));
    t.deepEqual([verb, words, json, help], ['logs', ['a', 'b:web'], true, false], line);
    t.true(options.has('follow'));
    t.is(options.count('lines'), 20);
  }
});

test('parseCommandLine() takes an option several times', (t) => {
  const {options} = parseCommandLine(['add', '.', '--dotenv', 'a', '--dotenv=b']);
  t.deepEqual(options.values('dotenv'), ['a', 'b']);
  t.is(options.value('dotenv'), 'b');
});

for (const [argv, verb] of [
  [[], 'help'],
  [['--help'], 'help'],
  [['-h'], 'help'],
  [['--version'], 'version'],
  [['-V'], 'version'],
] as const) {
  test(`«appsup ${argv.join(' ')}» is «appsup ${verb}»`, (t) => t.is(parseCommandLine(argv).verb, verb));
}

test('--help needs no other words', (t) => t.true(parseCommandLine(['start', '--help']).help));

for (const [text, ms] of [
  ['10s', 10_000],
  ['1m30s', 90_000],
  ['30', 30_000],
  ['0.5', 500],
] as const) {
  test(`--timeout ${text} is ${ms} ms`, (t) => {
    t.is(parseCommandLine(['start', 'a', '--timeout', text]).options.duration('timeout'), ms);
  });
}

test('what other tools call a verb leads to a verb of ours', (t) => {
  for (const [theirs, ours] of ELSEWHERE) {
    t.false(isVerb(theirs), theirs);
    t.notThrows(() => parseCommandLine([...ours.split(' '), '--help']), theirs);
  }
});

const REFUSED: readonly (readonly [string, RegExp, RegExp | undefined])[] = [
  ['strat a', /"strat": no such command/, /did you mean "appsup start"\?/],
  ['tail -f a', /"tail": no such command/, /did you mean "appsup logs"\?/],
  ['shutdown', /no such command/, /did you mean "appsup daemon stop"\?/],
  ['xyzzy', /no such command/, /^appsup help$/],
  ['status --jsno', /"--jsno": "appsup status" has no such option/, /did you mean "--json"\?/],
  ['status -x', /"-x"/, /appsup status --help/],
  ['status --json=yes', /it takes no value/, undefined],
  ['start', /something is missing/, /^appsup start APP/],
  ['preview a b', /"b": one word too many/, undefined],
  ['logs -n', /LINES is missing behind it/, undefined],
  ['logs -n -f', /LINES is missing behind it/, undefined],
  ['boot instal', /"instal" behind "appsup boot"/, /did you mean "appsup boot install"\?/],
];
for (const [line, message, hint] of REFUSED) {
  test(`«appsup ${line}» is refused with the way out`, (t) => {
    const error = t.throws(() => parseCommandLine(line.split(' ')), {message});
    t.true(isAppsupError(error) && error.code === 'USAGE' && error.exitCode === 2);
    if (hint !== undefined) t.regex(isAppsupError(error) ? (error.hint ?? '') : '', hint);
  });
}

test('options say what they wanted', (t) => {
  const {options} = parseCommandLine(['logs', '-n', 'many', '--since', 'soon']);
  t.throws(() => options.count('lines'), {message: /"--lines many": expected a whole number/});
  t.throws(() => options.duration('since'), {message: /"--since soon": expected a duration/});
});

test('parseCommandLine() throws nothing but USAGE, whatever is typed', (t) => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(...Object.keys(COMMANDS), '--', '-', '--=', '--json', '-fn', '--__proto__'),
  );
  fc.assert(
    fc.property(fc.array(word, {maxLength: 6}), (argv) => {
      try {
        parseCommandLine(argv);
      } catch (error) {
        if (!isAppsupError(error) || error.code !== 'USAGE') throw error;
      }
    }),
  );
  t.pass();
});

test('every verb explains itself with an example that parses', (t) => {
  for (const [verb, {examples, summary}] of Object.entries(COMMANDS)) {
    t.true(examples.length > 0 && summary.length > 0, verb);
    for (const [line] of examples) {
      const argv = line.split(/ [>|] /)[0]?.match(/"[^"]*"|\S+/g) ?? [];
      t.is(parseCommandLine(argv).verb as string, verb, line);
    }
  }
});
