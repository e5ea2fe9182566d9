import test from 'ava';
import fc from 'fast-check';

import {
  EMPTY_PANE,
  KEPT_ROWS,
  appended,
  firstShown,
  levelOf,
  matcherOf,
  nextMatch,
  opened,
  scrolled,
  searched,
} from '../../src/dashboard/log-pane.ts';
import type {LogPane, LogRow} from '../../src/dashboard/log-pane.ts';

const row = (text: string): LogRow => ({from: undefined, text});
const numbered = (count: number, from = 0): readonly LogRow[] =>
  Array.from({length: count}, (_, at) => row(`line ${from + at}`));
const HEIGHT = 10;

function shownFirst(pane: LogPane): string | undefined {
  return pane.rows[firstShown(pane, HEIGHT)]?.text;
}

test('LogPane follows its end until somebody scrolls up, and follows again at the end', (t) => {
  const pane = opened(EMPTY_PANE, 'a', numbered(50));
  t.is(shownFirst(pane), 'line 40');
  t.is(shownFirst(appended(pane, numbered(5, 50))), 'line 45');
  const up = scrolled(pane, -5, HEIGHT);
  t.is(shownFirst(up), 'line 35');
  t.is(shownFirst(appended(up, numbered(5, 50))), 'line 35');
  t.true(scrolled(up, 5, HEIGHT).follows);
  t.is(shownFirst(scrolled(up, -Infinity, HEIGHT)), 'line 0');
});

test('LogPane shows the same lines although older ones are dropped', (t) => {
  const pane = scrolled(opened(EMPTY_PANE, 'a', numbered(KEPT_ROWS)), -100, HEIGHT);
  const before = shownFirst(pane);
  t.is(shownFirst(appended(pane, numbered(50, KEPT_ROWS))), before);
  t.is(appended(pane, numbered(50, KEPT_ROWS)).rows.length, KEPT_ROWS);
});

test('LogPane never shows less than it could', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({min: -30, max: 30}), fc.constantFrom('more' as const))),
      (moves) => {
        let pane = opened(EMPTY_PANE, 'a', numbered(15));
        for (const move of moves)
          pane = move === 'more' ? appended(pane, numbered(7)) : scrolled(pane, move, HEIGHT);
        const first = firstShown(pane, HEIGHT);
        t.true(first >= 0 && first <= pane.rows.length - HEIGHT);
      },
    ),
  );
});

test('search goes from the newest match upwards, and back', (t) => {
  const pane = opened(EMPTY_PANE, 'a', numbered(100));
  const found = searched(pane, '7', HEIGHT);
  t.is(found.here, 97);
  t.false(found.follows);
  const older = nextMatch(found, 'older', HEIGHT);
  t.is(older.here, 87);
  t.is(nextMatch(older, 'newer', HEIGHT).here, 97);
  t.is(nextMatch(found, 'newer', HEIGHT), found);
  t.is(searched(pane, 'nowhere', HEIGHT).here, undefined);
  t.true(searched(pane, 'nowhere', HEIGHT).follows);
});

test('what was found stays found while lines come and go', (t) => {
  const found = searched(opened(EMPTY_PANE, 'a', numbered(KEPT_ROWS)), 'line 4321', HEIGHT);
  const later = appended(found, numbered(500, KEPT_ROWS));
  t.is(later.rows[later.here ?? -1]?.text, 'line 4321');
  t.is(appended(found, numbered(KEPT_ROWS)).here, undefined);
});

test('matcherOf() takes small letters for capitals, and capitals for themselves', (t) => {
  t.deepEqual(matcherOf('err')('ERR error'), [0, 4]);
  t.deepEqual(matcherOf('ERR')('ERR error'), [0]);
  t.deepEqual(matcherOf('')('anything'), []);
  t.deepEqual(matcherOf('aa')('aaaa'), [0, 2]);
});

test('LogPane keeps lines as they can be shown, and not a megabyte of one', (t) => {
  const pane = opened(EMPTY_PANE, 'a', [row('\u001b[2J'), row('x'.repeat(1_000_000))]);
  t.is(pane.rows[0]?.text, String.raw`\x1b[2J`);
  t.is(pane.rows[1]?.text.length, 10_000);
});

const LEVELS: readonly (readonly [ReturnType<typeof levelOf>, string])[] = [
  ['bad', '[2026-11-21 08:00:00 +0000] [1] [ERROR] Exception in worker process'],
  ['bad', 'Traceback (most recent call last):'],
  ['bad', "ModuleNotFoundError: No module named 'tasks'"],
  ['bad', 'redis.exceptions.ConnectionError: Error 111'],
  ['bad', '{"level":50,"msg":"down"}'],
  ['bad', '{"level":"error","msg":"down"}'],
  ['care', '2026-11-21 08:00:00,123 WARNING slow'],
  ['care', 'warn - compiled with warnings'],
  ['care', '/x.py:3: DeprecationWarning: old'],
  ['dim', '2026-11-21 DEBUG sql'],
  ['plain', '[2026-11-21 08:00:00 +0000] [1] [INFO] Listening at'],
  ['plain', '127.0.0.1 - - "GET /errors HTTP/1.1" 200'],
  ['plain', 'no error at all'],
];

for (const [level, line] of LEVELS) {
  test(`levelOf() is ${level} for ${line}`, (t) => {
    t.is(levelOf(line), level);
  });
}
