import test from 'ava';

import {processNames} from '../../src/core/program-spec.ts';
import {gatewayFor, webProgram} from '../../src/core/spec.ts';
import type {ProgramSpec} from '../../src/core/program-spec.ts';
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

test('gatewayFor() is the gateway with the longest mount in front of an app’s, and none for a gateway itself', (t) => {
  const gateway = (name: string, mount: string) =>
    app([program('web', {listen: 'socket', launch: {kind: 'gateway'}})], {name, mount});
  const web = (mount: string) => app([program('web', {listen: 'socket'})], {name: 'tasks', mount});
  const all = [gateway('one', '/alice'), gateway('two', '/alice/two')];
  t.is(gatewayFor(web('/alice/tasks'), all)?.name, 'one');
  t.is(gatewayFor(web('/alice/two/tasks'), all)?.name, 'two');
  t.is(gatewayFor(web('/alice_tasks'), all), undefined);
  t.is(gatewayFor(web('/alicex/tasks'), all), undefined);
  t.is(gatewayFor(web('/x'), [gateway('host', '')])?.name, 'host');
  t.is(gatewayFor(gateway('two', '/alice/two'), all), undefined);
});
