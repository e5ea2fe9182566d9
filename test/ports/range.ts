import test from 'ava';
import fc from 'fast-check';

import type {AppsupError} from '../../src/errors.ts';
import {formatRange, isWellKnown, parseRange, portsOf, rangeFor} from '../../src/ports/range.ts';
import type {RangeQuestion} from '../../src/ports/range.ts';

const ALICE = {uid: 1007, login: 'alice'};
const span = (text: string) => parseRange(text) ?? {first: Number.NaN, last: Number.NaN};

const ANSWERS: readonly (readonly [string, RangeQuestion, string, string])[] = [
  ['its default from the uid', ALICE, '20140-20159', 'default'],
  ['the first slot to the first uid', {...ALICE, uid: 1000}, '20000-20019', 'default'],
  ['the last slot below the ephemeral ports', {...ALICE, uid: 1637}, '32740-32759', 'default'],
  ['the first slot again after the last', {...ALICE, uid: 1638}, '20000-20019', 'default'],
  ['a slot to root', {...ALICE, uid: 0}, '25520-25539', 'default'],
  ["the user's range before the default", {...ALICE, user: span('21000-21009')}, '21000-21009', 'user'],
  [
    "the site file's range before the user's",
    {...ALICE, user: span('21000-21009'), site: {users: {alice: span('9000-9009')}}},
    '9000-9009',
    'site',
  ],
  [
    "the site's slots before the user's range",
    {...ALICE, user: span('21000-21009'), site: {base: 10_000, size: 100}},
    '10700-10799',
    'site',
  ],
  [
    "the user's range when the site names only others",
    {...ALICE, user: span('21000-21009'), site: {users: {bob: span('9000-9009')}}},
    '21000-21009',
    'user',
  ],
  [
    'nothing to a login that is a word of JavaScript',
    {uid: 1000, login: 'constructor', site: {users: {}}},
    '20000-20019',
    'default',
  ],
];

for (const [fact, question, range, source] of ANSWERS) {
  test(`rangeFor() gives ${fact}`, (t) => {
    const answer = rangeFor(question);
    t.deepEqual([formatRange(answer.range), answer.source, answer.warnings], [range, source, []]);
  });
}

test('rangeFor() refuses privileged, impossible and swapped ports', (t) => {
  for (const user of [
    span('1000-1100'),
    span('65530-65540'),
    span('21009-21000'),
    {first: 20_000.5, last: 20_010},
  ]) {
    const error = t.throws<AppsupError>(() => rangeFor({...ALICE, user}));
    t.is(error?.code, 'PORT_RANGE');
    t.truthy(error?.hint);
  }
});

test('rangeFor() warns of ports that outgoing connections may take, unless they are reserved', (t) => {
  const ephemeral = span('32768-60999');
  const question = {...ALICE, user: span('32760-32779'), ephemeral};
  t.regex(rangeFor(question).warnings.join('\n'), /ports 32768-32779 of your range 32760-32779/);
  t.deepEqual(rangeFor({...question, reserved: [span('32768-32779')]}).warnings, []);
  t.regex(rangeFor({...question, reserved: [span('32768-32778')]}).warnings.join('\n'), /port 32779 of/);
  t.deepEqual(rangeFor({...ALICE, ephemeral}).warnings, []);
});

test('rangeFor() gives neighbouring uids ranges that do not meet', (t) => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.integer({min: 1, max: 637}), (uid, distance) => {
      const a = rangeFor({...ALICE, uid}).range;
      const b = rangeFor({...ALICE, uid: uid + distance}).range;
      t.true(a.last < b.first || b.last < a.first);
      t.true(a.first >= 20_000 && a.last < 32_768);
    }),
  );
});

test('parseRange() reads back what formatRange() wrote, and nothing else', (t) => {
  fc.assert(
    fc.property(fc.nat(65_535), fc.nat(65_535), (first, last) => {
      t.deepEqual(parseRange(formatRange({first, last})), {first, last});
    }),
  );
  for (const text of ['', '20140', '20140-', '-20140', '1-2-3', '123456-123457', 'a-b', '20140-20159x']) {
    t.is(parseRange(text), undefined);
  }
});

test('portsOf() is empty for a swapped range', (t) => {
  t.deepEqual(portsOf({first: 3, last: 5}), [3, 4, 5]);
  t.deepEqual(portsOf({first: 5, last: 3}), []);
});

test('isWellKnown() knows the ports of databases', (t) => {
  t.true(isWellKnown(27_017));
  t.false(isWellKnown(20_140));
});
