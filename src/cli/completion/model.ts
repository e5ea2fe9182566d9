import {SIGNALS} from '../../core/signals.ts';
import {SUBJECTS} from '../../doctor/finding.ts';
import {helpWords} from '../commands/help-topic.ts';
import {ENTRIES} from '../explain/find.ts';
import {COMMANDS, COMMON_OPTIONS, commandInfo} from '../table.ts';
import type {Verb} from '../table.ts';
import {placesOf, valueOf} from './words.ts';
import type {Lists, Places, Slot} from './words.ts';

/** An option as a shell has to know it. */
export interface CompletedOption {
  readonly long: string;
  readonly short: string | undefined;
  readonly summary: string;
  /** `undefined`: a switch. */
  readonly value: Slot | undefined;
  /** What stands in place of the value, in capitals. */
  readonly placeholder: string;
  readonly optional: boolean;
  readonly multiple: boolean;
}

/** A verb as a shell has to know it. */
export interface CompletedVerb {
  readonly verb: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  readonly places: Places;
  /** By subcommand. */
  readonly behind: readonly (readonly [subcommand: string, places: Places])[];
  /** What follows its first word is a command of its own, options too. */
  readonly command: boolean;
}

const LISTS: Lists = {
  verbs: Object.keys(COMMANDS),
  topics: helpWords().filter((word) => !Object.hasOwn(COMMANDS, word)),
  explained: [...new Set(ENTRIES.map(({name}) => name))],
  signals: SIGNALS,
  subjects: SUBJECTS,
};

/** Everything that can be completed without looking at files, from the table of the verbs. */
export function completedVerbs(): readonly CompletedVerb[] {
  return (Object.keys(COMMANDS) as readonly Verb[]).map((verb) => {
    const info = commandInfo(verb);
    return {
      verb,
      summary: info.summary,
      options: Object.entries({...info.options, ...COMMON_OPTIONS}).map(([long, option]) => ({
        long,
        short: option.short,
        summary: option.summary,
        value: valueOf(option),
        placeholder: option.value ?? '',
        optional: option.optional === true,
        multiple: option.multiple === true,
      })),
      places: placesOf(info, LISTS),
      behind: (info.subcommands ?? []).map((name) => [name, placesOf(info, LISTS, name)]),
      command: info.command === true,
    };
  });
}

/** What a shell offers at a place: words as they are, sources behind an `@`. */
export function slotWords({sources, words}: Slot): readonly string[] {
  return [...sources.map((source) => `@${source}`), ...words];
}

/**
 * Every place of every verb as a line of a `case` in sh: pattern and words. A verb, a subcommand or `-`, and how many words
 * stand before the place: `ports move 0`.
 */
export function slotCases(
  verbs: readonly CompletedVerb[],
): readonly (readonly [pattern: string, words: string])[] {
  return verbs.flatMap(({verb, places, behind}) => [
    ...(behind.length === 0 ? casesOf(`${verb} -`, places) : [[`${verb} - 0`, wordsAt(places, 0)] as const]),
    ...behind.flatMap(([name, own]) => casesOf(`${verb} ${name}`, own)),
  ]);
}

/** {@link slotCases} as they stand in bash and zsh. */
export function slotLines(verbs: readonly CompletedVerb[]): string {
  return slotCases(verbs)
    .map(([pattern, words]) => {
      const quoted = pattern.endsWith('*') ? `'${pattern.slice(0, -1)}'*` : `'${pattern}'`;
      return `    ${quoted}) reply=(${words}) ;;`;
    })
    .join('\n');
}

function casesOf(start: string, {slots, repeats}: Places): readonly (readonly [string, string])[] {
  return slots.flatMap((slot, at) => {
    const words = slotWords(slot).join(' ');
    return words === ''
      ? []
      : [[`${start} ${repeats && at === slots.length - 1 ? '*' : at}`, words] as const];
  });
}

function wordsAt({slots}: Places, at: number): string {
  const slot = slots[at];
  return slot === undefined ? '' : slotWords(slot).join(' ');
}

/** The first line of a script, for people and for `completion uninstall`. */
export function madeBy(version: string, shell: string): string {
  return `# appsup ${version}: made by "appsup completion ${shell}"`;
}
