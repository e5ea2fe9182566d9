import test from 'ava';
import fc from 'fast-check';

import type {StateName} from '../../src/control/api.ts';
import type {ProcessNews} from '../../src/notify/news.ts';
import {FAILURES, LASTS_MS, UNTOLD, WINDOW_MS, lasted, missed, tellOn} from '../../src/notify/story.ts';
import type {ProcessEvent, Story} from '../../src/notify/story.ts';

const ID = {app: 'spectral', process: 'queue'} as const;

function state(from: StateName, to: StateName): ProcessEvent {
  return {
    type: 'state',
    at: 0,
    ...ID,
    from,
    state: to,
    pid: undefined,
    reason: to === 'running' ? undefined : 'exit 1',
  };
}

const unhealthy: ProcessEvent = {
  type: 'health',
  at: 0,
  ...ID,
  health: 'unhealthy',
  detail: 'GET / answered 500',
};
const recovered: ProcessEvent = {...unhealthy, health: 'recovered', detail: undefined};
const replaced: ProcessEvent = {type: 'change', at: 0, ...ID, phase: 'replaced', pid: 7, reason: undefined};

/** One second from event to event; a number is a pause. Recoveries happen as the notifier would have them. */
function told(...steps: readonly (ProcessEvent | number)[]): readonly string[] {
  let [story, now] = [UNTOLD, 0] as readonly [Story, number];
  const news: ProcessNews[] = [];
  const pass = (ms: number): void => {
    now += ms;
    if ((story.lasts ?? Infinity) > now) return;
    const chapter = lasted(story, {...ID, at: now});
    ({story} = chapter);
    if (chapter.news !== undefined) news.push(chapter.news);
  };
  for (const step of steps) {
    if (typeof step === 'number') {
      pass(step);
      continue;
    }
    pass(1000);
    const chapter = tellOn(story, {...step, at: now}, now);
    ({story} = chapter);
    if (chapter.news !== undefined) news.push(chapter.news);
  }
  return news.map(({notice, state: of, since}) =>
    [notice, of, ...(since === undefined ? [] : [since])].join(' '),
  );
}

const start = [state('stopped', 'starting'), state('starting', 'running')];
const crash = [state('running', 'starting'), state('starting', 'running')];
const backoff = [state('starting', 'backoff'), state('backoff', 'starting')];

const STORIES: readonly (readonly [string, readonly (ProcessEvent | number)[], readonly string[]])[] = [
  ['a start is no news', start, []],
  ['one crash that is mended is no news', [...start, ...crash], []],
  ['three crashes are no news', [...start, ...crash, ...crash, ...crash], []],
  [
    'the fourth crash within ten minutes is',
    [...start, ...crash, ...crash, ...crash, ...crash],
    ['fatal starting'],
  ],
  [
    'crashes that are far apart are no news',
    [...start, ...[1, 2, 3, 4, 5, 6].flatMap(() => [...crash, WINDOW_MS])],
    [],
  ],
  [
    'a program that ran and does not come up again is told once while it is tried',
    [...start, state('running', 'starting'), ...backoff, ...backoff, ...backoff, ...backoff, ...backoff],
    ['fatal backoff'],
  ],
  [
    'a program that never ran is told when it is given up, not before',
    [
      state('stopped', 'starting'),
      ...backoff,
      ...backoff,
      ...backoff,
      ...backoff,
      ...backoff,
      state('starting', 'fatal'),
    ],
    ['fatal fatal'],
  ],
  [
    'what kept failing and is given up is told again',
    [
      ...start,
      state('running', 'starting'),
      ...backoff,
      ...backoff,
      ...backoff,
      ...backoff,
      state('starting', 'fatal'),
    ],
    ['fatal backoff', 'fatal fatal'],
  ],
  [
    'a program in trouble recovers when it stays up',
    [state('stopped', 'starting'), state('starting', 'fatal'), ...start, LASTS_MS],
    ['fatal fatal', 'recovered running 2000'],
  ],
  [
    'a crash loop does not recover in each lap',
    [...start, ...crash, ...crash, ...crash, ...crash, ...crash, LASTS_MS - 2000, ...crash, LASTS_MS - 2000],
    ['fatal starting'],
  ],
  [
    'what the user stopped is over, and its next start no recovery',
    [state('starting', 'fatal'), state('fatal', 'stopped'), ...start, LASTS_MS],
    ['fatal fatal'],
  ],
  [
    'unhealthy is told once, however often it is said',
    [...start, unhealthy, unhealthy, unhealthy],
    ['unhealthy running'],
  ],
  [
    'a good answer ends it',
    [...start, unhealthy, recovered, LASTS_MS],
    ['unhealthy running', 'recovered running 3000'],
  ],
  ['recovered without trouble is no news', [...start, recovered], []],
  [
    'a replaced unhealthy process has recovered when the new one lasts',
    [...start, unhealthy, replaced, LASTS_MS],
    ['unhealthy running', 'recovered running 3000'],
  ],
  [
    'a replaced unhealthy process that is unhealthy again has not recovered',
    [...start, unhealthy, replaced, LASTS_MS / 2, unhealthy, LASTS_MS],
    ['unhealthy running'],
  ],
  ['a program that ends by itself in good order is no news', [...start, state('running', 'exited')], []],
];

for (const [title, steps, expected] of STORIES) {
  test(`tellOn(): ${title}`, (t) => t.deepEqual(told(...steps), expected));
}

test('missed() makes the recovery of what was not up after a boot news', (t) => {
  const {story} = tellOn(missed(UNTOLD, 5000), state('starting', 'running'), 9000);
  t.is(story.lasts, 9000 + LASTS_MS);
  t.is(lasted(story, {...ID, at: 70_000}).news?.since, 5000);
});

test('tellOn() keeps a bounded story, and between two recoveries there is trouble', (t) => {
  const names: readonly StateName[] = [
    'stopped',
    'starting',
    'running',
    'backoff',
    'stopping',
    'exited',
    'fatal',
  ];
  const event = fc.oneof(
    fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)).map(([from, to]) => state(from, to)),
    fc.constantFrom(unhealthy, recovered, replaced),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.integer({min: 0, max: 90_000})), {maxLength: 60}), (steps) => {
      let story: Story = UNTOLD;
      let now = 0;
      let inTrouble = false;
      for (const [each, pause] of steps) {
        now += pause;
        const chapter = tellOn(story, {...each, at: now}, now);
        ({story} = chapter);
        if (chapter.news?.notice === 'recovered') {
          if (!inTrouble) return false;
          inTrouble = false;
        } else if (chapter.news !== undefined) inTrouble = true;
        if (story.trouble === undefined) inTrouble = false;
        if (story.failures.length > FAILURES) return false;
        if (story.lasts !== undefined && story.trouble === undefined) return false;
      }
      return true;
    }),
  );
  t.pass();
});
