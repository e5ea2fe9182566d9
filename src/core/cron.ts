/** The figures at which each field of a schedule matches. */
export interface CronFields {
  readonly seconds: ReadonlySet<number>;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** True when the field was `*`: with both limited, either day counts (crontab(5)). */
  readonly anyDay: boolean;
  readonly anyWeekday: boolean;
}

export type CronResult =
  | {readonly ok: true; /** Without names: `0 3 * * 1`. */ readonly text: string; readonly fields: CronFields}
  | {readonly ok: false; readonly problem: string; readonly hint: string | undefined};

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Three letters each, the first for `least`. */
  readonly names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly Field[] = [
  {name: 'second', least: 0, most: 59, names: []},
  {name: 'minute', least: 0, most: 59, names: []},
  {name: 'hour', least: 0, most: 23, names: []},
  {name: 'day of the month', least: 1, most: 31, names: []},
  {name: 'month', least: 1, most: 12, names: MONTHS},
  {name: 'day of the week', least: 0, most: 7, names: WEEKDAYS},
];

/** crontab(5)'s short forms; `@reboot` is no time and is the caller's. */
const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

const NAMES = [...NICKNAMES.keys(), '@reboot'];
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Read a schedule as crontab(5) has it: five fields, six with seconds in front, or a short form such as `@daily`.
 *
 * Each field is `*`, figures or names, ranges, steps and lists of them: `0-30/10,45`. A schedule that can never come true
 * (30 February) is refused.
 */
export function parseCron(text: string): CronResult {
  const words = (NICKNAMES.get(text.trim().toLowerCase()) ?? text).trim().split(/\s+/);
  if (words[0]?.startsWith('@') === true)
    return refused(`there is no ${words[0]}`, `known: ${NAMES.join(', ')}`);
  if (words.length !== 5 && words.length !== 6) {
    return refused(
      `it has ${words[0] === '' ? 0 : words.length} fields`,
      'minute, hour, day of the month, month, day of the week: "30 3 * * *" is each day at 03:30; with a sixth field in front for seconds',
    );
  }
  const withSeconds = words.length === 6 ? words : ['0', ...words];
  const sets: ReadonlySet<number>[] = [];
  for (const [index, field] of FIELDS.entries()) {
    const read = readField(withSeconds[index] ?? '', field);
    if (typeof read === 'string') return refused(read, hintOf(field));
    sets.push(read);
  }
  const [seconds = NONE, minutes = NONE, hours = NONE, days = NONE, months = NONE, weekdays = NONE] = sets;
  const fields: CronFields = {
    seconds,
    minutes,
    hours,
    days,
    months,
    weekdays: new Set([...weekdays].map((day) => day % 7)),
    anyDay: withSeconds[3]?.startsWith('*') ?? false,
    anyWeekday: withSeconds[5]?.startsWith('*') ?? false,
  };
  if (neverFires(fields)) {
    return refused(
      `it never comes: no ${list(months, MONTHS)} has a day ${[...days].join(' or ')}`,
      'the last field is the day of the week',
    );
  }
  const plain = words.map((word, index) => withoutNames(word, FIELDS[index + 6 - words.length]));
  return {ok: true, text: plain.join(' '), fields};
}

const NONE: ReadonlySet<number> = new Set();

function refused(problem: string, hint?: string): CronResult {
  return {ok: false, problem, hint};
}

function hintOf({least, most, names}: Field): string {
  const also = names.length === 0 ? '' : ` or ${names[0]} to ${names.at(-1)}`;
  return `${least} to ${most}${also}, *, */5, 1-5, 1,3,5`;
}

/** The figures of a field, or what is wrong with it. */
function readField(text: string, field: Field): ReadonlySet<number> | string {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(?:(\*)|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/(\d{1,2}))?$/i.exec(part);
    if (match === null) return `its ${field.name} is ${JSON.stringify(part)}`;
    const [, star, from, to, by] = match;
    const step = by === undefined ? 1 : Number(by);
    const first = star === undefined ? figure(from ?? '', field) : field.least;
    // `5/15` is from 5 on, as most crons have it.
    const end = by === undefined ? first : field.most;
    const last = star !== undefined ? field.most : to === undefined ? end : figure(to, field);
    if (first === undefined || last === undefined || step < 1)
      return `its ${field.name} is ${JSON.stringify(part)}`;
    if (first > last) return `its ${field.name} runs backwards: ${JSON.stringify(part)}`;
    for (let value = first; value <= last; value += step) found.add(value);
  }
  return found;
}

function figure(word: string, {least, most, names}: Field): number | undefined {
  const named = names.indexOf(word.toLowerCase());
  const value = named >= 0 ? named + least : /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}

/** With both days limited either one counts, and there is a day of the week in every month. */
function neverFires({days, months, anyDay, anyWeekday}: CronFields): boolean {
  if (anyDay || !anyWeekday) return false;
  const earliest = Math.min(...days);
  return [...months].every((month) => earliest > (LONGEST_MONTHS[month - 1] ?? 31));
}

function withoutNames(word: string, field: Field | undefined): string {
  return word.replace(/[a-z]+/gi, (name) =>
    String((field?.names.indexOf(name.toLowerCase()) ?? 0) + (field?.least ?? 0)),
  );
}

function list(months: ReadonlySet<number>, names: readonly string[]): string {
  return months.size === 12 ? 'month' : [...months].map((month) => names[month - 1]).join(' or ');
}
