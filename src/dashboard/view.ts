import {barKeys} from './bar.ts';
import {LEAST, layoutOf, readHeight} from './layout.ts';
import type {Cell, Line} from './line.ts';
import type {Model} from './model.ts';
import {columnsOf, fit, part} from './text.ts';
import type {Charset} from './text.ts';
import {selectedRow} from './tree.ts';
import {detailOf} from './view-detail.ts';
import {logLines} from './view-log.ts';
import {titleLine} from './view-title.ts';
import {treeLines} from './view-tree.ts';

/** The whole screen: as many lines as it has, each with as many cells. Pure. */
export function view(model: Model, charset: Charset): readonly (readonly Cell[])[] {
  const {columns, rows} = model.size;
  const lines = pictureOf(model, charset);
  return Array.from({length: rows}, (_, at) => cellsOf(lines[at] ?? [], columns, charset));
}

function pictureOf(model: Model, charset: Charset): readonly Line[] {
  const {columns, rows} = model.size;
  if (columns < LEAST.columns || rows < LEAST.rows)
    return [[{text: `needs ${LEAST.columns} x ${LEAST.rows}`, tone: 'plain'}]];
  const title = titleLine(model, charset);
  if (model.mode.id === 'read') return [title, ...readLines(model, model.mode, charset)];
  const {log} = layoutOf(model);
  return [
    title,
    ...treeLines(model, charset),
    ...(log.height === 0 ? [] : logLines(model, charset)),
    noteLine(model),
    barLine(columns),
  ];
}

function readLines(
  model: Model,
  mode: Extract<Model['mode'], {id: 'read'}>,
  charset: Charset,
): readonly Line[] {
  const height = readHeight(model);
  const shown = mode.lines.slice(mode.top, mode.top + height);
  const more = mode.lines.length > mode.top + height ? ', more below' : '';
  return [
    [{text: fit(` ${mode.title}`, model.size.columns, charset), tone: 'strong'}],
    ...shown.map((text): Line => [{text, tone: 'plain'}]),
    ...Array.from({length: height - shown.length}, (): Line => []),
    [{text: ` Esc closes it${more}`, tone: 'dim'}],
  ];
}

function noteLine(model: Model): Line {
  const {mode} = model;
  switch (mode.id) {
    case 'confirm':
      return [{text: ` ${mode.action} ${mode.target}? y: yes, any other key: no`, tone: 'care'}];
    case 'search':
      return [
        {text: ` /${mode.text}`, tone: 'strong'},
        {text: ' ', tone: 'selected'},
      ];
    case 'browse':
    case 'read':
      return detailOf(model, selectedRow(model));
  }
}

function barLine(columns: number): Line {
  return barKeys(columns).flatMap(({key, word}, at): Line => {
    return [
      {text: at === 0 ? ' ' : '  ', tone: 'plain'},
      {text: key, tone: 'strong'},
      {text: ` ${word}`, tone: 'dim'},
    ];
  });
}

/** Exactly so many cells; a tone that colours the ground goes on to the end of the line. */
function cellsOf(line: Line, width: number, charset: Charset): readonly Cell[] {
  const cells = line.flatMap(({text, tone}) =>
    columnsOf(text, charset).map((character): Cell => ({character, tone})),
  );
  if (cells.length > width) {
    const characters = part(
      cells.map(({character}) => character),
      0,
      width,
    );
    return characters.map((character, at) => ({character, tone: cells[at]?.tone ?? 'plain'}));
  }
  const last = line.at(-1)?.tone;
  const tone = last === 'title' || last === 'selected' || last === 'marked' ? last : 'plain';
  return [...cells, ...Array.from({length: width - cells.length}, (): Cell => ({character: ' ', tone}))];
}
