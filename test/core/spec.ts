import test from 'ava';

import {processNames, webProgram} from '../../src/core/spec.ts';
import type {ProgramSpec} from '../../src/core/spec.ts';
import {appSpec, programSpec} from '../helpers/spec.ts';

function program(name: string, changes: Partial<ProgramSpec> = {}): ProgramSpec {
  return programSpec({name, ...changes});
}

const app = appSpec;

test('webProgram() is the program that listens, by whatever means', (t) => {
  for (const listen of ['socket', 'port'] as const) {
    t.is(webProgram(app([program('queue'), program('web', {listen})]))?.name, 'web');
  }
});

test('webProgram() is undefined for an app that serves nothing', (t) => {
  t.is(webProgram(app([program('queue')])), undefined);
  t.is(webProgram(app([])), undefined);
});

test('processNames() of one process is the name of the program', (t) => {
  t.deepEqual(processNames(program('queue')), ['queue']);
});

test('processNames() of several are numbered from 00', (t) => {
  t.deepEqual(processNames(program('queue', {numprocs: 3})), ['queue_00', 'queue_01', 'queue_02']);
  t.is(processNames(program('queue', {numprocs: 101})).at(-1), 'queue_100');
});

test('processNames() of none are none', (t) => {
  t.deepEqual(processNames(program('queue', {numprocs: 0})), []);
});
