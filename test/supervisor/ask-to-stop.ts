import test from 'ava';

import type {Launch, StopSignal} from '../../src/core/program-spec.ts';
import {workersHear} from '../../src/supervisor/ask-to-stop.ts';

const GUNICORN: Launch = {
  kind: 'gunicorn',
  target: 'wsgi',
  workers: 2,
  threads: 1,
  workerClass: undefined,
  args: [],
};
const BY_HAND: Launch = {kind: 'command', argv: ['/home/alice/venv/bin/gunicorn', 'wsgi']};

const TOLD: readonly [Launch, StopSignal, NodeJS.Signals | undefined][] = [
  [GUNICORN, 'TERM', 'SIGTERM'],
  [BY_HAND, 'TERM', 'SIGTERM'],
  [GUNICORN, 'INT', 'SIGQUIT'],
  [GUNICORN, 'QUIT', 'SIGQUIT'],
  [GUNICORN, 'HUP', undefined],
  [{kind: 'command', argv: ['node', 'gunicorn']}, 'TERM', undefined],
];

for (const [launch, stopSignal, told] of TOLD)
  test(`workersHear() of ${launch.kind === 'command' ? launch.argv.join(' ') : launch.kind} that is stopped by ${stopSignal}: ${told ?? 'nothing'}`, (t) => {
    t.is(workersHear({launch, stopSignal}), told);
  });
