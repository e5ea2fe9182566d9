import type {CommandInfo, OptionInfo} from '../table/info.ts';

/**
 * What a shell looks up by itself when TAB is pressed: `targets` (`app`, `app:program`), `logs` (`app:task` as well),
 * `apps`, `runs` (tasks and jobs of the app before it), files, directories, commands.
 */
export type Source = 'targets' | 'logs' | 'apps' | 'runs' | 'files' | 'directories' | 'commands';

/** Names that are known when the script is made. */
export interface Lists {
  readonly verbs: readonly string[];
  readonly topics: readonly string[];
  readonly explained: readonly string[];
  readonly signals: readonly string[];
  /** Of `appsup doctor`. */
  readonly subjects: readonly string[];
}

/** What may stand at one place of a command line; both empty: nobody knows. */
export interface Slot {
  readonly sources: readonly Source[];
  readonly words: readonly string[];
}

/** The places behind a verb, or behind a verb and its subcommand. */
export interface Places {
  readonly slots: readonly Slot[];
  /** The last one stands for all that follow. */
  readonly repeats: boolean;
}

const SOURCES: Readonly<Record<string, Source>> = {
  'APP:PROGRAM': 'targets',
  'APP:PROGRAM=N': 'targets',
  'APP:NAME': 'logs',
  APP: 'apps',
  TASK: 'runs',
  JOB: 'runs',
  FILE: 'files',
  DIR: 'directories',
  PREFIX: 'directories',
  COMMAND: 'commands',
};

/** The shells that there is a completion for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** True for a shell that there is a completion for. */
export function isShell(word: string): word is Shell {
  return (SHELLS as readonly string[]).includes(word);
}

/**
 * The places behind a verb, as its synopsis names them: `APP [TASK | JOB] [--resume]` has two, `[APP]...` one that repeats.
 *
 * @param subcommand - Of a verb that has them: the places behind this one; else the first place is the subcommand.
 */
export function placesOf(info: CommandInfo, lists: Lists, subcommand?: string): Places {
  const synopsis = withoutOptions(info.synopsis);
  if (info.subcommands === undefined) return placesIn(synopsis, lists);
  if (subcommand === undefined) return {slots: [{sources: [], words: info.subcommands}], repeats: false};
  const alternatives = synopsis.split(' | ').map((text) => text.trim().replace(/^\[(.*)\]$/, '$1'));
  const own = alternatives.find((text) => text.split(' ')[0] === subcommand) ?? '';
  return placesIn(own.slice(subcommand.length), lists);
}

/** What may stand behind an option; `undefined` for a switch. */
export function valueOf({value, choices}: OptionInfo): Slot | undefined {
  if (value === undefined) return undefined;
  if (choices !== undefined) return {sources: [], words: choices};
  if (value.includes('|')) return {sources: [], words: value.split('|')};
  const source = SOURCES[value];
  return {sources: source === undefined ? [] : [source], words: []};
}

function placesIn(text: string, lists: Lists): Places {
  const tokens = text
    .replaceAll(' | ', '|')
    .split(' ')
    .filter((token) => token !== '');
  return {
    slots: tokens.map((token) => slotOf(token.replaceAll(/\[|\]|\.\.\./g, '').split('|'), lists)),
    repeats: tokens.at(-1)?.includes('...') === true,
  };
}

function slotOf(names: readonly string[], lists: Lists): Slot {
  const sources = names.flatMap((name) => SOURCES[name] ?? []);
  return {sources: [...new Set(sources)], words: [...new Set(names.flatMap((name) => wordsOf(name, lists)))]};
}

function wordsOf(name: string, {verbs, topics, explained, signals, subjects}: Lists): readonly string[] {
  switch (name) {
    case 'VERB':
      return verbs;
    case 'TOPIC':
      return topics;
    case 'STATE':
    case 'ERROR-CODE':
    case 'EXIT-CODE':
      return explained;
    case 'SIGNAL':
      return signals;
    case 'SUBJECT':
      return subjects;
    case 'SHELL':
      return SHELLS;
    default:
      // A word in small letters stands for itself.
      return /^[a-z-]+$/.test(name) ? [name] : [];
  }
}

/** `APP [--generate [N] | --stdin] [OPTION]...` is `APP`. */
function withoutOptions(synopsis: string): string {
  let [kept, depth] = ['', 0];
  for (let at = 0; at < synopsis.length; at++) {
    const sign = synopsis[at] ?? '';
    if (depth > 0 || /^\[-|^\[OPTION\]/.test(synopsis.slice(at))) {
      if (sign === '[') depth++;
      if (sign === ']') depth--;
    } else kept += sign;
  }
  return kept.replace(/ \.\.\.$/, ' ').trim();
}
