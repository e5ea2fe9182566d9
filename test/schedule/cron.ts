import fc from 'fast-check';
import test from 'ava';

import {parseCron} from '../../src/core/cron.ts';
import {timetable} from '../../src/schedule/cron.ts';
import {zoneNamed} from '../../src/schedule/zone.ts';

/** The moments of a schedule between two times, in UTC without the year: `03-28T01:30`. */
function moments(schedule: string, zone: string, from: string, to: string): readonly string[] {
  const {next} = timetable(schedule, zone);
  const found: string[] = [];
  for (let at = next(Date.parse(from)); at <= Date.parse(to); at = next(at))
    found.push(new Date(at).toISOString().slice(5, 16));
  return found;
}

/*
 * The nights in which the clocks are set, 2027. Forward: London 28 March 01:00 UTC (01:00 becomes 02:00), New York 14 March 07:00
 * UTC (02:00 becomes 03:00), Lord Howe 2 October 15:30 UTC (02:00 becomes 02:30). Back: London 31 October 01:00 UTC (02:00 becomes
 * 01:00), New York 7 November 06:00 UTC (02:00 becomes 01:00), Lord Howe 3 April 15:00 UTC (02:00 becomes 01:30).
 */
for (const [what, schedule, zone, from, to, expected] of [
  [
    '02:30 is there as usual',
    '30 2 * * *',
    'Europe/London',
    '2027-03-27T12:00Z',
    '2027-03-29T12:00Z',
    '03-28T01:30 03-29T01:30',
  ],
  [
    '01:30 does not exist and is at 02:30',
    '30 1 * * *',
    'Europe/London',
    '2027-03-27T12:00Z',
    '2027-03-29T12:00Z',
    '03-28T01:30 03-29T00:30',
  ],
  [
    '02:30 is there as usual',
    '30 2 * * *',
    'Europe/London',
    '2027-10-30T12:00Z',
    '2027-11-01T12:00Z',
    '10-31T02:30 11-01T02:30',
  ],
  [
    '01:30 comes twice and counts once',
    '30 1 * * *',
    'Europe/London',
    '2027-10-30T12:00Z',
    '2027-11-01T12:00Z',
    '10-31T00:30 11-01T01:30',
  ],
  [
    'every half hour goes on evenly',
    '*/30 * * * *',
    'Europe/London',
    '2027-03-28T00:00Z',
    '2027-03-28T02:00Z',
    '03-28T00:30 03-28T01:00 03-28T01:30 03-28T02:00',
  ],
  [
    'every half hour runs in both passes',
    '*/30 * * * *',
    'Europe/London',
    '2027-10-31T00:00Z',
    '2027-10-31T02:00Z',
    '10-31T00:30 10-31T01:00 10-31T01:30 10-31T02:00',
  ],
  [
    'the even hours',
    '0 */2 * * *',
    'Europe/London',
    '2027-03-27T22:00Z',
    '2027-03-28T05:00Z',
    '03-28T00:00 03-28T01:00 03-28T03:00 03-28T05:00',
  ],
  [
    'the even hours',
    '0 */2 * * *',
    'Europe/London',
    '2027-10-30T21:00Z',
    '2027-10-31T04:00Z',
    '10-30T23:00 10-31T02:00 10-31T04:00',
  ],
  [
    '02:30 does not exist and is at 03:30',
    '30 2 * * *',
    'America/New_York',
    '2027-03-13T18:00Z',
    '2027-03-15T18:00Z',
    '03-14T07:30 03-15T06:30',
  ],
  [
    '02:30 is there as usual',
    '30 2 * * *',
    'America/New_York',
    '2027-11-06T18:00Z',
    '2027-11-08T18:00Z',
    '11-07T07:30 11-08T07:30',
  ],
  [
    '01:30 comes twice and counts once',
    '30 1 * * *',
    'America/New_York',
    '2027-11-06T18:00Z',
    '2027-11-08T18:00Z',
    '11-07T05:30 11-08T06:30',
  ],
  [
    'every half hour goes on evenly',
    '*/30 * * * *',
    'America/New_York',
    '2027-03-14T06:00Z',
    '2027-03-14T08:00Z',
    '03-14T06:30 03-14T07:00 03-14T07:30 03-14T08:00',
  ],
  [
    'every half hour runs in both passes',
    '*/30 * * * *',
    'America/New_York',
    '2027-11-07T05:00Z',
    '2027-11-07T07:00Z',
    '11-07T05:30 11-07T06:00 11-07T06:30 11-07T07:00',
  ],
  [
    '02:00 does not exist and is at 03:00',
    '0 */2 * * *',
    'America/New_York',
    '2027-03-14T04:30Z',
    '2027-03-14T10:00Z',
    '03-14T05:00 03-14T07:00 03-14T08:00 03-14T10:00',
  ],
  [
    'the even hours',
    '0 */2 * * *',
    'America/New_York',
    '2027-11-07T03:30Z',
    '2027-11-07T09:30Z',
    '11-07T04:00 11-07T07:00 11-07T09:00',
  ],
  [
    'half an hour: 02:30 is there as usual',
    '30 2 * * *',
    'Australia/Lord_Howe',
    '2027-10-02T05:00Z',
    '2027-10-03T18:00Z',
    '10-02T15:30 10-03T15:30',
  ],
  [
    'half an hour: 02:15 does not exist and is at 02:45',
    '15 2 * * *',
    'Australia/Lord_Howe',
    '2027-10-02T05:00Z',
    '2027-10-03T18:00Z',
    '10-02T15:45 10-03T15:15',
  ],
  [
    'half an hour: 02:30 is there as usual',
    '30 2 * * *',
    'Australia/Lord_Howe',
    '2027-04-03T05:00Z',
    '2027-04-04T18:00Z',
    '04-03T16:00 04-04T16:00',
  ],
  [
    'half an hour: 02:15 is there as usual',
    '15 2 * * *',
    'Australia/Lord_Howe',
    '2027-04-03T05:00Z',
    '2027-04-04T18:00Z',
    '04-03T15:45 04-04T15:45',
  ],
  [
    'half an hour: 01:45 comes twice and counts once',
    '45 1 * * *',
    'Australia/Lord_Howe',
    '2027-04-03T05:00Z',
    '2027-04-04T18:00Z',
    '04-03T14:45 04-04T15:15',
  ],
  [
    'half an hour: every half hour goes on evenly',
    '*/30 * * * *',
    'Australia/Lord_Howe',
    '2027-10-02T14:30Z',
    '2027-10-02T16:30Z',
    '10-02T15:00 10-02T15:30 10-02T16:00 10-02T16:30',
  ],
  [
    'half an hour: every half hour runs in both passes',
    '*/30 * * * *',
    'Australia/Lord_Howe',
    '2027-04-03T14:00Z',
    '2027-04-03T16:00Z',
    '04-03T14:30 04-03T15:00 04-03T15:30 04-03T16:00',
  ],
  [
    'half an hour: 02:00 does not exist and is at 02:30',
    '0 */2 * * *',
    'Australia/Lord_Howe',
    '2027-10-02T13:00Z',
    '2027-10-02T19:00Z',
    '10-02T13:30 10-02T15:30 10-02T17:00 10-02T19:00',
  ],
  [
    'half an hour: the even hours',
    '0 */2 * * *',
    'Australia/Lord_Howe',
    '2027-04-03T12:30Z',
    '2027-04-03T19:30Z',
    '04-03T13:00 04-03T15:30 04-03T17:30 04-03T19:30',
  ],
  [
    'no change: 02:30',
    '30 2 * * *',
    'Asia/Tokyo',
    '2027-03-27T12:00Z',
    '2027-03-29T12:00Z',
    '03-27T17:30 03-28T17:30',
  ],
  [
    'no change: every half hour',
    '*/30 * * * *',
    'Asia/Tokyo',
    '2027-03-28T00:00Z',
    '2027-03-28T01:00Z',
    '03-28T00:30 03-28T01:00',
  ],
  [
    'no change: the even hours',
    '0 */2 * * *',
    'Asia/Tokyo',
    '2027-10-31T00:00Z',
    '2027-10-31T04:00Z',
    '10-31T01:00 10-31T03:00',
  ],
  ['a year without its day', '0 0 29 2 *', 'UTC', '2097-01-01T00:00Z', '2105-01-01T00:00Z', '02-29T00:00'],
  [
    'seconds',
    '*/20 59 1 * * *',
    'Europe/London',
    '2027-10-30T12:00Z',
    '2027-10-31T12:00Z',
    '10-31T00:59 10-31T00:59 10-31T00:59',
  ],
] as const) {
  test(`${schedule} in ${zone}, from ${from.slice(0, 10)}: ${what}`, (t) => {
    t.deepEqual(moments(schedule, zone, from, to), expected.split(' '));
  });
}

