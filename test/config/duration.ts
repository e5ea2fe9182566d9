import test from 'ava';
import fc from 'fast-check';

import {formatDuration, parseDuration} from '../../src/config/duration.ts';

for (const [text, ms] of [
  ['0s', 0],
  ['500ms', 500],
  ['1s', 1000],
  ['1.5s', 1500],
  ['1m30s', 90_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  ['1d2h3m4s5ms', 93_784_005],
  ['', undefined],
  ['5', undefined],
  ['s', undefined],
  ['5 s', undefined],
  ['-5s', undefined],
  ['30s1m', undefined],
  ['5sec', undefined],
  ['1e3s', undefined],
] as const) {
  test(`parseDuration() reads "${text}" as ${ms ?? 'no duration'}`, (t) => {
    t.is(parseDuration(text), ms);
  });
}

test('formatDuration() writes what parseDuration() reads back', (t) => {
  fc.assert(fc.property(fc.nat(), (ms) => t.is(parseDuration(formatDuration(ms)), ms)));
});
