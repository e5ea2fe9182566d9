import test from 'ava';
import fc from 'fast-check';

import {backoffDelay} from '../../src/core/backoff.ts';

const usual = {backoffMs: 1000, backoffCapMs: 60_000};

test('backoffDelay() doubles from the first failure on, up to the cap', (t) => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((tries) => backoffDelay(tries, usual));
  t.deepEqual(delays, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('backoffDelay() of no failure is that of the first', (t) => {
  t.is(backoffDelay(0, usual), 1000);
});

test('backoffDelay() is the cap when the first wait is longer', (t) => {
  t.is(backoffDelay(1, {backoffMs: 5000, backoffCapMs: 3000}), 3000);
});

test('backoffDelay() never shrinks, is never negative, and never above the cap', (t) => {
  const limits = fc.record({backoffMs: fc.nat(), backoffCapMs: fc.nat()});
  fc.assert(
    fc.property(fc.nat({max: 5000}), limits, (tries, spec) => {
      const delay = backoffDelay(tries, spec);
      t.true(delay >= 0 && delay <= spec.backoffCapMs);
      t.true(backoffDelay(tries + 1, spec) >= delay);
    }),
  );
});
