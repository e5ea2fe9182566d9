import test from 'ava';

import type {UnitState} from '../../src/core/state.ts';
import type {HostedApp} from '../../src/supervisor/hosted-app.ts';
import {recordOf} from '../../src/supervisor/record-of.ts';
import type {Unit} from '../../src/supervisor/unit.ts';
import {appSpec, programSpec} from '../helpers/spec.ts';

const FILED = appSpec([programSpec({startMs: 1})]);
const RUNNING = appSpec([programSpec({startMs: 2})]);
const DONE: UnitState = {id: 'exited', exit: {code: 0, signal: undefined}};

const APP = {spec: FILED} as HostedApp;

/** As much of a unit as its record is made of. */
function unit(fields: object): Unit {
  const nothing = {
    state: {id: 'stopped'},
    main: undefined,
    candidate: undefined,
    leaving: [],
    restarts: 3,
    since: 5,
  };
  return {id: {app: 'tasks', process: 'web'}, ...nothing, ...fields} as unknown as Unit;
}

function started(pid: number) {
  return {app: RUNNING, process: {record: {pid}}};
}

test('recordOf() has nothing to say of a unit without a process', (t) => {
  t.is(recordOf(APP, unit({}), 'boot'), undefined);
  t.is(recordOf({spec: undefined} as HostedApp, unit({state: DONE}), 'boot'), undefined);
});

test('recordOf() names what serves with the app that it was started from, and all that has to go', (t) => {
  const leaving = [{record: {pid: 9}}];
  t.like(recordOf(APP, unit({main: started(7), candidate: started(8), leaving}), 'boot'), {
    version: 1,
    process: 'web',
    app: RUNNING,
    restarts: 3,
    main: {pid: 7},
    others: [{pid: 8}, {pid: 9}],
    done: undefined,
  });
  t.like(recordOf(APP, unit({leaving}), 'boot'), {app: FILED, main: undefined, others: [{pid: 9}]});
});

test('recordOf() remembers work that is done, for this boot', (t) => {
  t.deepEqual(recordOf(APP, unit({state: DONE}), 'boot')?.done, {
    bootId: 'boot',
    at: 5,
    exit: {code: 0, signal: undefined},
  });
});
