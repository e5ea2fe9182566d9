import {helpLines} from './help.ts';
import {layoutOf, readHeight} from './layout.ts';
import {following, nextMatch, scrolled, searched} from './log-pane.ts';
import type {Action, Effect, Mode, Model, Step} from './model.ts';
import {rowsOf, selectedRow} from './tree.ts';

/**
 * A key was pressed.
 *
 * @param key - A character, or `up`, `pageup`, `enter`, `escape`, `backspace`, `tab`, `C-c`, ...
 */
export function pressed(model: Model, key: string): Step {
  switch (key) {
    case 'C-c':
      return {model, effects: [{type: 'quit'}]};
    case 'C-z':
      return {model, effects: [{type: 'suspend'}]};
    case 'C-l':
      return {model, effects: [{type: 'redraw'}]};
  }
  const {mode} = model;
  switch (mode.id) {
    case 'browse':
      return browsing(model, key);
    case 'confirm':
      return confirming(model, mode, key);
    case 'search':
      return searching(model, mode, key);
    case 'read':
      return reading(model, mode, key);
  }
}

const ACTIONS: Readonly<Record<string, Action>> = {s: 'start', x: 'stop', r: 'restart', R: 'reload'};
/** Whom these hit by mistake, visitors may notice. */
const ASKS: ReadonlySet<Action> = new Set<Action>(['stop', 'restart']);

function browsing(model: Model, key: string): Step {
  const moved = model.focus === 'tree' ? movedInTree(model, key) : movedInLog(model, key);
  if (moved !== undefined) return only(moved);
  const action = Object.hasOwn(ACTIONS, key) ? ACTIONS[key] : undefined;
  if (action !== undefined) return acting(model, action);
  const {height} = layoutOf(model).log;
  switch (key) {
    case 'q':
      return {model, effects: [{type: 'quit'}]};
    case '?':
    case 'f1':
      return only({...model, mode: {id: 'read', title: 'Help', lines: helpLines(), top: 0}});
    case 'tab':
      return only(focused(model, model.focus === 'tree' ? 'log' : 'tree'));
    case 'l':
      return only(nextPane(model));
    case 'f':
      return only({...model, log: following(model.log, !model.log.follows, height)});
    case '/':
      return only({...withLog(model), mode: {id: 'search', text: ''}});
    case 'n':
      return only({...model, log: nextMatch(model.log, 'older', height)});
    case 'N':
      return only({...model, log: nextMatch(model.log, 'newer', height)});
    case 'escape':
      return only({...model, note: undefined, log: {...model.log, wanted: '', here: undefined}});
    case 'e':
      return aimed(model, (target) => ({type: 'environment', target}));
    default:
      return only(model);
  }
}

function only(model: Model): Step {
  return {model, effects: []};
}

function movedInTree(model: Model, key: string): Model | undefined {
  const {height} = layoutOf(model).tree;
  switch (key) {
    case 'up':
    case 'k':
      return selectedBy(model, -1);
    case 'down':
    case 'j':
      return selectedBy(model, 1);
    case 'pageup':
      return selectedBy(model, -height);
    case 'pagedown':
      return selectedBy(model, height);
    case 'home':
    case 'g':
      return selectedBy(model, -Infinity);
    case 'end':
    case 'G':
      return selectedBy(model, Infinity);
    case 'left':
      return folded(model, true);
    case 'right':
      return folded(model, false);
    case 'space':
    case 'enter':
      return folded(model, undefined);
    default:
      return undefined;
  }
}

/** Columns of a long line that the arrows go on by. */
const SIDEWAYS = 16;

function movedInLog(model: Model, key: string): Model | undefined {
  const {height} = layoutOf(model).log;
  const by = (rows: number): Model => ({...model, log: scrolled(model.log, rows, height)});
  const {column} = model.log;
  switch (key) {
    case 'up':
    case 'k':
      return by(-1);
    case 'down':
    case 'j':
      return by(1);
    case 'pageup':
      return by(-height);
    case 'pagedown':
    case 'space':
      return by(height);
    case 'home':
    case 'g':
      return by(-Infinity);
    case 'end':
    case 'G':
      return by(Infinity);
    case 'left':
      return {...model, log: {...model.log, column: Math.max(0, column - SIDEWAYS)}};
    case 'right':
      return {...model, log: {...model.log, column: column + SIDEWAYS}};
    default:
      return undefined;
  }
}

