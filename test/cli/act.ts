import test from 'ava';

import {failureText, successLine} from '../../src/cli/commands/act.ts';
import {actExit} from '../../src/cli/exit-codes.ts';
import {isPending} from '../../src/cli/late.ts';
import {PLAIN} from '../../src/cli/terminal.ts';
import type {ActRequest, ActResult} from '../../src/control/api.ts';
import {homeWith} from '../helpers/cli.ts';
import {appOf, infoOf, processOf, resultOf, stateEvent} from '../helpers/fake-supervisor.ts';

const LINES: readonly (readonly [ActRequest['action'], Partial<ActResult>, string])[] = [
  ['start', {}, 'hello:web  running  ready in 0.9 s  pid 41873  http://127.0.0.1:20140/alice_hello/'],
  ['start', {url: undefined, readyMs: undefined}, 'hello:web  running  pid 41873'],
  ['start', {unchanged: true, url: undefined}, 'hello:web  running  as before  pid 41873'],
  ['start', {state: 'starting'}, 'hello:web  starting'],
  ['start', {state: 'exited'}, 'hello:web  exited'],
  ['stop', {state: 'stopped'}, 'hello:web  stopped'],
  ['stop', {state: 'stopped', unchanged: true}, 'hello:web  stopped already'],
  ['stop', {state: 'stopping'}, 'hello:web  stopping'],
  [
    'restart',
    {previousPid: 7, overlapped: true},
    'hello:web  new version ready in 0.9 s, the old one finished its requests and left  pid 7 -> 41873, nothing dropped',
  ],
  ['start', {state: 'starting', pending: true}, 'hello:web  starting  start is under way'],
  ['restart', {previousPid: 7, overlapped: true, pending: true}, 'hello:web  running  restart is under way'],
  ['stop', {state: 'stopping', pending: true}, 'hello:web  stopping'],
  ['restart', {previousPid: 7}, 'hello:web  running  ready in 0.9 s  pid 7 -> 41873'],
  ['restart', {url: undefined}, 'hello:web  running  ready in 0.9 s  pid 41873'],
];
for (const [action, fields, line] of LINES) {
  test(`successLine() says «${line}» of ${action} ${JSON.stringify(fields)}`, (t) =>
    t.is(successLine(action, resultOf(fields), PLAIN), line));
}

const failed = resultOf({
  ok: false,
  state: 'fatal',
  pid: undefined,
  error: {code: 'NOT_READY', message: 'hello:web did not start: exit 1', hint: 'appsup logs hello:web'},
  output: ['Traceback', '\u001b[31mKeyError'],
});

test('failureText() shows the reason, the last words and the next thing to type', (t) => {
  t.is(
    failureText(failed),
    'hello:web did not start: exit 1\n  Traceback\n  \\x1b[31mKeyError\n  hint: appsup logs hello:web',
  );
});

const EXITS: readonly (readonly [ActRequest['action'], readonly Partial<ActResult>[], number])[] = [
  ['start', [{}], 0],
  ['start', [{unchanged: true}], 0],
  ['start', [{ok: false, state: 'fatal'}], 7],
  ['restart', [{ok: false, state: 'running'}], 1],
  [
    'restart',
    [
      {ok: false, state: 'running'},
      {ok: false, state: 'backoff'},
    ],
    7,
  ],
  ['stop', [{ok: false, state: 'stopping'}, {}], 1],
];
for (const [action, results, code] of EXITS) {
  test(`${action} of ${JSON.stringify(results)} exits ${code}`, (t) =>
    t.is(actExit(action, results.map(resultOf)), code));
}

test('«appsup start» prints what runs on stdout and what failed on stderr', async (t) => {
  const asked: ActRequest[] = [];
  const home = await homeWith(t, {
    status: async () => ({supervisor: infoOf(), apps: []}),
    async act(request, onProgress) {
      asked.push(request);
      onProgress(stateEvent());
      return {results: [resultOf(), failed]};
    },
  });
  const {code, stdout, stderr} = await home.appsup('start', 'hello', 'other:web');
  t.is(code, 7);
  t.regex(stdout, /^hello:web {2}running .*\n$/);
  t.regex(stderr, /^hello:web did not start: exit 1\n {2}Traceback\n/);
  t.deepEqual(asked, [{action: 'start', targets: ['hello', 'other:web'], wait: true}]);
});

