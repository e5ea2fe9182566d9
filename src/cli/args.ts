import {parseArgs} from 'node:util';

import {parseDuration} from '../config/duration.ts';
import {nearest} from '../core/nearest.ts';
import {AppsupError} from '../errors.ts';
import {ELSEWHERE} from './elsewhere.ts';
import {COMMANDS, COMMON_OPTIONS, commandInfo, isReading, isVerb} from './table.ts';
import type {Verb} from './table.ts';
import type {CommandInfo, OptionInfo} from './table/info.ts';

/** A command line, understood. */
export interface Invocation {
  readonly verb: Verb;
  /** Behind the verb, without the options. */
  readonly words: readonly string[];
  readonly options: Options;
  /** Answered from what appsup knows by itself: a verb with `--help`, or one of {@link READING}. */
  readonly help: boolean;
  readonly json: boolean;
}

/** Options by their long names. Only those of the verb's table entry are there. */
export interface Options {
  /** A switch was given. */
  has(name: string): boolean;
  /** The value of an option; the last one, when it was given several times. */
  value(name: string): string | undefined;
  values(name: string): readonly string[];
  /** The value as a duration in milliseconds: `1.5s`, `2m`, and a bare number of seconds. @throws AppsupError `USAGE` */
  duration(name: string): number | undefined;
  /** The value as a whole number. @throws AppsupError `USAGE` */
  count(name: string): number | undefined;
}

/**
 * Understand the words behind `appsup`.
 *
 * @throws AppsupError `USAGE` with the nearest verb or option as the hint.
 */
export function parseCommandLine(argv: readonly string[]): Invocation {
  const verb = verbOf(argv);
  const info = commandInfo(verb.name);
  const {words, given} = parse(argv.slice(0, verb.at).concat(argv.slice(verb.at + 1)), verb.name, info);
  const explain = given.has('help');
  if (!explain) checkWords(verb.name, info, words);
  if (given.has('wait') && given.has('no-wait'))
    throw usage('Cannot understand "--wait" with "--no-wait"', {hint: 'one of them'});
  const help = explain || isReading(verb.name);
  return {verb: verb.name, words, options: optionsOf(given), help, json: given.has('json')};
}

/** The verb is the first word; `appsup` alone is `appsup help`, and `appsup --version` is `appsup version`. */
function verbOf(argv: readonly string[]): {readonly name: Verb; readonly at: number} {
  const at = argv.findIndex((word) => !word.startsWith('-'));
  const word = at < 0 ? undefined : argv[at];
  if (word === undefined) {
    const version = argv.findIndex((each) => each === '--version' || each === '-V');
    return version < 0 ? {name: 'help', at: argv.length} : {name: 'version', at: version};
  }
  if (isVerb(word)) return {name: word, at};
  const meant = ELSEWHERE.get(word.toLowerCase()) ?? nearest(word, Object.keys(COMMANDS));
  throw usage(`Cannot understand "${word}": no such command`, {
    hint: meant === undefined ? 'appsup help' : `did you mean "appsup ${meant}"?`,
  });
}

type Given = ReadonlyMap<string, readonly (string | undefined)[]>;

interface Parsed {
  readonly words: readonly string[];
  readonly given: Given;
}

function parse(argv: readonly string[], verb: Verb, info: CommandInfo): Parsed {
  if (info.command === true) return parseCommand(argv, verb, info);
  const known: Readonly<Record<string, OptionInfo>> = {...info.options, ...COMMON_OPTIONS};
  const options = Object.fromEntries(
    Object.entries(known).map(([name, {value, short, optional}]) => [
      name,
      {
        type:
          value === undefined || (optional === true && isBare(argv, name))
            ? ('boolean' as const)
            : ('string' as const),
        ...(short === undefined ? {} : {short}),
      },
    ]),
  );
  // Loading the parser takes 1.7 ms, and most command lines are words.
  if (!argv.some((word) => word.startsWith('-'))) return {words: argv, given: new Map()};
  // Not strict: our own messages name the nearest option.
  const {tokens} = parseArgs({args: [...argv], options, allowPositionals: true, strict: false, tokens: true});
  const words: string[] = [];
  const given = new Map<string, (string | undefined)[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (option === undefined) throw unknownOption(verb, token.rawName, Object.keys(known));
    checkValue(verb, token.rawName, option, token.value, token.inlineValue === true);
    given.set(token.name, [...(given.get(token.name) ?? []), token.value]);
  }
  return {words, given};
}

