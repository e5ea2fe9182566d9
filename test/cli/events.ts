import {spawn} from 'node:child_process';
import {appendFileSync, mkdirSync, renameSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import {eventLine, eventOf} from '../../src/cli/event-text.ts';
import {PLAIN} from '../../src/cli/terminal.ts';
import type {SupervisorEvent} from '../../src/control/api.ts';
import {homeWith} from '../helpers/cli.ts';
import {until} from '../helpers/rig.ts';

const AT = Date.UTC(2026, 10, 20, 14, 2, 11);

const SAMPLES: readonly (readonly [SupervisorEvent, string])[] = [
  [
    {
      type: 'state',
      at: AT,
      app: 'a',
      process: 'web',
      from: 'starting',
      state: 'running',
      pid: 42,
      reason: undefined,
    },
    'a:web  starting -> running  pid 42',
  ],
  [
    {
      type: 'state',
      at: AT,
      app: 'a',
      process: 'web',
      from: 'starting',
      state: 'backoff',
      pid: undefined,
      reason: 'exit 1:\u001b[2J x',
    },
    'a:web  starting -> backoff  exit 1:\\x1b[2J x',
  ],
  [
    {type: 'change', at: AT, app: 'a', process: 'web', phase: 'gave-up', pid: 42, reason: 'no'},
    'a:web  new version given up  no',
  ],
  [
    {type: 'health', at: AT, app: 'a', process: 'web', health: 'unhealthy', detail: '500'},
    'a:web  unhealthy  500',
  ],
  [{type: 'config', at: AT, app: 'a', change: 'broken'}, 'a  file broken'],
  [{type: 'boot', at: AT, running: ['a:web'], missing: []}, 'after the boot: 1 up'],
  [{type: 'boot', at: AT, running: [], missing: ['a:web', 'b']}, 'after the boot: 0 up  missing: a:web, b'],
];

/** A line as the supervisor writes it. */
function lineOf({at, ...facts}: SupervisorEvent): string {
  return JSON.stringify({at: new Date(at).toISOString(), level: 'info', message: 'x', ...facts});
}

for (const [event, text] of SAMPLES) {
  test(`eventLine() says "${text}"`, (t) => t.is(eventLine(event, PLAIN).replace(/^\S+ \S+ {2}/, ''), text));

  test(`eventOf() takes a written ${event.type} event back: "${text}"`, (t) => {
    t.deepEqual(JSON.parse(JSON.stringify(eventOf(lineOf(event)))), JSON.parse(JSON.stringify(event)));
  });
}

test('eventOf() ignores everything else, and never throws', (t) => {
  const at = new Date(AT).toISOString();
  for (const line of [
    '',
    '{"type":',
    'null "type":',
    JSON.stringify({at, level: 'info', message: 'started', pid: 7}),
    JSON.stringify({at, type: 'state', app: 'a'}),
    JSON.stringify({at: 'then', type: 'config', app: 'a', change: 'added'}),
    JSON.stringify({at, type: 'constructor'}),
    JSON.stringify({at, type: 'boot', running: 'a', missing: []}),
  ]) {
    t.is(eventOf(line), undefined, line);
  }
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((json) => `{"type":${json}}`),
      ),
      (line) => (eventOf(line), true),
    ),
  );
});

function configEvent(app: string, at: number): string {
  return `${lineOf({type: 'config', at, app, change: 'changed'})}\n`;
}

test('appsup events shows the last events, also from before a rotation, and those of an app', async (t) => {
  const {state, appsup} = await homeWith(t);
  const log = path.join(state, 'appsupd.log');
  writeFileSync(
    log,
    Array.from({length: 30}, (_, at) => configEvent(at % 2 === 0 ? 'even' : 'odd', AT + at)).join(''),
  );
  renameSync(log, `${log}.1`);
  writeFileSync(
    log,
    Array.from(
      {length: 30},
      (_, at) => `{"level":"info"}\n${configEvent(at % 2 === 0 ? 'even' : 'odd', AT + 30 + at)}`,
    ).join(''),
  );
  const all = await appsup('events', '--json');
  t.deepEqual(
    all.json().map((event) => (event as SupervisorEvent).at - AT),
    Array.from({length: 50}, (_, at) => at + 10),
  );
  t.is(
    (await appsup('events', '-n', '3')).stdout,
    '2026-11-20 14:02:11  odd  file changed\n2026-11-20 14:02:11  even  file changed\n2026-11-20 14:02:11  odd  file changed\n',
  );
  t.is((await appsup('events', 'odd', '-n', '100', '--json')).json().length, 30);
  t.is((await appsup('events', 'odd:web', '-n', '100')).stdout, '');
});

test('appsup events --since shows what is as young, and all of it', async (t) => {
  const {state, appsup} = await homeWith(t);
  const now = Date.now();
  writeFileSync(
    path.join(state, 'appsupd.log'),
    configEvent('old', now - 7_200_000) +
      Array.from({length: 60}, () => configEvent('new', now - 60_000)).join(''),
  );
  const {stdout} = await appsup('events', '--since', '1h');
  t.is(stdout.split('\n').length, 61);
  t.notRegex(stdout, /old/);
});

test('appsup events says when there are none, and that an app does not exist', async (t) => {
  const {appsup, directory} = await homeWith(t);
  const none = await appsup('events');
  t.deepEqual([none.code, none.stdout], [0, '']);
  t.regex(none.stderr, /nothing has happened/);
  mkdirSync(path.join(directory, '.config/appsup/apps'), {recursive: true});
  writeFileSync(path.join(directory, '.config/appsup/apps/tasks.toml'), '', {mode: 0o600});
  const unknown = await appsup('events', 'taks');
  t.is(unknown.code, 1);
  t.regex(unknown.stderr, /no such app\n {2}hint: did you mean "tasks"\?/);
});

test('appsup events -f goes on across a rotation, and needs no supervisor', async (t) => {
  const {state, directory} = await homeWith(t);
  const log = path.join(state, 'appsupd.log');
  writeFileSync(log, configEvent('first', AT));
  const main = path.join(import.meta.dirname, '../../src/cli/main.js');
  const env = {HOME: directory, PATH: process.env['PATH'] ?? '', APPSUP_STATE_DIR: state, TZ: 'UTC'};
  const child = spawn(process.execPath, [main, 'events', '-f'], {env, stdio: ['ignore', 'pipe', 'inherit']});
  t.teardown(() => void child.kill('SIGKILL'));
  let seen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
  await until(() => seen.includes('first'), 'the first event');
  appendFileSync(log, `{"level":"info","message":"no event"}\n${configEvent('second', AT)}`);
  await until(() => seen.includes('second'), 'the second event');
  renameSync(log, `${log}.1`);
  writeFileSync(log, configEvent('third', AT));
  await until(() => seen.includes('third'), 'the third event');
  t.deepEqual(
    seen
      .trimEnd()
      .split('\n')
      .map((line) => line.split('  ')[1]),
    ['first', 'second', 'third'],
  );
});
