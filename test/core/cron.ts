import fc from 'fast-check';
import test from 'ava';

import {parseCron} from '../../src/core/cron.ts';

for (const [text, plain] of [
  ['0 3 * * *', '0 3 * * *'],
  ['  0   3 * *\t* ', '0 3 * * *'],
  ['*/30 * * * *', '*/30 * * * *'],
  ['15 0 3 * * *', '15 0 3 * * *'],
  ['0 9-17/2 * * MON-FRI', '0 9-17/2 * * 1-5'],
  ['0 0 1 jan,Jul *', '0 0 1 1,7 *'],
  ['0 0 * * 7', '0 0 * * 7'],
  ['5/15 * * * *', '5/15 * * * *'],
  ['0 0 29 2 *', '0 0 29 2 *'],
  ['0 0 30 2 1', '0 0 30 2 1'],
  ['@daily', '0 0 * * *'],
  ['@Hourly', '0 * * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@annually', '0 0 1 1 *'],
] as const) {
  test(`parseCron() reads ${JSON.stringify(text)}`, (t) => {
    const read = parseCron(text);
    t.like(read, {ok: true, text: plain});
  });
}

for (const [text, problem] of [
  ['', 'it has 0 fields'],
  ['* * * *', 'it has 4 fields'],
  ['* * * * * * *', 'it has 7 fields'],
  ['60 * * * *', 'its minute is "60"'],
  ['* 24 * * *', 'its hour is "24"'],
  ['* * 0 * *', 'its day of the month is "0"'],
  ['* * * 13 *', 'its month is "13"'],
  ['* * * * 8', 'its day of the week is "8"'],
  ['* * * * FRI-MON', 'its day of the week runs backwards: "FRI-MON"'],
  ['*/0 * * * *', 'its minute is "*/0"'],
  ['1,,2 * * * *', 'its minute is ""'],
  ['-1 * * * *', 'its minute is "-1"'],
  ['mon * * * *', 'its minute is "mon"'],
  ['0 0 30 2 *', 'it never comes: no feb has a day 30'],
  ['0 0 31 4,6,9,11 *', 'it never comes: no apr or jun or sep or nov has a day 31'],
  ['__proto__', 'it has 1 fields'],
  ['@never', 'there is no @never'],
  ['@reboot', 'there is no @reboot'],
] as const) {
  test(`parseCron() refuses ${JSON.stringify(text)}`, (t) => {
    t.like(parseCron(text), {ok: false, problem});
  });
}

test('parseCron() takes 7 for Sunday', (t) => {
  const read = parseCron('0 0 * * 5-7');
  t.deepEqual(read.ok && [...read.fields.weekdays], [5, 6, 0]);
});

test('parseCron() answers to anything', (t) => {
  fc.assert(fc.property(fc.string(), (text) => typeof parseCron(text).ok === 'boolean'));
  fc.assert(
    fc.property(
      fc.stringMatching(/^([\d*,/-]{1,4} ){4,5}[\d*,/-]{1,4}$/),
      (text) => typeof parseCron(text).ok === 'boolean',
    ),
  );
  t.pass();
});
