import test from 'ava';

import type {Message, Model} from '../../src/dashboard/model.ts';
import {after, dashboard, deeds, keys, picture} from '../helpers/dashboard.ts';

const mouse = (kind: 'click' | 'up' | 'down', x: number, y: number): Message => ({type: 'mouse', kind, x, y});
const rows = Array.from({length: 100}, (_, at) => ({from: undefined, text: `line ${at}`}));
const WITH_LOG = after(dashboard(), {type: 'log', of: 'flasktasks', rows, fresh: true}).model;

function lineOf(model: Model, text: string): number {
  return picture(model).findIndex((line) => line.includes(text));
}

test('a click selects a row, and a second one folds an app', (t) => {
  const once = after(dashboard(), mouse('click', 5, lineOf(dashboard(), 'spectral'))).model;
  t.is(once.selected, 'spectral');
  t.deepEqual([...once.folded], []);
  const twice = after(once, mouse('click', 5, lineOf(dashboard(), 'spectral'))).model;
  t.deepEqual([...twice.folded], ['spectral']);
});

test('a click on the log gives it the keys', (t) => {
  t.is(after(WITH_LOG, mouse('click', 5, lineOf(WITH_LOG, 'line 99'))).model.focus, 'log');
  t.is(after(WITH_LOG, mouse('click', 5, lineOf(WITH_LOG, 'log of'))).model.focus, 'log');
});

test('a click on a key of the last line is that key', (t) => {
  const bar = picture(dashboard())[23] ?? '';
  const click = (word: string) => after(dashboard(), mouse('click', bar.indexOf(word), 23));
  t.deepEqual(deeds(click('quit').effects), [{type: 'quit'}]);
  t.is(click('stop').model.mode.id, 'confirm');
  t.deepEqual(deeds(click('reload').effects), [{type: 'act', action: 'reload', target: 'flasktasks'}]);
  t.is(click('help').model.mode.id, 'read');
});

test('a click where nothing is does nothing', (t) => {
  for (const y of [0, 1, 22]) t.deepEqual(after(dashboard(), mouse('click', 3, y)).effects, []);
});

test('the wheel turns what is under it', (t) => {
  t.is(after(WITH_LOG, mouse('down', 5, 3)).model.selected, 'flasktasks:web');
  t.is(after(WITH_LOG, mouse('down', 5, 3), mouse('up', 5, 3)).model.selected, 'flasktasks');
  const up = after(WITH_LOG, mouse('up', 5, 20)).model;
  t.is(up.selected, 'flasktasks');
  t.is(picture(up)[21]?.trim(), 'line 96');
  t.true(after(up, mouse('down', 5, 20)).model.log.follows);
});

test('the mouse answers no question, and closes what is read', (t) => {
  const asked = after(dashboard(), ...keys('x')).model;
  t.deepEqual(after(asked, mouse('click', 2, 23)).model, asked);
  const help = after(dashboard(), ...keys('?')).model;
  t.is(after(help, mouse('down', 2, 9)).model.mode.id, 'read');
  t.is(after(help, mouse('click', 2, 9)).model.mode.id, 'browse');
});
