const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = MONTHS.join('|');
/** `01:33:16`, with up to nine digits of a second behind a point or comma. */
const CLOCK = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?`;
const ZONE = String.raw`(?: ?(?<zone>Z|[+-]\d\d:?\d\d))?`;
const DATE = String.raw`(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)`;

/** Where the common servers and loggers put the time. Further inside a line, it may be anybody's. */
const FORMS: readonly RegExp[] = [
  // gunicorn, ISO 8601, Python's logging, Node's toISOString, log4j: at the beginning, perhaps in brackets.
  new RegExp(String.raw`^[[(]?${DATE}[T ]${CLOCK}${ZONE}`),
  // Apache's and Django's access lines: `[21/Nov/2026:01:33:16 +0000]`.
  new RegExp(String.raw`^[^"]{0,200}?\[(?<day>\d\d)/(?<name>${MONTH})/(?<year>\d{4})[: ]${CLOCK}${ZONE}\]`),
  // asctime, in brackets: uWSGI's requests, Apache's errors.
  new RegExp(
    String.raw`^.{0,200}?\[[A-Z][a-z]{2} (?<name>${MONTH}) (?<day>[ \d]\d) ${CLOCK} (?<year>\d{4})\]`,
  ),
];

/**
 * When a line of a log says it was written, in milliseconds since 1970; `undefined` when it does not say.
 *
 * A time without a zone is the host's local time, as the programs mean it.
 */
export function momentOf(line: string): number | undefined {
  return line.startsWith('{') ? momentOfJson(line) : momentOfText(line);
}

/** Where loggers that write one JSON object per line put the time; the first one counts. */
const FIELDS = ['time', 'timestamp', '@timestamp', 'ts', 'at', 'asctime', 'datetime'];

function momentOfJson(line: string): number | undefined {
  const fields = objectIn(line);
  for (const name of FIELDS) {
    const value = fields?.[name];
    const moment =
      typeof value === 'string'
        ? momentOfText(value)
        : typeof value === 'number'
          ? sinceEpoch(value)
          : undefined;
    if (moment !== undefined) return moment;
  }
  return undefined;
}

function objectIn(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch (error) {
    // A line that begins like JSON, and is none.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Seconds (Python), milliseconds (pino), micro- or nanoseconds (Go), told apart by their size: from 2001 to 2286. */
function sinceEpoch(value: number): number | undefined {
  const unit = [1e-3, 1, 1e3, 1e6].find((each) => value / each >= 1e12 && value / each < 1e13);
  return unit === undefined ? undefined : Math.floor(value / unit);
}

function momentOfText(line: string): number | undefined {
  for (const form of FORMS) {
    const found = form.exec(line)?.groups;
    if (found !== undefined) return momentFrom(found);
  }
  return undefined;
}

type Groups = Readonly<Record<string, string | undefined>>;

function momentFrom({
  year,
  month,
  name,
  day,
  hour,
  minute,
  second,
  fraction = '',
  zone,
}: Groups): number | undefined {
  const months = name === undefined ? Number(month) - 1 : MONTHS.indexOf(name);
  const parts = [Number(year), months, Number(day), Number(hour), Number(minute), Number(second)] as const;
  if (months > 11 || parts[2] > 31 || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return undefined;
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3));
  if (zone === undefined) return new Date(...parts, ms).getTime();
  return Date.UTC(...parts, ms) - offsetOf(zone);
}

/** `+0130` → 90 minutes in milliseconds. */
function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.replaceAll(/\D/g, '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
