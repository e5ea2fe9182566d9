import test from 'ava';

import {hintsFor, signalNamed} from '../../src/cli/commands/signal.ts';
import type {SignalRequest} from '../../src/control/api.ts';
import type {SignalName} from '../../src/core/signals.ts';
import {AppsupError} from '../../src/errors.ts';
import {homeWith} from '../helpers/cli.ts';
import {signalledOf} from '../helpers/fake-supervisor.ts';

const NAMES: readonly (readonly [string, SignalName])[] = [
  ['TERM', 'TERM'],
  ['SIGTERM', 'TERM'],
  ['sigusr1', 'USR1'],
  ['hup', 'HUP'],
  ['1', 'HUP'],
  ['09', 'KILL'],
  ['15', 'TERM'],
];
for (const [text, name] of NAMES)
  test(`signalNamed() reads ${text} as ${name}`, (t) => t.is(signalNamed(text), name));

const REFUSED: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['0', [], /^signals: HUP/],
  ['64', [], /^signals: HUP/],
  ['TREM', [], /^did you mean "TERM"\?$/],
  ['', [], /^signals: HUP/],
  ['hello:web', ['sighup'], /^the signal comes first: appsup signal sighup hello:web$/],
];
for (const [text, rest, hint] of REFUSED) {
  test(`signalNamed() refuses ${JSON.stringify(text)} before ${JSON.stringify(rest)}`, (t) => {
    const error = t.throws(() => signalNamed(text, rest), {instanceOf: AppsupError});
    t.is(error.exitCode, 2);
    t.regex(error.hint ?? '', hint);
  });
}

const stop = 'to stop it and keep it stopped: appsup stop hello:web';
const HINTS: readonly (readonly [
  SignalName,
  boolean,
  Parameters<typeof signalledOf>[0],
  readonly string[],
])[] = [
  ['TERM', false, {}, [`if hello:web ends by TERM, it is started again; ${stop}`]],
  [
    'KILL',
    true,
    {restart: 'on-failure'},
    [`if hello:web ends by KILL and not with exit code 0, it is started again; ${stop}`],
  ],
  ['INT', false, {restart: 'never'}, [`if it ends by INT, it counts as ended by itself; ${stop}`]],
  ['STOP', false, {}, ['hello:web does nothing until: appsup signal CONT hello:web']],
  ['HUP', false, {}, ['new code is not proven first by a bare HUP; that does: appsup reload hello:web']],
  ['USR1', false, {}, []],
  [
    'USR1',
    false,
    {shell: true},
    [
      'hello:web: its main process is a shell, which passes no signal on: appsup signal --group USR1 hello:web',
    ],
  ],
  ['USR1', true, {shell: true}, []],
];
for (const [name, group, fields, hints] of HINTS) {
  test(`hintsFor() says of ${name} to ${JSON.stringify(fields)}${group ? ' and its group' : ''} what it is not`, (t) =>
    t.deepEqual(hintsFor(name, group, signalledOf(fields)), hints));
}

test('«appsup signal» asks once, and prints who got it and who did not', async (t) => {
  const asked: SignalRequest[] = [];
  const error = new AppsupError('NOT_RUNNING', 'Cannot send hello:queue USR1: it is stopped', {
    hint: 'appsup start hello:queue',
  }).toJSON();
  const home = await homeWith(t, {
    async signal(request) {
      asked.push(request);
      return {
        results: [
          signalledOf(),
          signalledOf({process: 'queue', ok: false, state: 'stopped', pid: undefined, error}),
        ],
      };
    },
  });
  const {code, stdout, stderr} = await home.appsup('signal', 'sigusr1', 'hello:web', 'hello:queue');
  t.deepEqual(asked, [{signal: 'USR1', targets: ['hello:web', 'hello:queue'], group: false}]);
  t.is(stdout, 'hello:web  USR1 sent to pid 41873\n');
  t.is(stderr, 'Cannot send hello:queue USR1: it is stopped\n  hint: appsup start hello:queue\n');
  t.is(code, 7);
  const {json} = await home.appsup('signal', '10', 'all', '--group', '--json');
  t.deepEqual(asked[1], {signal: 'USR1', targets: ['all'], group: true});
  const web = {
    app: 'hello',
    process: 'web',
    ok: true,
    signal: 'USR1',
    group: true,
    state: 'running',
    pid: 41_873,
  };
  t.deepEqual(json(), [web, {...web, process: 'queue', ok: false, state: 'stopped', pid: null, error}]);
});

test('«appsup signal» to what does not run exits 7, with a wrong signal 2', async (t) => {
  const home = await homeWith(t, {signal: async () => ({results: []})});
  const idle = await home.appsup('signal', 'TERM', 'hello');
  t.is(idle.code, 7);
  t.is(idle.stderr, 'Cannot send TERM: nothing of hello runs\n  hint: appsup status\n');
  t.is((await home.appsup('signal', 'NO', 'hello')).code, 2);
  t.is((await home.appsup('signal', 'TERM')).code, 2);
});
