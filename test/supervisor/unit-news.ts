import test from 'ava';

import type {Change, UnitState} from '../../src/core/state.ts';
import type {HostedApp} from '../../src/supervisor/hosted-app.ts';
import type {Unit} from '../../src/supervisor/unit.ts';
import {changeNews, healthNews} from '../../src/supervisor/unit-news.ts';

const APP = {waitsFor: () => undefined} as unknown as HostedApp;
const STOPPED: UnitState = {id: 'stopped'};
const DORMANT: UnitState = {id: 'dormant'};
const FATAL: UnitState = {id: 'fatal', why: 'exit 1'};
const PROVING: Change = {phase: 'proving', until: 9};
const ABANDONING: Change = {phase: 'abandoning', until: 9, why: 'late', again: false};

function running(change?: Change): UnitState {
  return {id: 'running', tries: 0, settles: undefined, change};
}

/** As much of a unit as its news are made of. */
function unit(state: UnitState, reason?: string): Unit {
  const lastChangeFailed = reason === undefined ? undefined : {reason};
  return {
    id: {app: 'tasks', process: 'web'},
    state,
    main: {process: {pid: 7}},
    lastChangeFailed,
  } as unknown as Unit;
}

const FACTS = {at: 5, app: 'tasks', process: 'web', pid: 7};

test('changeNews() tells of each state that has another name for supervisord', (t) => {
  t.deepEqual(changeNews(APP, unit(running()), STOPPED, 5), {
    level: 'info',
    message: 'stopped -> running',
    event: {type: 'state', ...FACTS, from: 'stopped', state: 'running', reason: undefined},
  });
  t.like(changeNews(APP, unit(FATAL), running(), 5), {level: 'error', event: {reason: 'exit 1'}});
  t.like(changeNews(APP, unit(DORMANT), running(), 5), {
    event: {state: 'stopped', reason: 'starts at the first request'},
  });
  t.is(changeNews(APP, unit(DORMANT), STOPPED, 5), undefined);
});

for (const [name, from, to, failed, phase] of [
  ['a candidate that is being proven', undefined, PROVING, undefined, 'proving'],
  ['one that took over', PROVING, undefined, undefined, 'replaced'],
  ['one that was given up', ABANDONING, undefined, 'late', 'gave-up'],
] as const) {
  test(`changeNews() tells of an overlapping restart: ${name}`, (t) => {
    t.deepEqual(changeNews(APP, unit(running(to), failed), running(from), 5), {
      level: 'info',
      message: `change: ${phase}`,
      event: {type: 'change', ...FACTS, phase, reason: failed},
    });
  });
}

test('changeNews() tells nothing of a change that nobody has to know', (t) => {
  t.is(changeNews(APP, unit(running(PROVING)), running(PROVING), 5), undefined);
  t.is(changeNews(APP, unit(running(ABANDONING)), running(PROVING), 5), undefined);
});

test('healthNews() warns of an unhealthy unit with the answer, and tells when it has recovered', (t) => {
  t.like(healthNews(unit(running()), {healthy: false, detail: '500', failures: 3}, 5), {
    level: 'warn',
    message: 'health: unhealthy',
    event: {type: 'health', at: 5, app: 'tasks', process: 'web', health: 'unhealthy', detail: '500'},
  });
  t.like(healthNews(unit(running()), {healthy: true}, 5), {
    level: 'info',
    event: {health: 'recovered', detail: undefined},
  });
});
