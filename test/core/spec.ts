import test from 'ava';

import {processNames, webProgram, type AppSpec, type ProgramSpec} from '../../src/core/spec.ts';

function program(name: string, changes: Partial<ProgramSpec> = {}): ProgramSpec {
  return {
    name,
    launch: {kind: 'command', argv: ['true']},
    listen: 'none',
    numprocs: 1,
    restart: 'always',
    startMs: 1000,
    readyMs: 60_000,
    readiness: {kind: 'none'},
    giveUp: 10,
    backoffMs: 1000,
    backoffCapMs: 60_000,
    stopSignal: 'TERM',
    stopMs: 30_000,
    overlap: true,
    after: [],
    directory: '/home/alice/tasks',
    env: {},
    umask: 0o027,
    ...changes,
  };
}

function app(programs: readonly ProgramSpec[]): AppSpec {
  return {
    name: 'tasks',
    file: '/home/alice/.config/appsup/apps/tasks.toml',
    directory: '/home/alice/tasks',
    mount: '/alice_tasks',
    prefix: 'keep',
    port: undefined,
    python: 'auto',
    envFiles: [],
    env: {},
    programs,
  };
}

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
