import fc from 'fast-check';
import test from 'ava';

import {askDue} from '../../src/schedule/due.ts';
import type {DueQuestion} from '../../src/schedule/due.ts';

const HOUR = 3_600_000;
/** Each full hour. */
const timetable = {next: (after: number) => (Math.floor(after / HOUR) + 1) * HOUR};
const ask = (fields: Partial<DueQuestion> = {}) =>
  askDue({timetable, delayOf: () => 0, since: 10 * HOUR, now: 10 * HOUR, ...fields});

for (const [what, question, expected] of [
  ['before its time', {now: 11 * HOUR - 1}, {due: false, at: 11 * HOUR, since: 10 * HOUR}],
  ['at its time', {now: 11 * HOUR}, {due: true, at: 11 * HOUR, since: 11 * HOUR}],
  ['late', {now: 11 * HOUR + 5}, {due: true, at: 11 * HOUR, since: 11 * HOUR + 5}],
  [
    'many times meanwhile, and once',
    {now: 100 * HOUR + 5},
    {due: true, at: 11 * HOUR, since: 100 * HOUR + 5},
  ],
  ['with a delay', {now: 11 * HOUR, delayOf: () => 60}, {due: false, at: 11 * HOUR + 60, since: 10 * HOUR}],
  [
    'after its delay',
    {now: 11 * HOUR + 60, delayOf: () => 60},
    {due: true, at: 11 * HOUR + 60, since: 11 * HOUR + 60},
  ],
  [
    'the clock was set back: not again',
    {since: 11 * HOUR, now: 10.5 * HOUR},
    {due: false, at: 12 * HOUR, since: 11 * HOUR},
  ],
  [
    'the clock was wrong by days: from now',
    {since: 100 * HOUR, now: 10.5 * HOUR},
    {due: false, at: 11 * HOUR, since: 10.5 * HOUR},
  ],
] as const) {
  test(`askDue(): ${what}`, (t) => {
    t.deepEqual(ask(question), expected);
  });
}

test('askDue() lets a job run at most once for each time of its schedule, however the clock is set', (t) => {
  const steps = fc.array(fc.integer({min: -2 * HOUR, max: 5 * HOUR}), {maxLength: 50});
  fc.assert(
    fc.property(steps, (moves) => {
      let [now, since] = [10 * HOUR, 10 * HOUR];
      const ran: number[] = [];
      for (const move of moves) {
        now = Math.max(now + move, since - 2 * HOUR);
        const answer = ask({now, since});
        if (answer.due) ran.push(Math.floor(now / HOUR));
        ({since} = answer);
      }
      return new Set(ran).size === ran.length;
    }),
  );
  t.pass();
});
