import test from 'ava';

import {hasComeUp, rollCall} from '../../src/supervisor/after-boot.ts';
import type {Desired} from '../../src/supervisor/desired.ts';
import type {HostedApp} from '../../src/supervisor/hosted-app.ts';
import type {UnitState} from '../../src/core/state.ts';

const RUNNING: UnitState = {id: 'running', tries: 0, settles: undefined, change: undefined};
const BACKOFF: UnitState = {id: 'backoff', tries: 3, until: 0, why: 'exit 1'};
const FATAL: UnitState = {id: 'fatal', why: 'exit 1'};
const DONE: UnitState = {id: 'exited', exit: {code: 0, signal: undefined}};
const FAILED: UnitState = {id: 'exited', exit: {code: 1, signal: undefined}};
const STOPPED: UnitState = {id: 'stopped'};

/** As much of an app as the roll call looks at. */
function app(
  name: string,
  units: Readonly<Record<string, readonly [Desired, UnitState]>>,
  readable = true,
): HostedApp {
  return {
    name,
    spec: readable ? {} : undefined,
    units: new Map(
      Object.entries(units).map(([process, [, state]]) => [process, {id: {app: name, process}, state}]),
    ),
    desired: ({process}: {readonly process: string}) => units[process]?.[0] ?? 'stopped',
  } as unknown as HostedApp;
}

test('rollCall() tells what is up and what is missing of all that is wished for', (t) => {
  const apps = [
    app('b', {
      web: ['running', RUNNING],
      queue: ['running', BACKOFF],
      once: ['running', DONE],
      oops: ['running', FAILED],
    }),
    app('a', {
      web: ['running', RUNNING],
      late: ['running', STOPPED],
      off: ['stopped', STOPPED],
      dead: ['running', FATAL],
    }),
  ];
  t.deepEqual(
    rollCall(apps, () => new Map()),
    {
      running: ['a:web', 'b:web'],
      missing: ['a:dead', 'a:late', 'b:oops', 'b:queue'],
    },
  );
});

test('rollCall() misses an app whose file is broken, if something of it ought to run', (t) => {
  const apps = [app('broken', {}, false), app('asleep', {}, false)];
  const wishes = (name: string) =>
    new Map<string, Desired>([['web', name === 'broken' ? 'running' : 'stopped']]);
  t.deepEqual(rollCall(apps, wishes), {running: [], missing: ['broken']});
});

for (const [state, expected] of [
  [RUNNING, true],
  [DONE, true],
  [FATAL, true],
  [BACKOFF, false],
  [STOPPED, false],
  [FAILED, false],
] as const) {
  test(`hasComeUp() is ${expected} for ${JSON.stringify(state)}`, (t) => {
    t.is(hasComeUp(app('a', {web: ['running', state], off: ['stopped', STOPPED]})), expected);
  });
}
