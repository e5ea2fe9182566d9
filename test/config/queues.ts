import test from 'ava';

import {advice, findings, programOf} from '../helpers/read-app.ts';

function text(program: string, head = ''): string {
  return `directory = "~/flask-tasks"\n${head}[programs.queue]\n${program}\n`;
}

const ROWS = [
  ['huey = "tasks.huey"', 'tasks.huey', 1, 'INT'],
  ['huey = "backend/manage.py"\nworkers = 4', '/home/alice/flask-tasks/backend/manage.py', 4, 'INT'],
  ['celery = "tasks:app"', 'tasks:app', 2, 'TERM'],
  ['rq = "high default"', 'high default', 1, 'TERM'],
  ['dramatiq = "tasks"', 'tasks', 2, 'TERM'],
] as const;

for (const [program, target, workers, signal] of ROWS) {
  test(`readApp() has ${program.split('\n', 1)[0]} serve nothing, stopped by ${signal} with five minutes for its job`, (t) => {
    const {launch, listen, readiness, stopSignal, stopMs, startMs} = programOf(text(program));
    t.like(launch, {target, workers, args: []});
    t.deepEqual(
      [listen, readiness.kind, stopSignal, stopMs, startMs],
      ['none', 'none', signal, 300_000, 3000],
    );
  });
}

test('readApp() takes what is said of a queue before its defaults', (t) => {
  const program = programOf(
    text('huey = "tasks.huey"\nstop_signal = "TERM"\nstop_timeout = "1h"\nstart_time = "1s"'),
  );
  t.like(program, {stopSignal: 'TERM', stopMs: 3_600_000, startMs: 1000});
});

const REFUSED = [
  [
    'huey = "tasks:huey"',
    'Expected "huey" to be module.huey or a manage.py: got "tasks:huey" | did you mean "tasks.huey"?',
  ],
  [
    'huey = "tasks.py"',
    'Expected "huey" to be module.huey or a manage.py: got "tasks.py" | did you mean "tasks.huey"?',
  ],
  [
    'celery = "jobs/tasks.py"',
    'Expected "celery" to be module or module:app: got "jobs/tasks.py" | did you mean "jobs.tasks"?',
  ],
  [
    'rq = "--burst"',
    'Expected "rq" to be names of queues: got "--burst" | as "high default"; options belong into args',
  ],
  ['dramatiq = "a b"', 'Expected "dramatiq" to be module: got "a b" | as "tasks"; options belong into args'],
] as const;

for (const [program, expected] of REFUSED) {
  test(`readApp() refuses ${program}`, (t) => {
    t.deepEqual(advice(text(program)), [`3:${program.indexOf('"') + 1} ${expected}`]);
  });
}

test('readApp() knows that a queue serves nothing and has no threads', (t) => {
  const [listens] = findings(text('celery = "tasks"\nlisten = "port"'));
  t.is(listens, '4:10 "queue" is a worker of celery, which serves nothing');
  const [threads] = findings(text('rq = "high"\nthreads = 2'));
  t.is(threads, '4:1 "threads" means nothing to "rq": it is for gunicorn or uwsgi');
});
