import test from 'ava';

import {isShellScript, readScript} from '../../../src/compat/shell/read.ts';

const ALICE = {username: 'alice', uid: 1000, home: '/home/alice', hostname: 'eco', env: {}};

function read(text: string) {
  return readScript('/home/alice/backscope/server/production.sh', text, ALICE);
}

test('N8: readScript() makes a step of what is installed at each start, and the program of the last command', (t) => {
  const imported = read(`#!/bin/bash
# As on the server.
set -e
cd /home/alice/backscope || exit 1
source .venv/bin/activate && sh tools/install-requirements.sh && pip install gunicorn &&
export GIT_REVISION_HASH=$(sudo -u scope git rev-parse --short HEAD)
export SECRET_KEY='a b'; MOOD=good
gunicorn --workers 3 --bind unix:/home/alice/backscope/backscope.sock \\
  -m 777 wsgi:app
`);
  t.deepEqual(
    imported.remarks.map(({line, fate, what}) => `${line} ${fate} ${what}`),
    [
      '3 dropped set -e',
      '4 taken cd /home/alice/backscope',
      '5 taken source .venv/bin/activate',
      '5 changed sh tools/install-requirements.sh',
      '5 changed pip install gunicorn',
      '6 changed export GIT_REVISION_HASH=$(sudo -u scop…',
      "7 taken export SECRET_KEY='a b'",
      '7 taken MOOD=good',
      '8 changed gunicorn --workers 3 --bind unix:/home/…',
    ],
  );
  t.deepEqual(imported.apps, [
    {
      name: 'backscope',
      choice: {
        directory: '/home/alice/backscope',
        python: '/home/alice/backscope/.venv',
        env: {MOOD: 'good'},
        computed: {GIT_REVISION_HASH: 'git rev-parse --short HEAD'},
        programs: [
          {
            name: 'web',
            launch: {
              kind: 'gunicorn',
              target: 'wsgi:app',
              workers: 3,
              threads: 1,
              workerClass: undefined,
              args: ['-m', '777'],
            },
          },
        ],
        tasks: [
          {
            name: 'prepare',
            steps: ['sh tools/install-requirements.sh', 'pip install gunicorn'],
            finish: 'restart',
          },
        ],
      },
      secrets: new Map([['SECRET_KEY', 'a b']]),
    },
  ]);
});

test('N8: readScript() finds its directory by its own place, and a program that binds $PORT', (t) => {
  const {apps} = read('cd "$(dirname "$0")"\nexec node server.js --port "$PORT"\n');
  t.is(apps[0]?.choice.directory, '/home/alice/backscope/server');
  t.like(apps[0]?.choice.programs[0], {
    listen: 'port',
    launch: {kind: 'command', argv: ['node', 'server.js', '--port', '$PORT']},
  });
});

for (const text of [
  'if true; then\nnode server.js\nfi\n',
  'cd "$SOMEWHERE"\nnode server.js\n',
  'export A=$B\nnode server.js\n',
  'cat x | sort\nnode server.js\n',
  'pip install "$WHAT"\nnode server.js\n',
  'node server.js $ARGS\n',
  'node server.js &\n',
  'pip install x\nexport A=1 B\n',
]) {
  test(`N8: readScript() refuses what a shell alone understands: ${JSON.stringify(text)}`, (t) => {
    const {apps, remarks} = read(text);
    t.deepEqual(apps, []);
    t.true(remarks.some(({fate}) => fate === 'refused'));
  });
}

test('isShellScript() knows a script by its name or its first line', (t) => {
  t.true(isShellScript('/x/run.sh', ''));
  t.true(isShellScript('/x/run', '#!/usr/bin/env bash\n'));
  t.true(isShellScript('/x/run', '#!/bin/sh\n'));
  t.false(isShellScript('/x/run', '#!/usr/bin/python3\n'));
  t.false(isShellScript('/x/supervisord.conf', '[supervisord]\n'));
});
