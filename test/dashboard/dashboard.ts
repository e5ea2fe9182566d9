import {setImmediate as nextTurn} from 'node:timers/promises';

import test from 'ava';

import {Dashboard} from '../../src/dashboard/dashboard.ts';
import type {Cell} from '../../src/dashboard/line.ts';
import type {LogRow} from '../../src/dashboard/log-pane.ts';
import type {Told, World} from '../../src/dashboard/world.ts';
import type {SupervisorApi, SupervisorEvent} from '../../src/control/api.ts';
import {AppsupError, isAppsupError} from '../../src/errors.ts';
import {REPORT} from '../helpers/dashboard.ts';
import {FakeClock} from '../helpers/fake-clock.ts';
import {fakeSupervisor, stateEvent} from '../helpers/fake-supervisor.ts';

/** A dashboard whose terminal, supervisor, logs and clock are the test's. */
function setup(fields: Partial<SupervisorApi> = {}, more: Partial<World> = {}) {
  const clock = new FakeClock();
  const asked: string[] = [];
  let [closed, paints] = [0, 0];
  let lines: readonly string[] = [];
  let tell = (_told: Told): void => {};
  let onEvent = (_event: SupervisorEvent): void => {};
  let hangUp = (): void => {};
  let onRows = (_rows: readonly LogRow[]): void => {};
  const opened: string[] = [];
  const world: World = {
    clock,
    version: '0.1.0',
    used: () => ({cpuMs: new Map([[1, clock.monotonic() / 10]]), memory: 5e6}),
    openLogs(app, processes, take) {
      opened.push(`${app}: ${processes.join(', ')}`);
      onRows = take;
      return {rows: [{from: undefined, text: `log of ${app}`}], close: () => opened.push(`closed ${app}`)};
    },
    environment: async () => ['A=1'],
    act: async () => ({ok: true, lines: ['done']}),
    explain(error) {
      if (isAppsupError(error)) return [error.message];
      throw error;
    },
    openScreen(onTold) {
      tell = onTold;
      return {
        size: {columns: 80, rows: 24},
        charset: 'utf8',
        paint(cells: readonly (readonly Cell[])[]) {
          paints++;
          lines = cells.map((row) => row.map(({character}) => character).join(''));
        },
        forget: () => {},
        suspend: async () => {},
        close: () => void closed++,
      };
    },
    api: fakeSupervisor({
      async status() {
        asked.push('status');
        return REPORT;
      },
      async events(take, signal) {
        onEvent = take;
        await new Promise<void>((resolve) => {
          hangUp = resolve;
          signal.addEventListener('abort', () => resolve());
        });
      },
      ...fields,
    }),
    ...more,
  };
  const dashboard = new Dashboard(world, REPORT);
  const ended = dashboard.run();
  return {
    clock,
    asked,
    opened,
    ended,
    text: () => lines.join('\n'),
    paints: () => paints,
    closed: () => closed,
    key: (key: string) => tell({type: 'key', key}),
    gone: () => tell({type: 'gone'}),
    event: (event: SupervisorEvent) => onEvent(event),
    hangUp: () => hangUp(),
    rows: (rows: readonly LogRow[]) => onRows(rows),
    pass: async (ms: number) => {
      clock.advance(ms);
      await nextTurn();
    },
  };
}

test('Dashboard paints at once, and gives the terminal back when the user quits', async (t) => {
  const {text, key, ended, closed} = setup();
  t.regex(text(), /flasktasks/);
  key('q');
  await ended;
  t.is(closed(), 1);
});

test('Dashboard asks nothing while nothing happens, and once after much has happened', async (t) => {
  const {asked, pass, event, key, ended} = setup();
  await pass(60_000);
  t.deepEqual(asked, ['status']);
  for (let at = 0; at < 50; at++) event(stateEvent({app: 'flasktasks'}));
  await pass(1000);
  t.deepEqual(asked, ['status', 'status']);
  key('q');
  await ended;
});

test('Dashboard paints ten times a second at most, whatever is printed', async (t) => {
  const {paints, rows, pass, key, ended, text} = setup();
  await pass(100);
  const before = paints();
  for (let at = 0; at < 1000; at++) rows([{from: undefined, text: `line ${at}`}]);
  t.is(paints(), before);
  await pass(100);
  await pass(100);
  t.true(paints() - before <= 2);
  t.regex(text(), /line 999/);
  key('q');
  await ended;
});

test('Dashboard shows percent of a core after its second look', async (t) => {
  const {text, pass, key, ended} = setup();
  await pass(2000);
  await pass(200);
  t.regex(text(), /web +running +\S+ s +0 +10\.0 % +5\.0 MB/);
  key('q');
  await ended;
});

test('Dashboard finds the next supervisor by itself, and the terminal stays its own meanwhile', async (t) => {
  let there = true;
  const gone = new AppsupError('SUPERVISOR_GONE', 'Cannot reach the supervisor: none is running');
  const {text, pass, hangUp, key, ended, closed} = setup({
    async status() {
      if (!there) throw gone;
      return REPORT;
    },
  });
  await pass(0);
  there = false;
  hangUp();
  await pass(100);
  await pass(5000);
  await pass(100);
  t.regex(text(), /no supervisor for/);
  t.regex(text(), /flasktasks/);
  there = true;
  await pass(2000);
  await pass(100);
  t.notRegex(text(), /no supervisor for/);
  t.regex(text(), /the supervisor is back/);
  t.is(closed(), 0);
  key('q');
  await ended;
});

test('Dashboard opens the log where the user stays, not those that he passes', async (t) => {
  const {opened, pass, key, ended} = setup();
  await pass(60);
  key('down');
  key('down');
  key('down');
  await pass(60);
  t.deepEqual(opened, ['flasktasks: web, queue', 'closed flasktasks', 'spectral: web']);
  key('q');
  await ended;
  t.is(opened.at(-1), 'closed spectral');
});

test('Dashboard tells what a person can mend, and ends with its terminal in order for all else', async (t) => {
  const denied = setup(
    {},
    {
      environment: async () => {
        throw new AppsupError('CONFIG', 'Cannot show it');
      },
    },
  );
  denied.key('e');
  await denied.pass(0);
  await denied.pass(100);
  t.regex(denied.text(), /Cannot show it/);
  denied.key('q');
  await denied.ended;

  const broken = setup(
    {},
    {
      act: async () => {
        throw new TypeError('a mistake');
      },
    },
  );
  broken.key('s');
  await t.throwsAsync(broken.ended, {message: 'a mistake'});
  t.is(broken.closed(), 1);
});

test('Dashboard ends when its terminal is gone', async (t) => {
  const {gone, ended, closed} = setup();
  gone();
  await ended;
  t.is(closed(), 1);
});
