import test from 'ava';

import {layoutOf} from '../../src/dashboard/layout.ts';
import {rowsOf, summaryOf} from '../../src/dashboard/tree.ts';
import {REPORT, after, dashboard, deeds, keys, picture} from '../helpers/dashboard.ts';
import {NOW, appOf, infoOf, processOf, stateEvent} from '../helpers/fake-supervisor.ts';

const status = (report = REPORT, at = NOW) => ({type: 'status', report, at}) as const;

test('the first status selects the first app, and reads its log', (t) => {
  const {model, effects} = after({...dashboard(undefined, {...REPORT, apps: []})}, status());
  t.is(model.selected, 'flasktasks');
  t.deepEqual(effects, [{type: 'logs', of: 'flasktasks'}]);
});

test('an event changes the state at once, and has the supervisor asked for the rest', (t) => {
  const event = stateEvent({
    app: 'flasktasks',
    state: 'fatal',
    pid: undefined,
    reason: 'exit 1',
    at: NOW + 5,
  });
  const {model, effects} = after(dashboard(), {type: 'event', event, at: NOW + 5});
  const [process] = model.apps[0]?.processes ?? [];
  t.like(process, {state: 'fatal', pid: undefined, reason: 'exit 1', since: NOW + 5});
  t.deepEqual(effects, [{type: 'look'}]);
});

test('an app that goes leaves the selection to the next thing that is there', (t) => {
  const chosen = after(dashboard(), ...keys('G')).model;
  t.is(chosen.selected, 'spectral:web');
  const {model, effects} = after(chosen, status({...REPORT, apps: REPORT.apps.slice(0, 1)}));
  t.is(model.selected, 'flasktasks');
  t.deepEqual(effects, [{type: 'logs', of: 'flasktasks'}]);
});

test('an app that comes before the selected one moves nothing else', (t) => {
  const chosen = after(dashboard(), ...keys('G')).model;
  const {model, effects} = after(chosen, status({...REPORT, apps: [appOf({app: 'aaa'}), ...REPORT.apps]}));
  t.is(model.selected, 'spectral:web');
  t.deepEqual(effects, []);
});

test('lines of a log that was left are not shown', (t) => {
  const {model} = after(dashboard(), {
    type: 'log',
    of: 'spectral',
    rows: [{from: undefined, text: 'late'}],
    fresh: true,
  });
  t.is(model.log.rows.length, 0);
});

test('a lost supervisor leaves the last picture, says so, and since when', (t) => {
  const {model} = after(
    dashboard(),
    {type: 'lost', at: NOW},
    {type: 'lost', at: NOW + 4000},
    {type: 'usage', samples: new Map(), at: NOW + 9000},
  );
  const lines = picture(model);
  t.regex(lines[0] ?? '', /no supervisor for 9 s/);
  t.true(lines.some((line) => line.includes('queue')));
  const back = after(model, status(REPORT, NOW + 10_000)).model;
  t.notRegex(picture(back)[0] ?? '', /no supervisor/);
  t.true(picture(back)[22]?.includes('the supervisor is back'));
});

test('a supervisor of another version is told once', (t) => {
  const other = {...REPORT, supervisor: infoOf({version: '9.9.9'})};
  const {model} = after(dashboard(), {type: 'lost', at: NOW}, status(other));
  t.true(picture(model)[22]?.includes('the supervisor is appsup 9.9.9, this screen is 0.1.0'));
  const later = after(model, status(other, NOW + 20_000)).model;
  t.false(picture(later)[22]?.includes('9.9.9'));
});

test('the selected row is always in sight, however small or large the screen becomes', (t) => {
  const apps = Array.from({length: 40}, (_, at) => appOf({app: `app${at}`}));
  let model = after(dashboard({columns: 80, rows: 24}, {...REPORT, apps}), ...keys('G')).model;
  for (const rows of [60, 24, 8, 200, 12, 9]) {
    ({model} = after(model, {type: 'size', size: {columns: 80, rows}}));
    const at = rowsOf(model).findIndex(({id}) => id === model.selected);
    const {height} = layoutOf(model).tree;
    t.true(at >= model.top && at < model.top + height, `${rows} lines`);
    t.true(model.top + height >= Math.min(80, height), 'and there is no hole below');
  }
});

test('summaryOf() is the worst of an app, and counts what sleeps as in order', (t) => {
  const of = (...states: readonly Parameters<typeof processOf>[0][]) =>
    summaryOf(appOf({processes: states.map((fields) => processOf(fields))}));
  t.deepEqual(of({state: 'running'}, {state: 'fatal'}), {state: 'fatal', running: 1, count: 2});
  t.deepEqual(of({state: 'stopped', dormant: true}), {state: 'running', running: 1, count: 1});
  t.deepEqual(of(), {state: 'unknown', running: 0, count: 0});
});

test('a key or a click while a question is asked does not reach what is behind it', (t) => {
  const asked = after(dashboard(), ...keys('x')).model;
  t.deepEqual(deeds(after(asked, ...keys('down')).effects), []);
  t.is(after(asked, ...keys('down')).model.selected, 'flasktasks');
});
