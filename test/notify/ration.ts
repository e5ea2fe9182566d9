import test from 'ava';

import type {ProcessNews} from '../../src/notify/news.ts';
import {FRESH, offer, opensAt, release} from '../../src/notify/ration.ts';
import type {Portion, Ration} from '../../src/notify/ration.ts';

const EVERY = 300;

type Kind = ProcessNews['notice'];

function newsOf(notice: Kind, at: number): ProcessNews {
  return {notice, at, app: 'a', process: 'web', state: 'running', reason: undefined, since: undefined};
}

/** What goes out and when: `fatal@0`, and with what was held back `recovered@305 (1 fatal)`. */
function sent(...offers: readonly (readonly [number, Kind])[]): readonly string[] {
  const out: string[] = [];
  const write = (portion: Portion | undefined, now: number): void => {
    if (portion === undefined) return;
    const held = Object.entries(portion.held?.counts ?? {}).map(([kind, count]) => `${count} ${kind}`);
    out.push(`${portion.news.notice}@${now}${held.length === 0 ? '' : ` (${held.join(', ')})`}`);
  };
  let ration: Ration = FRESH;
  const flush = (until: number): void => {
    const at = opensAt(ration, EVERY);
    if (at === undefined || at > until) return;
    const served = release(ration, at, EVERY);
    ({ration} = served);
    write(served.portion, at);
  };
  for (const [now, kind] of offers) {
    flush(now);
    const served = offer(ration, newsOf(kind, now), now, EVERY);
    ({ration} = served);
    write(served.portion, now);
  }
  flush(Infinity);
  return out;
}

const CASES: readonly (readonly [string, readonly (readonly [number, Kind])[], readonly string[]])[] = [
  ['the first news goes out at once', [[0, 'fatal']], ['fatal@0']],
  [
    'another kind goes out at once',
    [
      [0, 'fatal'],
      [10, 'recovered'],
    ],
    ['fatal@0', 'recovered@10'],
  ],
  [
    'the same kind waits for its time',
    [
      [0, 'fatal'],
      [10, 'fatal'],
    ],
    ['fatal@0', 'fatal@300'],
  ],
  [
    'after its time it goes out at once',
    [
      [0, 'fatal'],
      [300, 'fatal'],
    ],
    ['fatal@0', 'fatal@300'],
  ],
  [
    'of many that wait the last is told, with the number of the others',
    [
      [0, 'fatal'],
      [10, 'fatal'],
      [20, 'fatal'],
      [30, 'fatal'],
    ],
    ['fatal@0', 'fatal@300 (2 fatal)'],
  ],
  [
    'what is over by then is told as over',
    [
      [0, 'fatal'],
      [5, 'recovered'],
      [10, 'fatal'],
      [20, 'recovered'],
    ],
    ['fatal@0', 'recovered@5', 'recovered@305 (1 fatal)'],
  ],
  [
    'news that may go out takes along what waits',
    [
      [0, 'fatal'],
      [10, 'fatal'],
      [20, 'recovered'],
    ],
    ['fatal@0', 'recovered@20 (1 fatal)'],
  ],
];

for (const [title, offers, expected] of CASES)
  test(`offer(): ${title}`, (t) => t.deepEqual(sent(...offers), expected));

test('release() lets nothing out before its time, and nothing twice', (t) => {
  const first = offer(FRESH, newsOf('fatal', 0), 0, EVERY).ration;
  const held = offer(first, newsOf('fatal', 10), 10, EVERY).ration;
  t.is(release(held, 299, EVERY).portion, undefined);
  const {ration, portion} = release(held, 300, EVERY);
  t.is(portion?.news.at, 10);
  t.is(portion?.held, undefined);
  t.is(release(ration, 10_000, EVERY).portion, undefined);
});
