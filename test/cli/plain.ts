import test from 'ava';
import fc from 'fast-check';

import {parseCommandLine} from '../../src/cli/args.ts';
import {EVERY_DAY, plainInvocation} from '../../src/cli/plain.ts';

test('plainInvocation() understands a verb with names as parseCommandLine() does', (t) => {
  const word = fc.string().filter((text) => !text.startsWith('-'));
  fc.assert(
    fc.property(fc.constantFrom(...EVERY_DAY), fc.array(word, {minLength: 1}), (verb, words) => {
      const {options: plainOptions, ...plain} = plainInvocation([verb, ...words]) ?? t.fail('not understood');
      const {options, ...full} = parseCommandLine([verb, ...words]);
      t.deepEqual(plain, full);
      t.false(plainOptions.has('json') || options.has('json'));
      t.deepEqual([plainOptions.values('timeout'), plainOptions.value('timeout')], [[], undefined]);
      t.deepEqual([plainOptions.duration('timeout'), plainOptions.count('lines')], [undefined, undefined]);
    }),
  );
});

test('plainInvocation() takes «appsup status» alone', (t) =>
  t.is(plainInvocation(['status'])?.verb, 'status'));

for (const line of [
  '',
  'start',
  'status --json',
  '--json status',
  'restart a -h',
  'logs a',
  'strat a',
  'stop -- a',
]) {
  test(`plainInvocation() leaves «appsup ${line}» to the whole table`, (t) =>
    t.is(plainInvocation(line.split(' ').filter(Boolean)), undefined));
}
