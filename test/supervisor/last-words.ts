import test from 'ava';

import {lastWordsIn} from '../../src/supervisor/last-words.ts';

const GUNICORN = `[2026-11-20 10:00:00 +0000] [41] [INFO] Starting gunicorn 20.1.0
[2026-11-20 10:00:00 +0000] [42] [ERROR] Exception in worker process
Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/gunicorn/arbiter.py", line 589, in spawn_worker
    worker.init_process()
  File "/home/alice/flask-tasks/tasks/__init__.py", line 12, in <module>
    from .trials import Trial
ModuleNotFoundError: No module named 'tasks.trials'
[2026-11-20 10:00:00 +0000] [42] [INFO] Worker exiting (pid: 42)
[2026-11-20 10:00:00 +0000] [41] [INFO] Shutting down: Master
[2026-11-20 10:00:00 +0000] [41] [INFO] Reason: Worker failed to boot.
`;

test("lastWordsIn() finds the exception of a traceback behind gunicorn's closing lines, with its last frame", (t) => {
  t.deepEqual(lastWordsIn(GUNICORN), {
    reason: "ModuleNotFoundError: No module named 'tasks.trials'",
    lines: [
      '  File "/home/alice/flask-tasks/tasks/__init__.py", line 12, in <module>',
      '    from .trials import Trial',
      "ModuleNotFoundError: No module named 'tasks.trials'",
    ],
  });
});

test('lastWordsIn() names dotted exceptions and those of Node', (t) => {
  const dotted = 'redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379';
  t.is(lastWordsIn(`x\n${dotted}\n`).reason, dotted);
  const node = "Error: Cannot find module 'express'\nRequire stack:\n- /home/alice/server.js\n";
  t.is(lastWordsIn(node).reason, "Error: Cannot find module 'express'");
});

test('lastWordsIn() takes the last line of a program that says it in its own way', (t) => {
  t.deepEqual(lastWordsIn('starting\n\nno such queue\n\n'), {
    reason: 'no such queue',
    lines: ['starting', 'no such queue'],
  });
  t.deepEqual(lastWordsIn(''), {reason: undefined, lines: []});
});