/** What may come without its value is not to take the next option for it. */
function isBare(argv: readonly string[], name: string): boolean {
  const at = argv.lastIndexOf(`--${name}`);
  return at >= 0 && (argv[at + 1] ?? '-').startsWith('-');
}

/** Behind the first word another program's command line begins, with or without a `--` before it. */
function parseCommand(argv: readonly string[], verb: Verb, info: CommandInfo): Parsed {
  const first = argv.findIndex((word) => !word.startsWith('-'));
  const end = first < 0 ? argv.length : first + 1;
  const {words, given} = parse(argv.slice(0, end), verb, {...info, command: false});
  const rest = argv.slice(end);
  return {words: [...words, ...(rest[0] === '--' ? rest.slice(1) : rest)], given};
}

function unknownOption(verb: Verb, written: string, known: readonly string[]): AppsupError {
  const meant = written.startsWith('--') ? nearest(written.slice(2), known) : undefined;
  return usage(`Cannot understand "${written}": "appsup ${verb}" has no such option`, {
    hint: meant === undefined ? `appsup ${verb} --help` : `did you mean "--${meant}"?`,
  });
}

function checkValue(
  verb: Verb,
  written: string,
  {value: wanted, optional}: OptionInfo,
  value: string | undefined,
  inline: boolean,
): void {
  if (wanted === undefined && value !== undefined) {
    throw usage(`Cannot understand "${written}=${value}": it takes no value`, {
      hint: `appsup ${verb} --help`,
    });
  }
  if (value === undefined && optional === true) return;
  if (wanted !== undefined && (value === undefined || (!inline && value.startsWith('-')))) {
    throw usage(`Cannot understand "${written}": ${wanted} is missing behind it`, {
      hint: `appsup ${verb} --help`,
    });
  }
}

function checkWords(
  verb: Verb,
  {words: [least, most], synopsis, subcommands}: CommandInfo,
  words: readonly string[],
): void {
  const line = `appsup ${verb} ${synopsis}`.trim();
  if (words.length < least) throw usage(`Cannot run "appsup ${verb}": something is missing`, {hint: line});
  if (words.length > most) throw usage(`Cannot understand "${words[most]}": one word too many`, {hint: line});
  const [first] = words;
  if (subcommands !== undefined && first !== undefined && !subcommands.includes(first)) {
    const meant = nearest(first, subcommands);
    throw usage(`Cannot understand "${first}" behind "appsup ${verb}"`, {
      hint: meant === undefined ? line : `did you mean "appsup ${verb} ${meant}"?`,
    });
  }
}

function optionsOf(given: Given): Options {
  const values = (name: string): readonly string[] =>
    (given.get(name) ?? []).filter((value) => value !== undefined);
  const value = (name: string): string | undefined => values(name).at(-1);
  return {
    has: (name) => given.has(name),
    value,
    values,
    duration(name) {
      const text = value(name);
      if (text === undefined) return undefined;
      const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text);
      if (ms === undefined)
        throw usage(`Cannot understand "--${name} ${text}": expected a duration such as "30s" or "2m"`);
      return ms;
    },
    count(name) {
      const text = value(name);
      if (text === undefined) return undefined;
      if (!/^\d{1,9}$/.test(text))
        throw usage(`Cannot understand "--${name} ${text}": expected a whole number`);
      return Number(text);
    },
  };
}

/** A mistake in the command line; exit code 2. */
export function usage(message: string, options: {readonly hint?: string} = {}): AppsupError {
  return new AppsupError('USAGE', message, options);
}
