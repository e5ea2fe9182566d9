import test from 'ava';
import fc from 'fast-check';

import {compareRanks, stampOf} from '../../src/logs/archive.ts';
import {DEFAULT_LIMITS, nextLook, surplus} from '../../src/logs/limits.ts';
import type {Archive, LogLimits} from '../../src/logs/limits.ts';

const NOW = Date.UTC(2026, 10, 21);

function archive(log: string, ageMs: number, bytes = 10, serial = 0): Archive {
  const rank = {stamp: stampOf(NOW - ageMs), serial};
  return {file: `/logs/${log}.${rank.stamp}-${serial}`, log: `/logs/${log}`, rank, gzip: true, bytes};
}

const HOUR = 3_600_000;
const three = [archive('web.log', 3 * HOUR), archive('web.log', HOUR), archive('web.log', 2 * HOUR)];

for (const [title, limits, liveBytes, gone] of [
  ['nothing within the limits', {}, 0, []],
  ['the oldest above the count', {keep: 2}, 0, [3]],
  ['all with a count of 0', {keep: 0}, 0, [1, 2, 3]],
  ['what is too old', {keepMs: 2.5 * HOUR}, 0, [3]],
  ['the oldest above the total', {totalBytes: 25}, 0, [3]],
  ['the oldest when the logs themselves need the room', {totalBytes: 35}, 16, [2, 3]],
] as const) {
  test(`surplus() is ${title}`, (t) => {
    const found = surplus(three, {...DEFAULT_LIMITS, ...limits}, {wallMs: NOW, liveBytes});
    t.deepEqual(
      found.map(({rank}) => rank.stamp).toSorted(),
      gone.map((hours) => stampOf(NOW - hours * HOUR)).toSorted(),
    );
  });
}

test('surplus() counts each log of an app by itself, and their bytes together', (t) => {
  const both = [...three, archive('queue.log', 4 * HOUR), archive('queue.log', 5 * HOUR)];
  t.deepEqual(surplus(both, {...DEFAULT_LIMITS, keep: 2}, {wallMs: NOW, liveBytes: 0}), [three[0]]);
  const byTotal = surplus(both, {...DEFAULT_LIMITS, totalBytes: 40}, {wallMs: NOW, liveBytes: 0});
  t.deepEqual(
    byTotal.map(({log}) => log),
    ['/logs/queue.log'],
  );
});

test('surplus() leaves no holes: what is kept of a log is newer than what goes, and fits', (t) => {
  const archives = fc.uniqueArray(
    fc.record({
      log: fc.constantFrom('a.log', 'b.log'),
      age: fc.nat(100),
      bytes: fc.nat(50),
      serial: fc.nat(5),
    }),
    {selector: ({log, age, serial}) => `${log} ${age} ${serial}`},
  );
  const limits = fc.record({
    keep: fc.nat(6),
    totalBytes: fc.nat(300),
    keepMs: fc.option(fc.nat(100 * HOUR), {nil: undefined}),
  });
  fc.assert(
    fc.property(archives, limits, (list, chosen) => {
      const all = list.map(({log, age, bytes, serial}) => archive(log, age * HOUR, bytes, serial));
      const full: LogLimits = {...DEFAULT_LIMITS, ...chosen};
      const gone = new Set(surplus(all, full, {wallMs: NOW, liveBytes: 0}));
      const kept = all.filter((each) => !gone.has(each));
      const inOrder = [...gone].every((old) =>
        kept.every((each) => each.log !== old.log || compareRanks(old.rank, each.rank) < 0),
      );
      const fits = kept.reduce((sum, {bytes}) => sum + bytes, 0) <= chosen.totalBytes;
      return (
        inOrder &&
        fits &&
        ['a', 'b'].every(
          (log) => kept.filter((each) => each.log === `/logs/${log}.log`).length <= chosen.keep,
        )
      );
    }),
  );
  t.pass();
});

const MB = 1_000_000;
for (const [title, bytes, grown, elapsedMs, ms] of [
  ['a log that rests is left to the kernel', MB, 0, 1000, undefined],
  ['a slow log is looked at now and then', MB, 100, 1000, 400],
  ['a fast log is looked at when it will be full', 4 * MB, 20 * MB, 1000, 300],
  ['a flooded log is looked at soon', 9 * MB, 80 * MB, 400, 50],
  ['a log that is too large already is looked at soon', 11 * MB, MB, 400, 50],
] as const) {
  test(`nextLook(): ${title}`, (t) => t.is(nextLook({bytes, grown, elapsedMs}, {maxBytes: 10 * MB}), ms));
}
