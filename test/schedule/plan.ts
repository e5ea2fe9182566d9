import {execFileSync} from 'node:child_process';

import test from 'ava';

import type {TaskSpec, TaskWork} from '../../src/core/task-spec.ts';
import {planOf} from '../../src/schedule/plan.ts';
import {stepSpec} from '../helpers/run-world.ts';
import {appSpec, programSpec} from '../helpers/spec.ts';

function planFor(work: TaskWork, fields: Partial<TaskSpec> = {}, launch = programSpec().launch) {
  const task = {
    name: 'x',
    work,
    stop: false,
    finish: undefined,
    confirm: undefined,
    directory: '/srv/x',
    timeoutMs: 1000,
    env: {},
    ...fields,
  };
  return planOf(appSpec([programSpec({launch, listen: 'socket'})]), task);
}

const names = (steps: readonly {readonly name: string}[]) => steps.map(({name}) => name);
const STEPS: TaskWork = {kind: 'steps', steps: [stepSpec('a'), stepSpec('b')]};
const UPDATE: TaskWork = {
  kind: 'update',
  requirements: '/srv/x/requirements.txt',
  migrate: [stepSpec('up')],
  build: [stepSpec('make')],
  health: '/api',
};
const REBUILD: TaskWork = {
  kind: 'rebuild-venv',
  requirements: '/srv/x/requirements.txt',
  basePython: 'python3',
  packages: [],
  check: undefined,
};
const RESET: TaskWork = {
  kind: 'reset-database',
  database: 'db',
  createdb: ['-E', 'UTF8'],
  dropdb: [],
  migrate: [stepSpec('up')],
};
const GUNICORN = {
  kind: 'gunicorn',
  target: 'wsgi:app',
  workers: 1,
  threads: 1,
  workerClass: undefined,
  args: [],
} as const;

for (const [what, work, fields, expected] of [
  ['steps', STEPS, {}, ['a', 'b']],
  ['steps with stop', STEPS, {stop: true}, ['stop', 'a', 'b', 'start']],
  ['steps with then', STEPS, {finish: 'reload'}, ['a', 'b', 'reload']],
  [
    'update',
    UPDATE,
    {},
    [
      'git pull --ff-only',
      'pip install -r requirements.txt',
      'up',
      'make',
      'restart',
      'health /api',
      'clean up',
    ],
  ],
  ['reset-database', RESET, {stop: true}, ['stop', 'dropdb db', 'createdb -E UTF8 db', 'up', 'start']],
  [
    'build',
    {kind: 'build', build: [stepSpec('make')], output: '/srv/x/dist', link: '/srv/x/public', keep: 3},
    {finish: 'restart'},
    ['make', 'switch public', 'restart'],
  ],
] as const) {
  test(`planOf() of ${what}`, (t) => {
    t.deepEqual(names(planFor(work, fields).steps), expected);
  });
}

test('planOf() of update and rebuild-venv knows the way back', (t) => {
  t.deepEqual(names(planFor(UPDATE).undo), ['git reset', 'put the environment back', 'restart']);
  t.deepEqual(names(planFor(REBUILD).undo), ['put the environment back', 'restart']);
  t.deepEqual(planFor(RESET).undo, []);
});

test('planOf() of rebuild-venv installs the server of the app and imports what it serves', (t) => {
  const {steps} = planFor(REBUILD, {}, GUNICORN);
  t.deepEqual(names(steps), [
    'python3 -m venv',
    'pip install -r requirements.txt',
    'import wsgi:app',
    'switch',
    'restart',
    'health',
    'clean up',
  ]);
  const words = steps.map(({action}) => (action.kind === 'command' ? action.argv.slice(4) : []));
  t.deepEqual(words.slice(0, 3), [
    ['auto', 'python3'],
    ['/srv/x/requirements.txt', 'gunicorn'],
    ['gunicorn', 'wsgi:app'],
  ]);
});

test('every script of the recipes is sh', (t) => {
  const plans = [
    planFor(UPDATE),
    planFor(REBUILD, {}, GUNICORN),
    planFor({kind: 'build', build: [], output: '/a', link: '/b', keep: 1}),
  ];
  const scripts = plans
    .flatMap(({steps, undo}) => [...steps, ...undo])
    .flatMap(({action}) =>
      action.kind === 'command' && action.argv[0] === '/bin/sh' ? [action.argv[2] ?? ''] : [],
    );
  t.true(scripts.length > 10);
  for (const script of scripts)
    t.notThrows(() => execFileSync('/bin/sh', ['-n', '-c', script], {stdio: 'pipe'}));
});
