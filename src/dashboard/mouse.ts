import {barAt} from './bar.ts';
import {folded, logScrolled, pressed, selectedBy} from './keys.ts';
import {layoutOf} from './layout.ts';
import type {Message, Model, Step} from './model.ts';
import {rowsOf} from './tree.ts';

/** Rows that the wheel goes on by. */
const WHEEL = 3;

/** A click, or a turn of the wheel. Columns and lines count from 0. */
export function pointed(model: Model, {kind, x, y}: Extract<Message, {type: 'mouse'}>): Step {
  if (model.mode.id === 'read') return pressed(model, kind === 'click' ? 'escape' : kind);
  // A question is answered by keys alone.
  if (model.mode.id !== 'browse') return {model, effects: []};
  const {tree, log} = layoutOf(model);
  const inLog = log.height > 0 && y >= log.top - 1 && y < log.top + log.height;
  if (kind !== 'click') {
    const by = kind === 'up' ? -1 : 1;
    return {model: inLog ? logScrolled(model, by * WHEEL) : selectedBy(model, by), effects: []};
  }
  if (y === model.size.rows - 1) {
    const key = barAt(model.size.columns, x);
    return key === undefined ? {model, effects: []} : pressed(model, key);
  }
  if (inLog) return {model: {...model, focus: 'log'}, effects: []};
  const isTree = y >= tree.top && y < tree.top + tree.height;
  const row = isTree ? rowsOf(model)[model.top + y - tree.top] : undefined;
  if (row === undefined) return {model, effects: []};
  const chosen: Model = {...model, focus: 'tree', selected: row.id};
  const again = row.kind === 'app' && row.id === model.selected;
  return {model: again ? folded(chosen, undefined) : chosen, effects: []};
}
