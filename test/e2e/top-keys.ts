import {PAINTED, TMUX, TOP, dashboardRig, terminalOf} from '../helpers/dashboard-world.ts';
import {GoldenScreens} from '../helpers/golden-screens.ts';
import type {Rig} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

const SIZES = [
  {columns: 80, rows: 24},
  {columns: 120, rows: 40},
  {columns: 200, rows: 60},
];

/**
 * Keys, one after the other, and the screen that each leads to. Escape between them: what was said is gone, before it goes by
 * itself.
 */
const KEYS: readonly (readonly [name: string, ...keys: string[]])[] = [
  ['at first'],
  ['Down selects a program', 'Down'],
  ['j selects the next', 'j'],
  ['k selects the one before', 'k'],
  ['Up selects the app', 'Up'],
  ['Left folds it', 'Left'],
  ['Right unfolds it', 'Right'],
  ['Space folds it', 'Space'],
  ['Enter unfolds it', 'Enter'],
  ['G selects the last', 'G'],
  ['g selects the first', 'g'],
  ['PageDown goes on by a screen', 'PPage', 'NPage'],
  ['PageUp goes back', 'PPage'],
  ['End selects the last', 'End'],
  ['Home selects the first', 'Home'],
  ['Tab gives the log the keys', 'Tab'],
  ['Up in the log', 'Up', 'Up', 'k'],
  ['Home in the log', 'Home'],
  ['Right in the log', 'Right'],
  ['Left in the log', 'Left'],
  ['End in the log', 'End'],
  ['f stands still', 'f'],
  ['f follows', 'f'],
  ['slash asks what to search', '/'],
  ['typing shows what is searched', 'i', 'n', 'f', 'x', 'BSpace', 'o'],
  ['Enter finds the newest', 'Enter'],
  ['n finds the one above', 'n'],
  ['N finds the one below', 'N'],
  ['Escape forgets the search', 'Escape'],
  ['l gives the log all', 'l'],
  ['l again gives it nothing', 'l'],
  ['l once more gives it half', 'l'],
  ['question mark shows the keys', '?'],
  ['Down in the help', 'Down'],
  ['Escape closes the help', 'Escape'],
  ['e shows the environment', 'j', 'j', 'e'],
  ['q closes the environment', 'q'],
  // Before anything happens to an app: news of it may come before or behind a key.
  ['Ctrl-L draws all anew', 'Escape', 'C-l'],
  ['x asks', 'x'],
  ['no is no', 'n'],
  ['x and y stops', 'Escape', 'x', 'y'],
  ['s starts', 'Escape', 's'],
  ['r asks', 'Escape', 'r'],
  ['r and y restarts', 'y'],
  ['R reloads', 'Escape', 'R'],
  ['a start that fails says why', 'Escape', 'G', 's'],
];

for (const size of SIZES) {
  const name = `${size.columns}x${size.rows}`;
  testWith(TMUX, `every key of appsup top leads to its screen, at ${name}`, async (t) => {
    const rig = await dashboardRig(t);
    const tmux = terminalOf(t, rig, size);
    const screens = new GoldenScreens(`top-${name}`);
    await tmux.type(TOP);
    await tmux.shows(PAINTED);
    for (const [screen, ...keys] of KEYS) {
      for (const key of keys) await tmux.press(key);
      await screens.expect(screen, async () => normalised(bracketed(await tmux.coloured()), rig));
    }
    t.deepEqual(screens.finish(), []);
    for (const key of ['Escape', 'q']) await tmux.press(key);
    await tmux.shows(/^\$$/m);
    t.is(await tmux.flag('alternate_on'), '0');
  });
}

/** Without what differs each time; columns keep their places. */
function normalised(lines: readonly string[], rig: Rig): readonly string[] {
  const pids = rig.children().join('|');
  return lines.map((line, at) => {
    const plain =
      at === 0 ? line.replace(/running +(CPU .*)?\d\d:\d\d:\d\d.*$/, 'running  (use, time)') : line;
    return plain
      .replaceAll(rig.home, '~')
      .replaceAll(/[▁▂▃▄▅▆▇█]/g, ' ')
      .replaceAll(/ready in [\d.]+ s/g, 'ready in n s')
      .replaceAll(/ +\d+ (s|min)(?= )/g, (age) => 'age'.padStart(age.length))
      .replaceAll(/ +[\d.]+ (%|MB)(?= )/g, (figure, unit: string) => `n ${unit}`.padStart(figure.length))
      .replaceAll(/pid \d+( -> \d+)?/g, (text) => (text.includes('->') ? 'pid N -> N' : 'pid N'))
      .replaceAll(new RegExp(` +(${pids})(?= )`, 'g'), (figure) => 'N'.padStart(figure.length))
      .replace(/^( {2}[A-Z_]+)=.*$/, '$1=...')
      .replace(/ +([⟧»›]?)$/, '$1');
  });
}

/** Grounds of palette.ts with 256 colours, and how they stand in a file: what is selected, what was found, what was jumped to. */
const GROUNDS: Readonly<Record<string, readonly [string, string]>> = {
  '48;5;31': ['⟦', '⟧'],
  '48;5;186': ['‹', '›'],
  '48;5;214': ['«', '»'],
};

/** Text with escape sequences, these grounds as brackets around it. */
function bracketed(text: string): readonly string[] {
  let open: string | undefined;
  return text.split('\n').map((line) => {
    // oxlint-disable-next-line no-control-regex
    const pieces = line.split(/(\u001b\[[\d;]*m|\u000e|\u000f)/).map((piece, at) => {
      if (at % 2 === 0) return piece;
      const ground = Object.keys(GROUNDS).find((each) => piece.includes(each));
      // tmux names what changes: without a ground it stays, unless all is taken back.
      if (ground === undefined && !/\[(0|49)?m|\[0;|;49|48;5/.test(piece)) return '';
      const closing = open === undefined ? '' : (GROUNDS[open]?.[1] ?? '');
      open = ground;
      return closing + (ground === undefined ? '' : (GROUNDS[ground]?.[0] ?? ''));
    });
    // A ground that goes on to the end of a line ends there.
    const end = open === undefined ? '' : (GROUNDS[open]?.[1] ?? '');
    open = undefined;
    return pieces.join('') + end;
  });
}
