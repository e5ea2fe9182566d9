import {nearest} from '../../core/nearest.ts';
import {ERRORS} from './errors.ts';
import {OF_ITS_OWN, OWN_EXITS, PROGRAM_EXITS, SIGNALS} from './exits.ts';
import type {Explanation} from './explanation.ts';
import {RUNS} from './runs.ts';
import {STATES} from './states.ts';

/** What a word can be. */
export type Kind = 'state' | 'run' | 'error' | 'exit' | 'program-exit' | 'signal';

/** What stands above all of a kind, in the order of a list. */
export const KIND_TITLES: Readonly<Record<Kind, string>> = {
  state: 'States of a program',
  run: 'How a task or job ended',
  error: 'Errors',
  exit: 'Exit codes of appsup',
  'program-exit': 'Exit codes of programs',
  signal: 'Signals that end programs',
};

/** Something that can be explained. */
export interface Entry extends Explanation {
  readonly kind: Kind;
  /** As it is written elsewhere: `fatal`, `PORT_TAKEN`, `3`, `SIGKILL`. */
  readonly name: string;
}

/** Everything that can be explained, kind by kind. */
export const ENTRIES: readonly Entry[] = [
  ...entriesOf('state', Object.entries(STATES)),
  ...entriesOf('run', Object.entries(RUNS)),
  ...entriesOf('error', Object.entries(ERRORS)),
  ...entriesOf('exit', OWN_EXITS),
  ...entriesOf('program-exit', PROGRAM_EXITS),
  ...entriesOf('signal', SIGNALS),
];

/** Words of people and of the kernel for what has another name here. */
const ALIASES: Readonly<Record<string, string>> = {
  oom: 'SIGKILL',
  'out of memory': 'SIGKILL',
  asleep: 'dormant',
  lazy: 'dormant',
  'segmentation fault': 'SIGSEGV',
  segfault: 'SIGSEGV',
};

const LARGEST_EXIT = 255;
const BY_SIGNAL = 128;

/**
 * What a word means; several entries where it means several things: an exit code of appsup and one of a program.
 *
 * Understood are `fatal`, `port-taken`, `exit 3`, `exit code 3`, `signal 9`, `SIGKILL`, `kill`, and 137 for 128 + 9.
 */
export function entriesFor(text: string): readonly Entry[] {
  const word = text.trim().toLowerCase().replace(/\s+/g, ' ');
  const [, by, digits] = /^(?:killed by )?(exit |exit code |code |signal |-)?(\d{1,3})$/.exec(word) ?? [];
  if (digits !== undefined) return numbered(Number(digits), by === 'signal ' || by === '-');
  const name = (ALIASES[word] ?? word.replace(/^killed by /, '')).toLowerCase().replaceAll(/[ -]/g, '_');
  return ENTRIES.filter((entry) => [name, `sig${name}`].includes(entry.name.toLowerCase()));
}

/** The word that was probably meant. */
export function nearestEntry(text: string): string | undefined {
  return nearest(text, [...new Set(ENTRIES.map(({name}) => name))]);
}

function numbered(number: number, signal: boolean): readonly Entry[] {
  const of = signal ? number : number > BY_SIGNAL && number <= LARGEST_EXIT ? number - BY_SIGNAL : undefined;
  const [name] = [...SIGNALS].find(([, each]) => each.number === of) ?? [];
  if (of !== undefined) return ENTRIES.filter((entry) => entry.kind === 'signal' && entry.name === name);
  const known = ENTRIES.filter(({kind, name: code}) => kind.endsWith('exit') && code === String(number));
  if (number > LARGEST_EXIT || known.some(({kind}) => kind === 'program-exit')) return known;
  return [...known, {kind: 'program-exit', name: String(number), ...OF_ITS_OWN}];
}

function entriesOf(kind: Kind, entries: Iterable<readonly [number | string, Explanation]>): readonly Entry[] {
  return [...entries].map(([name, {meaning, causes, steps}]) => ({
    kind,
    name: String(name),
    meaning,
    causes,
    steps,
  }));
}
