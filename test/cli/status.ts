import {writeFileSync, mkdirSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {statusHints, statusTable} from '../../src/cli/commands/status.ts';
import {PLAIN} from '../../src/cli/terminal.ts';
import {AppsupError} from '../../src/errors.ts';
import {homeWith} from '../helpers/cli.ts';
import {NOW, appOf, infoOf, processOf} from '../helpers/fake-supervisor.ts';

const DAY = 24 * 3_600_000;

test('statusTable() says state, age, restarts, pid, memory and where, or why not', (t) => {
  const apps = [
    appOf({
      app: 'spectral',
      where: 'https://eco.example.ac.uk/alice_spectral/',
      processes: [
        processOf({
          app: 'spectral',
          since: NOW - 12 * 60_000,
          restarts: 1,
          pid: 50_211,
          memory: 210e6,
          serves: true,
        }),
        processOf({
          app: 'spectral',
          program: 'queue',
          state: 'backoff',
          since: NOW - 4000,
          restarts: 6,
          pid: undefined,
          reason: 'exit 1: boom',
          serves: false,
        }),
        processOf({app: 'spectral', program: 'beat', pid: 7, serves: false}),
      ],
    }),
    appOf({
      app: 'reading',
      processes: [
        processOf({
          app: 'reading',
          state: 'stopped',
          since: NOW - 2 * DAY,
          pid: undefined,
          reason: 'stopped by you',
          serves: true,
        }),
      ],
    }),
  ];
  t.is(
    statusTable(apps, {now: NOW, style: PLAIN}),
    [
      'APP       PROGRAM  STATE    SINCE   RESTARTS  PID    MEM     WHERE',
      'spectral  web      running  12 min  1         50211  210 MB  https://eco.example.ac.uk/alice_spectral/',
      '          queue    backoff  4 s     6         -      -       exit 1: boom',
      '          beat     running  5 s     0         7      -       -',
      'reading   web      stopped  48 h    -         -      -       stopped by you; its port answers 503'.replace(
        '48 h  ',
        '2 d   ',
      ),
    ].join('\n'),
  );
});

test('statusHints() knows what a program that cannot connect could wait for', (t) => {
  const process = processOf({
    app: 'spectral',
    process: 'queue',
    state: 'backoff',
    reason: 'exit 1: Error 111 connecting to localhost:6379. Connection refused.',
    nextTryAt: NOW + 8000,
  });
  t.true(
    statusHints({supervisor: infoOf(), apps: [appOf({app: 'spectral', processes: [process]})]}, NOW).includes(
      'spectral:queue  next try in 8 s; waits for tcp://127.0.0.1:6379 if you say so: after = ["tcp://127.0.0.1:6379"]',
    ),
  );
});

test('statusTable() shows an app whose file never was right, and no control characters', (t) => {
  const text = statusTable(
    [
      appOf({processes: [processOf({state: 'fatal', pid: undefined, reason: '\u001b[2J\nboom'})]}),
      appOf({app: 'broken', processes: [], problems: ['broken.toml:1:1 Unknown key']}),
    ],
    {now: NOW, style: PLAIN},
  );
  t.regex(text, /\\x1b\[2J boom/);
  t.regex(text, /^broken +- +unknown.*broken\.toml:1:1 Unknown key$/m);
});

test('statusHints() tell what the table cannot', (t) => {
  const hints = statusHints(
    {
      supervisor: infoOf(),
      apps: [
        appOf({
          problems: ['hello.toml:9:1 Unknown key "x"'],
          processes: [
            processOf({state: 'backoff', nextTryAt: NOW + 8000}),
            processOf({program: 'b', state: 'fatal'}),
            processOf({program: 'c', lastChangeFailed: 'exit 1', outdated: true}),
          ],
        }),
      ],
    },
    NOW,
  );
  t.deepEqual(hints, [
    'hello: hello.toml:9:1 Unknown key "x"',
    'hello:web  next try in 8 s: appsup logs hello:web',
    'hello:b  was given up: appsup logs hello:b, then appsup start hello:b',
    'hello:c  the last restart came to nothing, the older process still serves: exit 1',
    'hello:c  its file has changed since it was started: appsup restart hello:c',
  ]);
});

test('statusHints() say once per app that the lines of the administrators are out of date', (t) => {
  const front = {requestedAt: '2026-11-20', stale: 'port 20140 -> 20141', verified: undefined};
  const app = appOf({front, processes: [processOf(), processOf({program: 'b'})]});
  const fine = appOf({app: 'fine', front: {...front, stale: undefined}});
  t.deepEqual(statusHints({supervisor: infoOf(), apps: [app, fine]}, NOW), [
    "hello: the administrators' lines of 2026-11-20 are out of date (port 20140 -> 20141): send them the new ones, appsup request hello",
  ]);
});

test('status shows what verify found last: beside the address when all was well, else as a hint', (t) => {
  const front = {requestedAt: undefined, stale: undefined};
  const url = 'https://eco.example.ac.uk/alice_hello/';
  const verified = {at: NOW - 3 * DAY, url, ok: 14, notOk: 0};
  const well = appOf({front: {...front, verified}});
  t.regex(
    statusTable([well], {now: NOW, style: PLAIN}),
    /https:\/\/eco\.example\.ac\.uk\/alice_hello\/ {2}verified 3 d ago$/,
  );
  t.deepEqual(statusHints({supervisor: infoOf(), apps: [well]}, NOW), []);
  const unwell = appOf({front: {...front, verified: {...verified, notOk: 1}}});
  t.notRegex(statusTable([unwell], {now: NOW, style: PLAIN}), /verified/);
  t.deepEqual(statusHints({supervisor: infoOf(), apps: [unwell]}, NOW), [
    `hello: 1 of 15 facts about ${url} need attention, as of 3 d ago: appsup verify hello`,
  ]);
});

const back = infoOf({adopted: 2, goneMs: 38_000, cameBackAt: NOW - 60_000});
const ABSENCES: readonly (readonly [string, Parameters<typeof statusHints>[0], RegExp | undefined])[] = [
  [
    'and that nothing was restarted, when all that is wanted was adopted',
    {supervisor: back, apps: [appOf({processes: [processOf({adopted: true}), processOf({adopted: true})]})]},
    /^the supervisor was gone for 38 s and came back at .*; 2 programs were adopted, none was restarted$/,
  ],
  [
    'and does not claim more than it knows',
    {supervisor: back, apps: [appOf({processes: [processOf({adopted: true}), processOf()]})]},
    /2 programs were adopted$/,
  ],
  ['but not for ever', {supervisor: {...back, cameBackAt: NOW - 2 * DAY}, apps: []}, undefined],
  ['but not of a planned restart', {supervisor: {...back, goneMs: 90}, apps: []}, undefined],
];
for (const [what, report, wanted] of ABSENCES) {
  test(`status tells of the supervisor’s absence, ${what}`, (t) => {
    const [hint] = statusHints(report, NOW);
    if (wanted === undefined) t.is(hint, undefined);
    else t.regex(hint ?? '', wanted);
  });
}

test('«appsup status» exits 0 when all runs, 3 when something does not, 4 for an unknown name', async (t) => {
  const home = await homeWith(t, {
    async status({targets: [target]}) {
      if (target === 'nobody') throw new AppsupError('NO_SUCH_APP', 'Cannot find the app "nobody"');
      return {
        supervisor: infoOf(),
        apps: [appOf({processes: [processOf(target === 'ill' ? {state: 'exited', pid: undefined} : {})]})],
      };
    },
  });
  t.is((await home.appsup('status')).code, 0);
  t.is((await home.appsup('status', 'ill')).code, 3);
  const unknown = await home.appsup('status', 'nobody');
  t.deepEqual([unknown.code, unknown.stderr], [4, 'Cannot find the app "nobody"\n']);
});

test('«appsup status --json» has every field, with null for what is not known', async (t) => {
  const home = await homeWith(t, {
    status: async () => ({supervisor: infoOf(), apps: [appOf({port: undefined})]}),
  });
  const {json, stderr} = await home.appsup('status', '--json');
  const [report] = json() as readonly {apps: readonly {port: unknown; processes: readonly object[]}[]}[];
  t.is(report?.apps[0]?.port, null);
  t.like(report?.apps[0]?.processes[0], {
    app: 'hello',
    process: 'web',
    state: 'running',
    pid: 41_873,
    memory: null,
    reason: null,
  });
  t.is(stderr, '');
});

test('«appsup status» without a supervisor starts none, lists what is configured and exits 3', async (t) => {
  const home = await homeWith(t);
  const apps = path.join(home.directory, '.config/appsup/apps');
  mkdirSync(apps, {recursive: true});
  writeFileSync(path.join(apps, 'hello.toml'), 'nonsense');
  const {code, stdout, stderr} = await home.appsup('status');
  t.is(code, 3);
  t.regex(stdout, /^hello +- +unknown/m);
  t.regex(stderr, /^! no supervisor is running: appsup start all/);
  t.deepEqual((await home.appsup('status', '--json')).json(), [
    {supervisor: null, apps: [{app: 'hello', processes: []}]},
  ]);
});

test('«appsup status» says that nothing starts after a reboot until it does', async (t) => {
  const home = await homeWith(t, {});
  t.regex(
    (await home.appsup('status')).stderr,
    /^! appsup will not start after a reboot yet: appsup boot install$/m,
  );
  writeFileSync(path.join(home.state, 'boot.sh'), '');
  t.is((await home.appsup('status')).stderr, '');
});

test('a supervisor of another version is named', async (t) => {
  const home = await homeWith(t, {});
  // The home's server says 0.1.0; were this program another one, it would have to say so.
  const {stderr} = await home.appsup('version');
  t.notRegex(stderr, /the supervisor is appsup/);
});
