import * as v from 'valibot';

import {isBelow, isMount, isUserName} from '../core/names.ts';
import type {PortRange} from '../system/proc-net.ts';
import {DURATION, formatDuration, parseDuration} from './duration.ts';
import {SIZE, formatSize, nearestSize, parseSize} from './size.ts';

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

/** One line for people, short enough to be read. */
export const sentence = v.pipe(
  text,
  v.check((value) => value.length <= 500, 'at most 500 characters'),
);

/** `/api`; without the slash at its beginning it is taken as well. */
export const below = v.pipe(
  v.string('a path in quotes'),
  v.transform((value) => (value.startsWith('/') ? value : `/${value}`)),
  v.check(isBelow, 'a path of letters, digits, _, - and . as "/api", no slash at its end'),
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

const LARGEST = 1000 ** 5;

/** Text such as `"500MB"`; the value is bytes. */
export function size(example: string, leastBytes: number) {
  const words = ({input}: {readonly input: unknown}) =>
    `a size in quotes with its unit (KB, MB, GB, KiB, MiB, GiB), as "${nearestSize(input) ?? example}"`;
  return v.pipe(
    v.string(words),
    v.regex(SIZE, words),
    v.transform((value) => parseSize(value) ?? Number.NaN),
    v.minValue(leastBytes, `at least "${formatSize(leastBytes)}"`),
    v.maxValue(LARGEST, `at most "${formatSize(LARGEST)}"`),
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

/** Programs and endpoints, told apart later so that a mistake has its place. */
export const needed = v.array(v.string('a name in quotes'), 'a list: ["web", "tcp://127.0.0.1:5432"]');

const LONGEST_PATTERN = 200;

/** A regular expression of JavaScript. The program's own output is matched against it, so a slow one hurts its author only. */
export const pattern = v.pipe(
  v.string('a regular expression in quotes'),
  v.nonEmpty('a regular expression'),
  v.check((value) => value.length <= LONGEST_PATTERN, `at most ${LONGEST_PATTERN} characters`),
  v.check(isPattern, 'a regular expression of JavaScript'),
);

function isPattern(value: string): boolean {
  try {
    void new RegExp(value);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

const variable = v.pipe(
  v.string((issue) => (typeof issue.input === 'object' ? 'text in quotes' : 'text: put quotes around it')),
  v.check((value) => !value.includes('\0'), 'text without a zero byte'),
);

/** Environment variables: the names are looked at when the file is put together. */
export const environment = v.record(v.string(), variable);

/** The same, where a command may stand for the value that it prints. */
export const computedEnvironment = v.record(
  v.string(),
  v.union(
    [
      variable,
      v.object({
        run: key(words, {
          description: 'A command; the value is what it prints.',
          example: '"git rev-parse --short HEAD"',
          since: '0.1.0',
          required: true,
        }),
      }),
    ],
    (issue) =>
      typeof issue.input === 'object' ? 'text in quotes, or { run = "..." }' : 'text: put quotes around it',
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

const WEBHOOK = 'an address that begins with https:// or http://';

/** Where a message is posted to. Such an address is a key to a channel: it is shown nowhere. */
export const webhook = v.pipe(
  v.string(WEBHOOK),
  v.check((value) => /^https?:\/\/[^\s\\"'<>]+$/.test(value) && URL.canParse(value), WEBHOOK),
);

/** `smtp://alice@mail.example.ac.uk:587`, `smtps://...`. The password is not in it, since people show their config files. */
export const smtp = v.pipe(
  v.string('an address as "smtp://alice@mail.example.ac.uk:587"'),
  v.check(isSmtp, 'an address as "smtp://alice@mail.example.ac.uk:587", without a password'),
);

function isSmtp(value: string): boolean {
  if (!URL.canParse(value) || !/^smtps?:\/\/[^\s\\"'<>?#]+$/.test(value)) return false;
  const {hostname, password, pathname} = new URL(value);
  return hostname !== '' && password === '' && /^\/?$/.test(pathname);
}

const MAILBOX =
  /^[A-Za-z0-9][A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{0,63}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** One address; a login name alone is a mailbox of this host. Nothing that a mailer could read as an option or a second header. */
export const mailbox = v.pipe(
  v.string('an address as "alice@example.ac.uk"'),
  v.check((value) => MAILBOX.test(value) || isUserName(value), 'an address as "alice@example.ac.uk"'),
);

export function listOf<const Options extends readonly string[]>(options: Options) {
  const each = choice(options);
  return v.array(each, `a list of ${listed(options.map((option) => JSON.stringify(option)))}`);
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
