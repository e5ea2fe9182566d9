import type {Model} from './model.ts';
import {rowsOf} from './tree.ts';

/** Where things are; lines count from 0. */
export interface Layout {
  /** Of the first row of the tree, and how many there is room for. */
  readonly tree: {readonly top: number; readonly height: number};
  /** Of the first row of the log, whose title is one line above; without height there is neither. */
  readonly log: {readonly top: number; readonly height: number};
  /** The line of notes and questions; the keys stand below it. */
  readonly note: number;
}

/** Smaller than this, there is nothing to see. */
export const LEAST = {columns: 40, rows: 8} as const;

/** Title and heading above, note and keys below. */
const ABOVE = 2;
const BELOW = 2;

/** Divide the screen: the tree gets what it needs, up to more than half; the log gets the rest. */
export function layoutOf(model: Pick<Model, 'size' | 'pane' | 'apps' | 'folded'>): Layout {
  const {size, pane} = model;
  const room = Math.max(1, size.rows - ABOVE - BELOW);
  const note = size.rows - BELOW;
  const tree = treeHeight(room, pane, model);
  const height = pane === 'none' ? 0 : Math.max(0, room - tree - 1);
  return {tree: {top: ABOVE, height: tree}, log: {top: note - height, height}, note};
}

function treeHeight(room: number, pane: Model['pane'], model: Pick<Model, 'apps' | 'folded'>): number {
  if (pane === 'none') return room;
  // One line stays: whose log it is, and how that is.
  if (pane === 'whole') return 1;
  return Math.max(1, Math.min(rowsOf(model).length, Math.floor(room * 0.55)));
}

/** Lines of a text that is read: all between title and keys. */
export function readHeight({size}: Pick<Model, 'size'>): number {
  return Math.max(1, size.rows - 3);
}
