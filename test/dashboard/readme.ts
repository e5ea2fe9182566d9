import {readFileSync} from 'node:fs';

import test from 'ava';

import type {Message} from '../../src/dashboard/model.ts';
import {after, dashboard, keys, picture} from '../helpers/dashboard.ts';
import {NOW, appOf, infoOf, processOf} from '../helpers/fake-supervisor.ts';
import {blocksIn} from '../helpers/markdown.ts';

// The clock in the title is the user's.
process.env['TZ'] = 'UTC';

const THREE_DAYS = {since: NOW - 3 * 86_400_000};
const GOES = 'redis.exceptions.ConnectionError';

const LOG = [
  '[2026-11-21 09:59:55 +0000] [50211] [INFO] Booting worker with pid: 50211',
  '  File "/home/alice/spectral/jobs.py", line 12, in connect',
  '    connection.ping()',
  `${GOES}: Error 111 connecting to localhost:6379.`,
];

const REPORT = {
  supervisor: infoOf(),
  apps: [
    appOf({
      app: 'flasktasks',
      processes: [
        processOf({app: 'flasktasks', ...THREE_DAYS}),
        processOf({app: 'flasktasks', program: 'queue', pid: 41_880, ...THREE_DAYS}),
      ],
    }),
    appOf({
      app: 'spectral',
      processes: [
        processOf({
          app: 'spectral',
          state: 'backoff',
          pid: undefined,
          restarts: 6,
          reason: `exit 1: ${GOES}`,
          nextTryAt: NOW + 8000,
        }),
      ],
    }),
  ],
};

const usage = (cpu: number): Message => ({
  type: 'usage',
  samples: new Map([
    ['flasktasks:web', {cpu, memory: 82e6}],
    ['flasktasks:queue', {cpu: 0, memory: 1.9e6}],
  ]),
  at: NOW,
});

test('the README shows appsup top as it is', (t) => {
  const [shown] = blocksIn(readFileSync('README.md', 'utf8')).filter(({language}) => language === 'screen');
  const rows = LOG.map((text) => ({from: undefined, text}));
  const load = [0.2, 0.1, 0.3, 0.2, 3, 10, 7, 0.4, 0.2, 0.1, 3, 12.3];
  const {model} = after(
    dashboard({columns: 80, rows: 14}, REPORT),
    ...load.map(usage),
    ...keys('down', 'down', 'down', 'down'),
    {type: 'log', of: 'spectral:web', rows, fresh: true},
  );
  t.is(
    shown?.text,
    `${picture(model)
      .map((each) => each.trimEnd())
      .join('\n')}\n`,
  );
});
