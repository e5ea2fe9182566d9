import test from 'ava';

import {rulesFor} from '../../src/supervisor/unit-rules.ts';
import {programSpec} from '../helpers/spec.ts';

const CURRENT = programSpec({readyMs: 1, stopMs: 7, giveUp: 3, backoffMs: 1000, backoffCapMs: 60_000});
const HTTP = {kind: 'http', path: '/', host: undefined, status: undefined, timeoutMs: 5000} as const;

test('rulesFor() takes what runs by its own spec, and the time to get ready from the newest', (t) => {
  const next = programSpec({readyMs: 9000, stopMs: 8, readiness: HTTP});
  t.deepEqual(rulesFor(CURRENT, next, false), {...CURRENT, readyMs: 9000});
});

test('rulesFor() gives a program that answers nothing the time to stay up besides', (t) => {
  const next = programSpec({readyMs: 9000, startMs: 500, readiness: {kind: 'none'}});
  t.is(rulesFor(CURRENT, next, false).readyMs, 9500);
});

for (const [backoffMs, backoffCapMs, patientMs] of [
  [1000, 60_000, 20_000],
  [1000, 5000, 5000],
  [30_000, 60_000, 30_000],
] as const) {
  test(`rulesFor() of a patient unit never gives up and waits ${patientMs} ms at most for ${backoffMs} to ${backoffCapMs}`, (t) => {
    const rules = rulesFor({...CURRENT, backoffMs, backoffCapMs}, CURRENT, true);
    t.like(rules, {giveUp: Infinity, backoffMs, backoffCapMs: patientMs});
  });
}
