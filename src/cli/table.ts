import type {CommandInfo, OptionInfo} from './table/info.ts';
import {ARRIVAL} from './table/arrival.ts';
import {FILES} from './table/files.ts';
import {FRONT_END} from './table/front-end.ts';
import {HOST} from './table/host.ts';
import {RUNNING} from './table/running.ts';
import {WORDS} from './table/words.ts';

/** Known to every command. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionInfo>> = {
  json: {summary: 'print JSON: one value per line, errors as {"ok":false,"error":{"code",…}}'},
  help: {short: 'h', summary: 'explain the command'},
};

/** Every verb of the command line, in the order of `appsup help`. */
export const COMMANDS = {
  ...ARRIVAL,
  ...RUNNING,
  ...FILES,
  ...FRONT_END,
  ...HOST,
  ...WORDS,
} as const satisfies Readonly<Record<string, CommandInfo>>;

export type Verb = keyof typeof COMMANDS;

/** Verbs that only say what appsup knows by itself: they need neither a supervisor nor the files. */
export const READING = ['help', 'explain', 'completion'] as const satisfies readonly Verb[];
export type Reading = (typeof READING)[number];

/** True for a verb of {@link READING}. */
export function isReading(word: string): word is Reading {
  return (READING as readonly string[]).includes(word);
}

/** What the table says of a verb. */
export function commandInfo(verb: Verb): CommandInfo {
  return COMMANDS[verb];
}

/** True for a word that is a verb. */
export function isVerb(word: string): word is Verb {
  return Object.hasOwn(COMMANDS, word);
}
