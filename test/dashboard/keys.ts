import test from 'ava';

import type {Effect, Model} from '../../src/dashboard/model.ts';
import {selectedRow} from '../../src/dashboard/tree.ts';
import {after, dashboard, deeds, keys, picture} from '../helpers/dashboard.ts';

const log = (count: number) =>
  ({
    type: 'log',
    of: 'flasktasks',
    rows: Array.from({length: count}, (_, at) => ({from: undefined, text: `line ${at}`})),
    fresh: true,
  }) as const;

/** Keys in the tree, and what is selected then. The rows: flasktasks, its web and queue, spectral, its web. */
const MOVES: readonly (readonly [keys: readonly string[], selected: string])[] = [
  [[], 'flasktasks'],
  [['down'], 'flasktasks:web'],
  [['j', 'j'], 'flasktasks:queue'],
  [['j', 'j', 'k'], 'flasktasks:web'],
  [['up'], 'flasktasks'],
  [['end'], 'spectral:web'],
  [['G', 'g'], 'flasktasks'],
  [['pagedown'], 'spectral:web'],
  [['G', 'pageup'], 'flasktasks'],
  [['G', 'home'], 'flasktasks'],
  [['left', 'down'], 'spectral'],
  [['j', 'left'], 'flasktasks'],
  [['left', 'right', 'down'], 'flasktasks:web'],
  [['space', 'down'], 'spectral'],
  [['enter', 'enter', 'down'], 'flasktasks:web'],
];

for (const [pressed, selected] of MOVES) {
  test(`keys ${pressed.join(' ') || '(none)'} select ${selected}`, (t) => {
    const {model, effects} = after(dashboard(), ...keys(...pressed));
    t.is(model.selected, selected);
    t.is(selectedRow(model)?.id, selected);
    const read = effects.findLast(({type}) => type === 'logs');
    if (selected !== 'flasktasks') t.deepEqual(read, {type: 'logs', of: selected});
  });
}

const act = (action: 'start' | 'stop' | 'restart' | 'reload'): Effect => ({
  type: 'act',
  action,
  target: 'flasktasks:web',
});

/** Keys with a program selected, and what is done. */
const DEEDS: readonly (readonly [keys: readonly string[], effects: readonly Effect[]])[] = [
  [['s'], [act('start')]],
  [['R'], [act('reload')]],
  [['x'], []],
  [['x', 'y'], [act('stop')]],
  [['x', 'Y'], [act('stop')]],
  [['x', 'n'], []],
  [['x', 'enter'], []],
  [['x', 'escape', 'y'], []],
  [['r'], []],
  [['r', 'y'], [act('restart')]],
  [['r', 'q'], []],
  [['e'], [{type: 'environment', target: 'flasktasks:web'}]],
  [['q'], [{type: 'quit'}]],
  [['C-c'], [{type: 'quit'}]],
  [['x', 'C-c'], [{type: 'quit'}]],
  [['/', 'q', 'C-c'], [{type: 'quit'}]],
  [['?', 'q'], []],
  [['C-z'], [{type: 'suspend'}]],
  [['C-l'], [{type: 'redraw'}]],
  [['/', 'x', 'y', 'enter'], []],
  // What a slow line makes of an arrow: escape, and a letter behind a bracket.
  [['escape', '[', 'A'], []],
  [['escape', '[', 'B'], []],
  [['é', 'M-x', 'f5', 'delete'], []],
];

for (const [pressed, effects] of DEEDS) {
  test(`keys ${pressed.join(' ')} do ${effects.map(({type}) => type).join(', ') || 'nothing'}`, (t) => {
    const {model} = after(dashboard(), ...keys('down'));
    t.deepEqual(deeds(after(model, ...keys(...pressed)).effects), effects);
  });
}

test('no key does anything without an app', (t) => {
  const empty = dashboard(undefined, {...{supervisor: dashboardInfo()}, apps: []});
  for (const key of ['s', 'x', 'r', 'R', 'e', 'down', 'space', 'n'])
    t.deepEqual(after(empty, ...keys(key, 'y')).effects, [], key);
});

function dashboardInfo() {
  return {
    version: '0.1.0',
    protocol: 1 as const,
    pid: 1,
    since: 0,
    adopted: 0,
    goneMs: undefined,
    cameBackAt: undefined,
  };
}

