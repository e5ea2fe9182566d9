import {oneLine} from './printable.ts';

/** One cell: its text, and how it is painted once its place is known. */
export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/** Between columns. */
const GAP = '  ';

/**
 * Lines of a table whose columns stand under each other; the last one is cut where the terminal ends.
 *
 * @param width - Columns of the terminal; `undefined`: nothing is cut, so that a script sees all.
 */
export function columns(rows: readonly (readonly (Cell | string)[])[], width?: number): readonly string[] {
  const cells = rows.map((row) => row.map(cellOf));
  const widths: number[] = [];
  for (const row of cells)
    row.forEach(({text}, at) => (widths[at] = Math.max(widths[at] ?? 0, lengthOf(text))));
  return cells.map((row) => lineOf(row, widths, width).trimEnd());
}

function lineOf(row: readonly Cell[], widths: readonly number[], width: number | undefined): string {
  let used = 0;
  return row
    .map(({text, paint = (plain) => plain}, at) => {
      const last = at === row.length - 1;
      const shown = last && width !== undefined ? cut(text, width - used) : text;
      const room = widths[at] ?? 0;
      used += room + GAP.length;
      return paint(shown) + (last ? '' : ' '.repeat(room - lengthOf(shown)) + GAP);
    })
    .join('');
}

function cut(text: string, room: number): string {
  // A terminal too narrow for anything folds the line: still better than a word of two letters.
  if (room < 10 || lengthOf(text) <= room) return text;
  return `${Array.from(text)
    .slice(0, room - 1)
    .join('')}…`;
}

function cellOf(cell: Cell | string): Cell {
  return typeof cell === 'string' ? {text: oneLine(cell)} : {...cell, text: oneLine(cell.text)};
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}
