import test from 'ava';
import fc from 'fast-check';

import {distance, nearest} from '../../src/core/nearest.ts';

const KEYS = ['stop_signal', 'stop_timeout', 'start_time', 'env', 'env_file', 'args', 'after'];

for (const [word, meant] of [
  ['stop_singal', 'stop_signal'],
  ['stop-signal', 'stop_signal'],
  ['STOP_SIGNAL', 'stop_signal'],
  ['stoptimeout', 'stop_timeout'],
  ['env_fil', 'env_file'],
  ['evn', 'env'],
  ['arg', 'args'],
  ['colour', undefined],
  ['x', undefined],
  ['', undefined],
  ['s'.repeat(100_000), undefined],
] as const) {
  test(`nearest() takes "${word.slice(0, 20)}" for ${meant ?? 'none of the keys'}`, (t) => {
    t.is(nearest(word, KEYS), meant);
  });
}

test('nearest() finds any key in which two neighbours were swapped', (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...KEYS), fc.nat(), (key, seed) => {
      const at = seed % (key.length - 1);
      const swapped = key.slice(0, at) + (key[at + 1] ?? '') + (key[at] ?? '') + key.slice(at + 2);
      t.is(distance(swapped, key) <= 1, true);
      t.is(nearest(swapped, KEYS), key);
    }),
  );
});

test('distance() is 0 only for equal words, and the same both ways', (t) => {
  const word = fc.string({maxLength: 12});
  fc.assert(
    fc.property(word, word, (a, b) => {
      t.is(distance(a, b), distance(b, a));
      t.is(distance(a, b) === 0, a === b);
    }),
  );
});