test('l gives the log the whole screen, none of it, and half again', (t) => {
  const panes = (...pressed: readonly string[]): Pick<Model, 'pane' | 'focus'> => {
    const {pane, focus} = after(dashboard(), ...keys(...pressed)).model;
    return {pane, focus};
  };
  t.deepEqual(panes('l'), {pane: 'whole', focus: 'log'});
  t.deepEqual(panes('l', 'l'), {pane: 'none', focus: 'tree'});
  t.deepEqual(panes('l', 'l', 'l'), {pane: 'half', focus: 'tree'});
  t.deepEqual(panes('tab'), {pane: 'half', focus: 'log'});
  t.deepEqual(panes('l', 'l', 'tab'), {pane: 'half', focus: 'log'});
  t.deepEqual(panes('l', 'tab'), {pane: 'half', focus: 'tree'});
  t.deepEqual(panes('l', 'l', '/', 'escape'), {pane: 'half', focus: 'tree'});
});

test('in the log the same keys scroll', (t) => {
  const start = after(dashboard(), log(100), ...keys('tab')).model;
  const last = (model: Model): string | undefined => picture(model)[21]?.trim();
  t.is(last(start), 'line 99');
  t.is(last(after(start, ...keys('up')).model), 'line 98');
  t.is(last(after(start, ...keys('k', 'k', 'j')).model), 'line 98');
  t.is(last(after(start, ...keys('pageup', 'pagedown')).model), 'line 99');
  t.true(picture(after(start, ...keys('g')).model).some((line) => line.trim() === 'line 0'));
  t.is(last(after(start, ...keys('g', 'G')).model), 'line 99');
  t.is(last(after(start, ...keys('g', 'end')).model), 'line 99');
  t.is(start.selected, after(start, ...keys('up', 'g')).model.selected);
  t.is(last(after(start, ...keys('right')).model), '');
  t.is(last(after(start, ...keys('right', 'left')).model), 'line 99');
});

test('f stands still, and follows again', (t) => {
  const start = after(dashboard(), log(100)).model;
  const more = {type: 'log', of: 'flasktasks', rows: [{from: undefined, text: 'new'}], fresh: false} as const;
  const last = (model: Model): string | undefined => picture(model)[21]?.trim();
  t.is(last(after(start, ...keys('f'), more).model), 'line 99');
  t.is(last(after(start, ...keys('f'), more, ...keys('f')).model), 'new');
  t.is(last(after(start, more).model), 'new');
});

test('/ searches what is typed, n and N go on, escape forgets it', (t) => {
  const start = after(dashboard(), log(100)).model;
  const found = after(start, ...keys('/', 'l', 'i', 'n', 'x', 'backspace', 'e', 'space', '5', 'enter')).model;
  t.is(found.log.wanted, 'line 5');
  t.is(found.log.here, 59);
  t.is(after(found, ...keys('n')).model.log.here, 58);
  t.is(after(found, ...keys('n', 'N')).model.log.here, 59);
  t.is(after(found, ...keys('escape')).model.log.wanted, '');
  t.is(after(start, ...keys('/', 'a', 'escape')).model.log.wanted, '');
  t.is(after(start, ...keys('/', 'a', 'C-u', 'b', 'enter')).model.log.wanted, 'b');
  t.true(picture(after(start, ...keys('/', 'z', 'enter')).model)[22]?.includes('no line has "z"'));
});

test('a text that is read scrolls, and any other key closes it', (t) => {
  const lines = Array.from({length: 100}, (_, at) => `row ${at}`);
  const start = after(dashboard(), {type: 'read', title: 'Environment', lines}).model;
  const first = (model: Model): string | undefined => picture(model)[2]?.trim();
  t.is(first(start), 'row 0');
  t.is(first(after(start, ...keys('down', 'j', 'up')).model), 'row 1');
  t.is(first(after(start, ...keys('pagedown')).model), 'row 21');
  t.is(first(after(start, ...keys('G')).model), 'row 79');
  t.is(first(after(start, ...keys('G', 'pageup', 'home')).model), 'row 0');
  t.is(after(start, ...keys('escape')).model.mode.id, 'browse');
  t.is(after(start, ...keys('q')).model.mode.id, 'browse');
});
