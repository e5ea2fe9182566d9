import {printable} from '../cli/printable.ts';

/** One line of a log as the pane keeps it. */
export interface LogRow {
  /** Which of several programs printed it; `undefined` where there is only one. */
  readonly from: string | undefined;
  readonly text: string;
}

/** The log that is looked at. Pure data; the newest line is the last. */
export interface LogPane {
  /** `app` or `app:process`; `undefined` while nothing is selected. */
  readonly of: string | undefined;
  readonly rows: readonly LogRow[];
  /** The first row that is shown; counts only while it does not follow. */
  readonly top: number;
  readonly follows: boolean;
  /** Columns that are left out on the left, for long lines. */
  readonly column: number;
  /** What was searched for; `''`: nothing. */
  readonly wanted: string;
  /** The row of the match that was jumped to. */
  readonly here: number | undefined;
}

/** So many lines are kept: what is older stands in `appsup logs`. */
export const KEPT_ROWS = 5000;

/** Of each line: one of a megabyte must not cost more than a screen. */
const KEPT_CHARACTERS = 10_000;

export const EMPTY_PANE: LogPane = {
  of: undefined,
  rows: [],
  top: 0,
  follows: true,
  column: 0,
  wanted: '',
  here: undefined,
};

/** Another log; what was searched for stays, since one looks for the same in several. */
export function opened(pane: LogPane, of: string | undefined, rows: readonly LogRow[]): LogPane {
  return {...EMPTY_PANE, of, rows: rows.slice(-KEPT_ROWS).map(shown), wanted: pane.wanted};
}

/** More lines at the end. Who has scrolled up goes on seeing the same ones, as long as they are kept. */
export function appended(pane: LogPane, rows: readonly LogRow[]): LogPane {
  const all = [...pane.rows, ...rows.slice(-KEPT_ROWS).map(shown)];
  const gone = Math.max(0, all.length - KEPT_ROWS);
  const here = pane.here === undefined || pane.here < gone ? undefined : pane.here - gone;
  return {...pane, rows: gone === 0 ? all : all.slice(gone), top: Math.max(0, pane.top - gone), here};
}

/** As it is looked at and searched: control characters can be seen, and are never sent. */
function shown({from, text}: LogRow): LogRow {
  return {from, text: printable(text.slice(0, KEPT_CHARACTERS))};
}

/** The first row that is shown in a pane of so many lines. */
export function firstShown(pane: LogPane, height: number): number {
  const last = Math.max(0, pane.rows.length - height);
  return pane.follows ? last : Math.min(pane.top, last);
}

/** By so many rows, up with a negative number. At the end it follows again. */
export function scrolled(pane: LogPane, by: number, height: number): LogPane {
  const last = Math.max(0, pane.rows.length - height);
  const top = Math.max(0, Math.min(last, firstShown(pane, height) + by));
  return {...pane, top, follows: by >= 0 && top === last};
}

/** Stop where it is, or go to the end and stay there. */
export function following(pane: LogPane, follows: boolean, height: number): LogPane {
  return {...pane, follows, top: firstShown(pane, height)};
}

/** For small letters, capitals count as the same; with a capital in it a text means itself. */
export function matcherOf(wanted: string): (text: string) => readonly number[] {
  if (wanted === '') return () => [];
  const exact = wanted !== wanted.toLowerCase();
  return (text) => {
    const within = exact ? text : text.toLowerCase();
    const found: number[] = [];
    for (let at = within.indexOf(wanted); at >= 0; at = within.indexOf(wanted, at + wanted.length))
      found.push(at);
    return found;
  };
}

/** Look for a text, from the newest line upwards. */
export function searched(pane: LogPane, wanted: string, height: number): LogPane {
  const fresh = {...pane, wanted, here: undefined};
  return wanted === '' ? fresh : nextMatch(fresh, 'older', height);
}

/** The next match upwards or downwards, in the middle of the pane; the same pane when there is none. */
export function nextMatch(pane: LogPane, direction: 'older' | 'newer', height: number): LogPane {
  const find = matcherOf(pane.wanted);
  const matches = pane.rows.flatMap(({text}, at) => (find(text).length > 0 ? at : []));
  const from = pane.here ?? (direction === 'older' ? firstShown(pane, height) + height : -1);
  const here = direction === 'older' ? matches.findLast((at) => at < from) : matches.find((at) => at > from);
  if (here === undefined) return pane;
  const last = Math.max(0, pane.rows.length - height);
  const top = Math.max(0, Math.min(last, here - Math.floor(height / 2)));
  return {...pane, here, top, follows: false};
}

/** How bad a line sounds, by the words that loggers use. */
export function levelOf(text: string): 'bad' | 'care' | 'dim' | 'plain' {
  // Far behind, the word is somebody's data. Access lines may have it in an address.
  const head = text.slice(0, 120);
  if (BAD.test(head)) return 'bad';
  if (CARE.test(head)) return 'care';
  return DIM.test(head) ? 'dim' : 'plain';
}

const BAD =
  /\b(ERROR|CRITICAL|FATAL|EMERG|ALERT|PANIC)\b|^\[?(error|fatal|critical)\b|^Traceback |^[A-Za-z_.]*(Error|Exception)\b(:|$)|"level":\s*("(error|fatal|critical)"|[56]0)/;
const CARE = /\b(WARN|WARNING)\b|^\[?warn(ing)?\b|\b[A-Z]\w*Warning:|"level":\s*("warn(ing)?"|40)/;
const DIM = /\b(DEBUG|TRACE)\b|^\[?(debug|trace)\b|"level":\s*("(debug|trace)"|[12]0)/;
