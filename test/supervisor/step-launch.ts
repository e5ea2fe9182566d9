import test from 'ava';

import {programForStep, stepEnvironment} from '../../src/supervisor/step-launch.ts';
import {jobSpec} from '../helpers/run-world.ts';
import {appSpec} from '../helpers/spec.ts';

const FILES = {exit: '/run/exit', note: '/run/note', scratch: '/run/scratch'};

test('programForStep() runs the command of the phase, with what the job sets', (t) => {
  const app = appSpec([], {jobs: [jobSpec({env: {TIDY: '1'}})]});
  const action = {
    kind: 'command',
    argv: ['tidy'],
    unless: ['is-tidy'],
    directory: '/srv',
    timeoutMs: 1,
    ifChanged: [],
    withoutPython: false,
  } as const;
  t.like(programForStep(app, 'tidy', action, 'main'), {
    launch: {kind: 'command', argv: ['tidy']},
    listen: 'none',
    restart: 'never',
    directory: '/srv',
    env: {TIDY: '1'},
  });
  t.like(programForStep(app, 'tidy', action, 'unless').launch, {argv: ['is-tidy']});
});

for (const [given, made] of [
  [undefined, 'ssh -o BatchMode=yes'],
  ['/usr/bin/ssh -i key', '/usr/bin/ssh -i key -o BatchMode=yes'],
  ['ssh -o batchmode=no', 'ssh -o batchmode=no'],
  ['./wrapper', './wrapper'],
] as const) {
  test(`a step's git asks nobody: ${given ?? 'no command'} becomes ${made}`, (t) => {
    const env = stepEnvironment(given === undefined ? {} : {GIT_SSH_COMMAND: given}, FILES);
    t.is(env['GIT_SSH_COMMAND'], made);
    t.like(env, {GIT_TERMINAL_PROMPT: '0', APPSUP_NOTE: '/run/note', APPSUP_SCRATCH: '/run/scratch'});
  });
}

test("a step's environment may say otherwise for pip, and not for where its notes lie", (t) => {
  const env = stepEnvironment({PIP_NO_INPUT: '0', APPSUP_NOTE: '/else'}, FILES);
  t.like(env, {PIP_NO_INPUT: '0', APPSUP_NOTE: '/run/note'});
});
