import * as v from 'valibot';

import {isMount, isUserName} from '../core/names.ts';
import type {PortRange} from '../system/proc-net.ts';
import {DURATION, formatDuration, parseDuration} from './duration.ts';

/** What the reference, the editors and the messages say about a key. */
export interface KeyInfo {
  /** One sentence or two: what it does. */
  readonly description: string;
  /** Of a number or duration. */
  readonly unit?: string;
  /** Absent: there is none, or `defaultNote` says how it is found. */
  readonly default?: string | number | boolean;
  /** A default that depends on something, in words. */
  readonly defaultNote?: string;
  /** A value as it stands in the file, in TOML. */
  readonly example: string;
  /** The first version that knows it. */
  readonly since: string;
  readonly required?: true;
  /** What to do, shown when a value is refused. */
  readonly hint?: string;
  /** Values may be secret: messages name their type only. */
  readonly secret?: true;
}

/**
 * A key of a file. All are optional for the parser, so that one missing key does not hide what is wrong with the others;
 * `required` ones are asked for when the file is put together.
 */
export function key<const Schema extends v.GenericSchema<unknown, unknown>>(schema: Schema, info: KeyInfo) {
  return v.optional(v.pipe(schema, v.metadata({...info})));
}

/*
 * The kinds of values. Each carries the end of the sentence `Expected "key" to be ...` as its message,
 * and a form that JSON Schema knows too (`regex`, `minValue`) where there is one.
 */

/** One line of text. */
export const text = v.pipe(
  v.string('text in quotes'),
  v.nonEmpty('some text'),
  // A zero byte ends a C string: such a value would reach the program cut short, or not at all.
  v.check((value) => !/\p{Cc}/u.test(value), 'one line of text without control characters'),
);

/** A path; `~/` is the home directory. Names of files may hold anything but a zero byte. */
export const filePath = v.pipe(
  v.string('a path in quotes'),
  v.nonEmpty('a path'),
  v.check((value) => !value.includes('\0'), 'a path'),
);

export function choice<const Options extends readonly string[]>(options: Options) {
  return v.picklist(options, listed(options.map((option) => JSON.stringify(option))));
}

export const flag = v.boolean('true or false');

export function wholeNumber(least: number, most: number) {
  const words = `a whole number from ${least} to ${most}`;
  return v.pipe(v.number(words), v.integer(words), v.minValue(least, words), v.maxValue(most, words));
}

const LONGEST_MS = 365 * 86_400_000;

/** Text such as `"1m30s"`; the value is milliseconds. */
export function duration(example: string, leastMs = 0) {
  const words = `a duration with its unit (ms, s, m, h, d), as "${example}"`;
  return v.pipe(
    v.string((issue) =>
      typeof issue.input === 'number' ? `a duration in quotes with its unit, as "${issue.input}s"` : words,
    ),
    v.regex(DURATION, words),
    v.transform((value) => parseDuration(value) ?? Number.NaN),
    v.minValue(leastMs, `at least "${formatDuration(leastMs)}"`),
    v.maxValue(LONGEST_MS, `at most "${formatDuration(LONGEST_MS)}"`),
  );
}

/** Text such as `"027"`; the value is the number. */
export const octalMask = v.pipe(
  v.string('octal digits in quotes, as "027"'),
  v.regex(/^0?[0-7]{1,3}$/, 'octal digits in quotes, as "027"'),
  v.transform((value) => Number.parseInt(value, 8)),
);

const ONE_OR_MORE = 'text in quotes, or a list of them: ["a", "b"]';

/** Text or a list of texts; the value is always the list. */
export const paths = v.pipe(
  v.union([filePath, v.array(filePath, ONE_OR_MORE)], ONE_OR_MORE),
  v.transform((value) => (typeof value === 'string' ? [value] : value)),
);

const argument = v.pipe(
  v.string('text in quotes'),
  v.check((value) => !value.includes('\0'), 'text without a zero byte'),
);

/** A command line, split later so that a mistake in it has its place, or its words. */
export const words = v.union([argument, v.array(argument, ONE_OR_MORE)], ONE_OR_MORE);

export const names = v.array(v.string('a name in quotes'), 'a list of names: ["web"]');

/** Environment variables: the names are looked at when the file is put together. */
export const environment = v.record(
  v.string(),
  v.pipe(
    v.string((issue) => (typeof issue.input === 'object' ? 'text in quotes' : 'text: put quotes around it')),
    v.check((value) => !value.includes('\0'), 'text without a zero byte'),
  ),
);

export const status = v.pipe(
  v.union(
    [wholeNumber(100, 599), v.array(wholeNumber(100, 599))],
    'an HTTP status from 100 to 599, or a list of them: [200, 302]',
  ),
  v.transform((value) => (typeof value === 'number' ? [value] : value)),
);

export const giveUp = v.pipe(
  v.union([wholeNumber(1, 1_000_000), v.literal('never')], 'a whole number from 1, or "never"'),
  v.transform((value) => (value === 'never' ? Infinity : value)),
);

const RANGE_WORDS = 'two ports from 1024 to 65535, as "20140-20159"';

/** `"20140-20159"`, both ends included. */
export const portRange = v.pipe(
  v.string(RANGE_WORDS),
  v.regex(/^\d{4,5}\s*-\s*\d{4,5}$/, RANGE_WORDS),
  v.transform((value): PortRange => {
    const [first = Number.NaN, last = Number.NaN] = value.split('-').map(Number);
    return {first, last};
  }),
  v.check(({first, last}) => first >= 1024 && first <= last && last <= 65_535, RANGE_WORDS),
);

/** `https://eco.example.ac.uk`; without the slash at the end. */
export const baseUrl = v.pipe(
  v.string('an address as "https://eco.example.ac.uk"'),
  v.check(isBaseUrl, 'an address as "https://eco.example.ac.uk", without user, query and fragment'),
  v.transform((value) => value.replace(/\/+$/, '')),
);

function isBaseUrl(value: string): boolean {
  if (!URL.canParse(value) || !/^https?:\/\/[^\s\\"'<>?#@]+$/.test(value)) return false;
  const {username, password, search, hash} = new URL(value);
  return username + password + search + hash === '';
}

/** `/{user}_{app}`. */
export const mountTemplate = v.pipe(
  v.string('a path with {app} in it, as "/{user}_{app}"'),
  v.check(
    (value) => value.includes('{app}') && isMount(fillMount(value, 'user', 'app')),
    'a path with {app} in it, as "/{user}_{app}", of letters, digits, _ and -',
  ),
);

/** The mount that a template gives. A login name's `.` and `@` are no characters of a mount and become `_`. */
export function fillMount(template: string, user: string, app: string): string {
  return template.replaceAll('{user}', user.replace(/[^A-Za-z0-9_-]/g, '_')).replaceAll('{app}', app);
}

export const userName = v.pipe(v.string('a login name in quotes'), v.check(isUserName, 'a login name'));

/** `a, b or c`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}