test('«appsup start --json» prints one line per process', async (t) => {
  const home = await homeWith(t, {act: async () => ({results: [resultOf(), failed]})});
  const {json, stderr, code} = await home.appsup('start', 'all', '--json', '--no-wait');
  t.is(code, 7);
  t.is(stderr, '');
  const [good, bad] = json();
  t.like(good, {app: 'hello', process: 'web', ok: true, pid: 41_873, previousPid: null, readyMs: 900});
  t.like(bad, {app: 'hello', ok: false, error: {code: 'NOT_READY', hint: 'appsup logs hello:web'}});
});

test('hints of a first start are said once, the one about reboots until it is heeded', async (t) => {
  const home = await homeWith(t, {act: async () => ({results: [resultOf()]})});
  t.regex(
    (await home.appsup('start', 'hello')).stderr,
    /! no front end serves \/alice_hello yet: appsup request hello/,
  );
  const second = (await home.appsup('start', 'hello')).stderr;
  t.is(second, '! appsup will not start after a reboot yet: appsup boot install\n');
});

test('a start says nothing of the front end when the administrators have been asked', async (t) => {
  const front = {requestedAt: '2026-11-20', stale: undefined, verified: undefined};
  const home = await homeWith(t, {
    status: async () => ({
      supervisor: infoOf(),
      apps: [appOf({front}), appOf({app: 'queue', front: undefined})],
    }),
  });
  t.notRegex((await home.appsup('start', 'hello')).stderr, /front end/);
});

test('a start from a broken file says that the last good version counts', async (t) => {
  const home = await homeWith(t, {
    status: async () => ({supervisor: infoOf(), apps: [appOf({problems: [`${appOf().file}:1:1 x`]})]}),
  });
  t.regex(
    (await home.appsup('restart', 'hello')).stderr,
    /^! hello: its file has mistakes, so its last good version counts: appsup check hello$/m,
  );
});

test('«appsup start ./dir» is told apart from a name before anything is asked', async (t) => {
  const home = await homeWith(t);
  const {code, stderr} = await home.appsup('start', './tasks');
  t.is(code, 2);
  t.regex(stderr, /^Cannot start "\.\/tasks".*\n {2}hint: appsup add \.\/tasks\n$/);
});

test('«--timeout» ends the waiting, not the work', async (t) => {
  const processes = [
    processOf({state: 'starting', pid: undefined}),
    processOf({program: 'ready'}),
    processOf({program: 'new', change: 'proving'}),
    processOf({program: 'queue', state: 'backoff', reason: 'exit 1'}),
  ];
  const home = await homeWith(t, {
    act: async () => new Promise(() => {}),
    status: async () => ({supervisor: infoOf(), apps: [appOf({processes})]}),
  });
  const {code, stderr} = await home.appsup('start', 'hello', '--timeout', '0.2');
  t.is(code, 124);
  t.is(
    stderr,
    'Cannot wait any longer: not done within 0.2 s; hello:web is starting; hello:new: its new version is starting; hello:queue is backoff, exit 1\n' +
      '  hint: the supervisor goes on with it: appsup status hello\n',
  );
  const {json} = await home.appsup('restart', 'hello', '--timeout=200ms', '--json');
  t.like(json()[0], {
    ok: false,
    error: {
      code: 'TIMEOUT',
      pending: [{process: 'web', state: 'starting'}, {process: 'new'}, {process: 'queue'}],
    },
  });
});

const PENDING: readonly (readonly [Parameters<typeof processOf>[0], boolean])[] = [
  [{}, false],
  [{state: 'starting'}, true],
  [{state: 'stopping'}, true],
  [{state: 'stopping', desired: 'stopped'}, true],
  [{state: 'stopped', desired: 'stopped'}, false],
  [{state: 'running', desired: 'stopped'}, true],
  [{state: 'stopped', reason: 'waits for hello:db'}, true],
  [{state: 'stopped', dormant: true}, false],
  [{state: 'fatal'}, false],
  [{state: 'exited'}, false],
  [{change: 'leaving'}, true],
];
for (const [fields, pending] of PENDING) {
  test(`isPending() says ${pending} of ${JSON.stringify(fields)}`, (t) =>
    t.is(isPending(processOf(fields)), pending));
}

test('«--wait» and «--no-wait» together are a mistake', async (t) => {
  const home = await homeWith(t);
  t.is((await home.appsup('stop', 'hello', '--wait', '--no-wait')).code, 2);
});

test('usage errors exit 2, and speak JSON when asked', async (t) => {
  const home = await homeWith(t);
  const {code, json} = await home.appsup('start', '--json');
  t.is(code, 2);
  t.like(json()[0], {ok: false, error: {code: 'USAGE'}});
});
