import type {ProcessStatus, StateName} from '../control/api.ts';
import {age, megabytes} from '../cli/format.ts';
import {KEPT, NO_USAGE, summed} from './history.ts';
import type {Usage} from './history.ts';
import {layoutOf} from './layout.ts';
import type {Line, Span} from './line.ts';
import type {Model} from './model.ts';
import type {Tone} from './palette.ts';
import {sparkline} from './spark.ts';
import {fit} from './text.ts';
import type {Charset} from './text.ts';
import {idOf, rowsOf, summaryOf} from './tree.ts';
import type {Row} from './tree.ts';

/** A column of the tree besides the name. */
interface Column {
  readonly name: string;
  readonly width: number;
  readonly align: 'left' | 'right';
  readonly cell: (row: Row, usage: Usage, context: Context) => {readonly text: string; readonly tone?: Tone};
}

interface Context {
  readonly now: number;
  readonly charset: Charset;
}

/** The heading and the rows that there is room for. */
export function treeLines(model: Model, charset: Charset): readonly Line[] {
  const {columns} = model.size;
  const {height} = layoutOf(model).tree;
  const chosen = columnsFor(columns);
  const nameWidth = columns - 1 - chosen.reduce((sum, {width}) => sum + width + 2, 0);
  const heading = ` ${fit('APP / PROGRAM', nameWidth, charset)}${chosen
    .map(({name, width, align}) => `  ${fit(name, width, charset, align)}`)
    .join('')}`;
  const shown = rowsOf(model).slice(model.top, model.top + height);
  const lines = shown.map((row) => rowLine(row, model, {chosen, nameWidth, charset}));
  return [
    [{text: heading, tone: 'dim'}],
    ...lines,
    ...Array.from({length: height - lines.length}, (): Line => []),
  ];
}

interface Form {
  readonly chosen: readonly Column[];
  readonly nameWidth: number;
  readonly charset: Charset;
}

function rowLine(row: Row, model: Model, {chosen, nameWidth, charset}: Form): Line {
  const usage = usageOf(row, model);
  const context: Context = {now: model.now, charset};
  const name = fit(` ${nameOf(row, charset)}`, nameWidth + 1, charset);
  const spans: Span[] = [
    {text: name, tone: row.kind === 'app' ? 'strong' : 'plain'},
    ...chosen.map(({width, align, cell}): Span => {
      const {text, tone = 'plain'} = cell(row, usage, context);
      return {text: `  ${fit(text, width, charset, align)}`, tone};
    }),
  ];
  if (row.id !== model.selected) return spans;
  const tone: Tone = model.focus === 'tree' ? 'selected' : 'marked';
  return spans.map(({text}) => ({text, tone}));
}

function nameOf(row: Row, charset: Charset): string {
  const utf8 = charset === 'utf8';
  if (row.kind === 'app') return `${row.folded ? (utf8 ? '▸' : '+') : utf8 ? '▾' : '-'} ${row.app.app}`;
  const branch = row.last ? (utf8 ? '└' : '`') : utf8 ? '├' : '|';
  return `  ${branch} ${row.process.process}`;
}

function usageOf(row: Row, {usage}: Model): Usage {
  const known = (process: ProcessStatus): Usage => usage.get(idOf(process)) ?? NO_USAGE;
  return row.kind === 'process' ? known(row.process) : summed(row.app.processes.map(known));
}

const STATE_TONES: Readonly<Record<StateName, Tone>> = {
  running: 'good',
  starting: 'care',
  backoff: 'care',
  stopping: 'care',
  exited: 'care',
  fatal: 'bad',
  unknown: 'bad',
  stopped: 'dim',
};

const STATE: Column = {
  name: 'STATE',
  width: 9,
  align: 'left',
  cell(row) {
    if (row.kind === 'process') {
      const {state, dormant, health} = row.process;
      if (dormant === true) return {text: 'dormant', tone: 'good'};
      if (state === 'running' && health === 'unhealthy') return {text: 'unhealthy', tone: 'bad'};
      return {text: state, tone: STATE_TONES[state]};
    }
    const {state, running, count} = summaryOf(row.app);
    return {text: count === 0 ? 'unknown' : `${running} of ${count}`, tone: STATE_TONES[state]};
  },
};

const SINCE: Column = {
  name: 'SINCE',
  width: 6,
  align: 'right',
  cell: (row, _usage, {now}) => ({text: row.kind === 'app' ? '' : age(now - row.process.since)}),
};

const RESTARTS: Column = {
  name: 'RESTARTS',
  width: 8,
  align: 'right',
  cell(row) {
    const processes = row.kind === 'app' ? row.app.processes : [row.process];
    const restarts = processes.reduce((sum, process) => sum + process.restarts, 0);
    return {text: String(restarts), tone: restarts === 0 ? 'dim' : 'care'};
  },
};

const PID: Column = {
  name: 'PID',
  width: 7,
  align: 'right',
  cell: (row) => ({text: row.kind === 'app' ? '' : String(row.process.pid ?? '-')}),
};

/** The newest figure, or a dash where there is none. */
function figure(name: string, of: 'cpu' | 'memory', show: (figure: number) => string): Column {
  return {
    name,
    width: 7,
    align: 'right',
    cell(row, usage) {
      // What has gone since the last look uses nothing.
      const gone = row.kind === 'process' && row.process.pid === undefined;
      const newest = gone ? undefined : usage[of].at(-1);
      return {text: newest === undefined ? '-' : show(newest)};
    },
  };
}

const CPU = figure('CPU', 'cpu', (percent) => `${percent.toFixed(1)} %`);
const MEMORY = figure('MEM', 'memory', megabytes);

/** Below so many percent of a core, a graph stays low. */
const LEAST_CPU = 10;
/** Of memory: 1 MB is 1,000,000 bytes. */
const LEAST_MEMORY = 20e6;

function graph(of: 'cpu' | 'memory', width: number): Column {
  return {
    name: of === 'cpu' ? 'CPU GRAPH' : 'MEM GRAPH',
    width,
    align: 'right',
    cell: (_row, usage, {charset}) => ({
      text: sparkline(usage[of], {width, least: of === 'cpu' ? LEAST_CPU : LEAST_MEMORY, charset}),
      tone: 'graph',
    }),
  };
}

const WHERE: Omit<Column, 'width'> = {
  name: 'WHERE, OR WHY NOT',
  align: 'left',
  cell(row) {
    if (row.kind === 'app')
      return {
        text: row.app.problems[0] ?? row.app.where ?? '',
        tone: row.app.problems.length > 0 ? 'bad' : 'dim',
      };
    const {state, reason, serves} = row.process;
    return {text: state === 'running' ? (serves ? (row.app.where ?? '') : '') : (reason ?? ''), tone: 'dim'};
  },
};

/** What there is room for: names always have at least 18 columns. */
function columnsFor(width: number): readonly Column[] {
  if (width < 50) return [STATE, CPU];
  if (width < 64) return [STATE, CPU, MEMORY];
  if (width < 78) return [STATE, SINCE, RESTARTS, CPU, MEMORY];
  if (width < 110) return [STATE, SINCE, RESTARTS, CPU, MEMORY, graph('cpu', 12)];
  if (width < 150) return [STATE, SINCE, RESTARTS, PID, CPU, MEMORY, graph('cpu', 20), {...WHERE, width: 24}];
  return [
    STATE,
    SINCE,
    RESTARTS,
    PID,
    CPU,
    MEMORY,
    graph('cpu', KEPT - 10),
    graph('memory', 14),
    {...WHERE, width: 45},
  ];
}
