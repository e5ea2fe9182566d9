import test from 'ava';

import type {Launch, QueueKind} from '../../src/core/program-spec.ts';
import {queue} from '../../src/launch/queue.ts';
import {complaint, layOut, startOf, temporaryHome} from '../helpers/launch-start.ts';

type Queue = Extract<Launch, {kind: QueueKind}>;

function plan(kind: QueueKind, target: string, changes: Partial<Queue> = {}, version = '1.13.0') {
  const launch: Queue = {kind, target, workers: 1, args: [], ...changes};
  const start = startOf(launch, {program: {listen: 'none'}});
  return queue(start, launch, {argv: ['/p/python', '/p/tool'], version}, '/p/python');
}

const ROWS: readonly [QueueKind, string, Partial<Queue>, string][] = [
  ['huey', 'tasks.huey', {workers: 3}, '-m huey.bin.huey_consumer tasks.huey --workers 3'],
  [
    'huey',
    'tasks.huey',
    {args: ['-k', 'process']},
    '-m huey.bin.huey_consumer tasks.huey --workers 1 -k process',
  ],
  ['celery', 'tasks:app', {workers: 4}, '-m celery -A tasks:app worker --concurrency 4 --loglevel INFO'],
  ['celery', 'tasks', {args: ['-l', 'ERROR']}, '-m celery -A tasks worker --concurrency 1 -l ERROR'],
  ['rq', 'high default', {args: ['--burst']}, '-m rq.cli worker high default --burst'],
  ['dramatiq', 'tasks', {workers: 2, args: ['-t', '1']}, '-m dramatiq tasks --processes 2 -t 1'],
];
for (const [kind, target, changes, argv] of ROWS) {
  test(`queue() runs ${kind} ${JSON.stringify(changes)} as ${argv}`, (t) => {
    const server = plan(kind, target, changes);
    t.deepEqual(server.argv, ['/p/python', ...argv.split(' ')]);
    t.deepEqual([server.sockets, server.listenFds], [[], false]);
  });
}

test('queue() runs several workers of rq by the pool, of which rq before 1.14 knows nothing', (t) => {
  const {argv} = plan('rq', 'high', {workers: 3}, '1.14.0');
  t.is(argv.slice(1).join(' '), '-m rq.cli worker-pool --num-workers 3 high');
  t.deepEqual(
    complaint(() => plan('rq', 'high', {workers: 3})),
    [
      'CONFIG',
      'Cannot start "tasks:web": rq 1.13.0 runs one job at a time, and workers is 3',
      'numprocs = 3 instead of workers: appsup edit tasks',
    ],
  );
});

test('queue() runs huey by the manage.py of a Django project, which has to be there', (t) => {
  const home = temporaryHome(t);
  layOut(home, {'manage.py': ''});
  const {argv} = plan('huey', `${home}/manage.py`);
  t.deepEqual(argv, ['/p/python', `${home}/manage.py`, 'run_huey', '--workers', '1']);
  t.is(complaint(() => plan('huey', '/nowhere/manage.py'))[0], 'NOT_FOUND');
});

test('queue() refuses a celery that goes into the background', (t) => {
  for (const option of ['--detach', '-D'])
    t.is(complaint(() => plan('celery', 'tasks', {args: [option]}))[0], 'CONFIG');
});