test('a restart of the supervisor in the hour that comes twice repeats no job of a certain time', (t) => {
  const {next} = timetable('30 1 * * *', 'Europe/London');
  for (const after of ['2027-10-31T00:30Z', '2027-10-31T00:45Z', '2027-10-31T01:05Z', '2027-10-31T01:30Z'])
    t.is(new Date(next(Date.parse(after))).toISOString(), '2027-11-01T01:30:00.000Z', after);
});

const ZONES = [
  'UTC',
  'Europe/London',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'America/St_Johns',
  'Pacific/Apia',
];

test('every moment is after the one before, and matches the local clock unless that was left out', (t) => {
  const day = fc.record({
    minute: fc.constantFrom('*', '*/7', '*/30', '0', '15', '30', '59'),
    hour: fc.constantFrom('*', '*/2', '0', '1', '2', '3', '1-3', '23'),
  });
  const start = fc
    .integer({min: Date.UTC(2026, 0, 1) / 60_000, max: Date.UTC(2029, 0, 1) / 60_000})
    .map((minutes) => minutes * 60_000);
  fc.assert(
    fc.property(day, fc.constantFrom(...ZONES), start, ({minute, hour}, name, from) => {
      const schedule = `${minute} ${hour} * * *`;
      const {next} = timetable(schedule, name);
      const cron = parseCron(schedule);
      const zone = zoneNamed(name);
      const at = next(from);
      const local = new Date(at + zone.offsetAt(at));
      const matches =
        cron.ok &&
        cron.fields.minutes.has(local.getUTCMinutes()) &&
        cron.fields.hours.has(local.getUTCHours());
      const late = zone.offsetAt(at - 3_600_000) < zone.offsetAt(at);
      // A day is the longest that these wait, and an hour more where clocks are set back.
      return at > from && at <= from + 25 * 3_600_000 && (matches || late);
    }),
    {numRuns: 300},
  );
  t.pass();
});
