import {layoutOf} from './layout.ts';
import type {Line, Span} from './line.ts';
import {firstShown, levelOf, matcherOf} from './log-pane.ts';
import type {LogPane, LogRow} from './log-pane.ts';
import type {Model} from './model.ts';
import type {Tone} from './palette.ts';
import {columnsOf, fit, part} from './text.ts';
import type {Charset} from './text.ts';

/** The title of the log and the lines that there is room for. */
export function logLines(model: Model, charset: Charset): readonly Line[] {
  const {log, size} = model;
  const {height} = layoutOf(model).log;
  const first = firstShown(log, height);
  const shown = log.rows.slice(first, first + height);
  const nameWidth = Math.max(0, ...shown.map(({from}) => from?.length ?? 0));
  const lines = shown.map((row, at) =>
    rowLine(row, log, {nameWidth, isHere: first + at === log.here, columns: size.columns, charset}),
  );
  return [titleOf(model, charset), ...lines, ...Array.from({length: height - lines.length}, (): Line => [])];
}

function titleOf({log, focus, size}: Model, charset: Charset): Line {
  const rule = charset === 'utf8' ? '─' : '-';
  const parts = [
    `log of ${log.of ?? 'nothing'}`,
    log.follows ? 'following' : 'standing still: f follows',
    ...(log.rows.length === 0 ? ['nothing was printed yet'] : []),
    ...(log.wanted === '' ? [] : [`/${log.wanted}`]),
    ...(log.column === 0 ? [] : [`from column ${log.column + 1}`]),
  ];
  const text = `${rule}${rule} ${parts.join(`  `)} `;
  const filled = fit(text, size.columns, charset).trimEnd();
  const rest = rule.repeat(Math.max(0, size.columns - columnsOf(filled, charset).length - 1));
  return [{text: `${filled} ${rest}`, tone: focus === 'log' ? 'selected' : 'marked'}];
}

interface Form {
  readonly nameWidth: number;
  readonly isHere: boolean;
  readonly columns: number;
  readonly charset: Charset;
}

function rowLine({from, text}: LogRow, log: LogPane, {nameWidth, isHere, columns, charset}: Form): Line {
  const prefix = nameWidth === 0 ? '' : `${fit(from ?? '', nameWidth, charset)} | `;
  // Longer ones are looked at sideways.
  const visible = text.slice(0, log.column + columns);
  const tone: Tone = levelOf(visible);
  const spans = log.wanted === '' ? [{text: visible, tone}] : marked(visible, log.wanted, tone, isHere);
  const moved = log.column === 0 ? spans : sideways(spans, log.column, charset);
  return prefix === '' ? moved : [{text: prefix, tone: 'dim'}, ...moved];
}

/** The text in pieces, those that were searched for in another tone. */
function marked(text: string, wanted: string, tone: Tone, isHere: boolean): readonly Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (const at of matcherOf(wanted)(text)) {
    spans.push({text: text.slice(done, at), tone});
    done = at + wanted.length;
    spans.push({text: text.slice(at, done), tone: isHere ? 'here' : 'match'});
  }
  return [...spans, {text: text.slice(done), tone}];
}

function sideways(spans: readonly Span[], by: number, charset: Charset): readonly Span[] {
  let left = by;
  return spans.map(({text, tone}) => {
    const columns = columnsOf(text, charset);
    const gone = Math.min(left, columns.length);
    left -= gone;
    return {text: part(columns, gone, columns.length).join(''), tone};
  });
}