/** Another row, so many further down. */
export function selectedBy(model: Model, by: number): Model {
  const rows = rowsOf(model);
  const at = rows.findIndex(({id}) => id === model.selected);
  const to = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  return {...model, selected: to?.id};
}

/** Hide the programs of the selected app, show them, or the other one of the two. */
export function folded(model: Model, hide: boolean | undefined): Model {
  const app = selectedRow(model)?.app.app;
  if (app === undefined) return model;
  const next = new Set(model.folded);
  if (hide ?? !next.has(app)) next.add(app);
  else next.delete(app);
  return {...model, folded: next};
}

/** Only what is on the screen takes keys. */
function focused(model: Model, focus: Model['focus']): Model {
  return focus === 'log'
    ? {...withLog(model), focus}
    : {...model, focus, pane: model.pane === 'whole' ? 'half' : model.pane};
}

function withLog(model: Model): Model {
  return model.pane === 'none' ? {...model, pane: 'half'} : model;
}

function nextPane(model: Model): Model {
  switch (model.pane) {
    case 'half':
      return {...model, pane: 'whole', focus: 'log'};
    case 'whole':
      return {...model, pane: 'none', focus: 'tree'};
    case 'none':
      return {...model, pane: 'half', focus: 'tree'};
  }
}

function acting(model: Model, action: Action): Step {
  const target = model.selected;
  if (target !== undefined && ASKS.has(action))
    return only({...model, mode: {id: 'confirm', action, target}});
  return aimed(model, (aim) => ({type: 'act', action, target: aim}));
}

function aimed(model: Model, effect: (target: string) => Effect): Step {
  return {model, effects: model.selected === undefined ? [] : [effect(model.selected)]};
}

function confirming(model: Model, {action, target}: Extract<Mode, {id: 'confirm'}>, key: string): Step {
  const browse: Model = {...model, mode: {id: 'browse'}};
  return key === 'y' || key === 'Y'
    ? {model: browse, effects: [{type: 'act', action, target}]}
    : only({...browse, note: {text: `${action} ${target}: not done`, tone: 'dim', at: model.now}});
}

function searching(model: Model, {text}: Extract<Mode, {id: 'search'}>, key: string): Step {
  const typed = (next: string): Step => only({...model, mode: {id: 'search', text: next}});
  const browse: Model = {...model, mode: {id: 'browse'}};
  switch (key) {
    case 'enter': {
      const log = searched(model.log, text, layoutOf(model).log.height);
      const note =
        text === '' || log.here !== undefined
          ? model.note
          : {text: `no line has "${text}"`, tone: 'care' as const, at: model.now};
      return only({...browse, log, note});
    }
    case 'escape':
      return only(browse);
    case 'backspace':
      return text === '' ? only(browse) : typed(text.slice(0, -1));
    case 'C-u':
      return typed('');
    case 'space':
      return typed(`${text} `);
    default:
      return key.length === 1 ? typed(text + key) : only(model);
  }
}

function reading(model: Model, mode: Extract<Mode, {id: 'read'}>, key: string): Step {
  const page = readHeight(model);
  const to = (top: number): Step => {
    const last = Math.max(0, mode.lines.length - page);
    return only({...model, mode: {...mode, top: Math.max(0, Math.min(last, top))}});
  };
  switch (key) {
    case 'up':
    case 'k':
      return to(mode.top - 1);
    case 'down':
    case 'j':
      return to(mode.top + 1);
    case 'pageup':
      return to(mode.top - page);
    case 'pagedown':
    case 'space':
      return to(mode.top + page);
    case 'home':
    case 'g':
      return to(0);
    case 'end':
    case 'G':
      return to(Infinity);
    default:
      return only({...model, mode: {id: 'browse'}});
  }
}

/** For the wheel: the log, wherever the keys go. */
export function logScrolled(model: Model, by: number): Model {
  const {height} = layoutOf(model).log;
  return {...model, log: scrolled(model.log, by, height)};
}
