/** Keys and what they do, in the order of the help. Several keys for one thing are divided by blanks. */
const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['Up Down j k', 'another app or program; in the log, another line'],
  ['PgUp PgDn g G', 'by a screen; to the first, to the last'],
  ['Left Right Space', 'fold an app, unfold it; in the log, sideways in long lines'],
  ['Tab', 'keys for the log instead of the tree, and back'],
  ['s', 'start what is selected'],
  ['x', 'stop it (asks first)'],
  ['r', 'restart it with new code, file and environment (asks first)'],
  ['R', 'reload: the running process takes up new code by itself'],
  ['l', 'log: whole screen, none, half of it'],
  ['f', 'log: follow it, or stand still'],
  ['/', 'log: search; small letters find capitals too'],
  ['n N', 'log: next match upwards, downwards'],
  ['e', 'names of its environment; secret values are hidden'],
  ['Esc', 'forget the search and the last message'],
  ['Ctrl-L', 'draw everything anew'],
  ['Ctrl-Z', 'back to the shell for a while: fg'],
  ['?', 'this help'],
  ['q Ctrl-C', 'quit; the programs run on'],
];

/** The text of `?`. */
export function helpLines(): readonly string[] {
  const width = Math.max(...KEYS.map(([keys]) => keys.length));
  return [
    ...KEYS.map(([keys, what]) => `  ${keys.padEnd(width)}  ${what}`),
    '',
    '  The mouse: a click selects, a second one folds an app; the wheel scrolls;',
    '  the keys of the last line can be clicked, too.',
    '',
    '  CPU is percent of one core, memory is resident; both with everything that',
    '  a program has started. A bar of a graph is two seconds, the newest on the',
    '  right.',
  ];
}

/** The last line, the most needed first: as many as there is room for. */
export const BAR: readonly (readonly [key: string, word: string])[] = [
  ['?', 'help'],
  ['q', 'quit'],
  ['s', 'start'],
  ['x', 'stop'],
  ['r', 'restart'],
  ['R', 'reload'],
  ['l', 'log'],
  ['/', 'search'],
  ['f', 'follow'],
  ['e', 'env'],
  ['Tab', 'tree/log'],
];
