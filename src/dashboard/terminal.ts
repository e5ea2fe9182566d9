import blessed from 'blessed';

import type {Cell} from './line.ts';
import type {Size} from './model.ts';
import {paintOf} from './palette.ts';
import type {Depth, Paint, Tone} from './palette.ts';
import type {Charset} from './text.ts';
import type {OpenScreen, Told} from './world.ts';

export interface TerminalOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly charset: Charset;
}

/** A place of blessed's screen: attributes and character. */
type Place = [attributes: number, character: string];
type Row = Place[] & {dirty?: boolean};

/** What blessed 0.1.81 has besides that which its types tell. */
interface Insides {
  readonly lines: Row[];
  /** What the terminal shows by now. */
  readonly olines: Row[];
  readonly tput: {colors: number; brokenACS: boolean};
  readonly program: blessed.BlessedProgram & {
    setMouse(modes: Readonly<Record<string, boolean>>, enable: boolean): void;
  };
  _listenedMouse: boolean;
  draw(first: number, last: number): void;
  realloc(): void;
  enter(): void;
  leave(): void;
}

interface Pressed {
  readonly name?: string;
  readonly full: string;
  /** The bytes that came. */
  readonly sequence?: string;
  readonly ctrl?: boolean;
}

interface Pointed {
  readonly action: string;
  readonly button?: string;
  readonly x: number;
  readonly y: number;
}

/** Signals that end a process, and would leave the terminal in disorder. */
const FATAL = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;
/** Clicks and the wheel, and no event for each move; coordinates as decimal figures, so that wide terminals have them all. */
const MOUSE = {vt200Mouse: true, sgrMouse: true};

/**
 * The terminal of this process, through blessed 0.1.81: the only file that knows it.
 *
 * blessed knows the ways of terminals, and sends only what has changed. Its widgets are not used: `paint()` is
 * handed every place of the screen.
 */
export function terminalScreen({env, charset}: TerminalOptions): OpenScreen {
  return (onTold) => {
    const screen = blessed.screen({
      terminal: terminalName(env['TERM']),
      forceUnicode: charset === 'utf8',
      fullUnicode: false,
    }) as unknown as Insides;
    // Frames of lines are sent as the characters that they are; for terminals without UTF-8 there are none.
    screen.tput.brokenACS = true;
    const {program} = screen;
    const attributesOf = attributesFor(depthOf(screen.tput.colors, env));
    const undo = listen(screen, onTold);
    // Makes leave() disable the mouse, too, whoever calls it: blessed does by itself when something has gone wrong.
    screen._listenedMouse = true;
    program.setMouse(MOUSE, true);
    return {
      get size() {
        return sizeNow();
      },
      charset,
      paint(lines) {
        for (const [y, row] of screen.lines.entries())
          put(row, screen.olines[y], lines[y] ?? [], attributesOf);
        screen.draw(0, screen.lines.length - 1);
      },
      forget: () => screen.realloc(),
      async suspend() {
        release(screen);
        // The whole group, as the terminal's own Ctrl-Z: a script around us stops, too. An orphan is not stopped at all.
        process.kill(0, 'SIGTSTP');
        await new Promise((resolve) => setTimeout(resolve, 50));
        take(screen);
      },
      close() {
        undo();
        blessedScreen(screen).destroy();
      },
    };
  };
}

function blessedScreen(screen: Insides): blessed.Widgets.Screen {
  return screen as unknown as blessed.Widgets.Screen;
}

/**
 * blessed 0.1.81 cannot read descriptions whose numbers have 32 bits (term(5)), the form in which ncurses
 * has those of `tmux-256color` and newer terminals, and takes them for an old xterm; over `screen-256color` it stumbles. All
 * of these understand what xterm does.
 */
function terminalName(term: string | undefined): string {
  const known = term ?? '';
  return known === '' || /-(256color|direct)$|^(xterm-)?(alacritty|foot|ghostty|kitty|wezterm)/.test(known)
    ? 'xterm-256color'
    : known;
}

function depthOf(colours: number, env: TerminalOptions['env']): Depth {
  if (env['NO_COLOR']) return 0;
  return colours >= 256 ? 256 : colours >= 8 ? 8 : 0;
}

function sizeNow(): Size {
  return {columns: process.stdout.columns || 80, rows: process.stdout.rows || 24};
}

/** Give the terminal back. */
function release(screen: Insides): void {
  screen.leave();
  process.stdin.setRawMode(false);
  process.stdin.pause();
}

/** And take it again, whatever was written on it meanwhile. */
function take(screen: Insides): void {
  process.stdin.setRawMode(true);
  process.stdin.resume();
  screen.enter();
  screen.program.setMouse(MOUSE, true);
  screen.realloc();
}

/** Tell of keys, the mouse, the size, and of the terminal's end; returns what undoes it. */
function listen(screen: Insides, onTold: (told: Told) => void): () => void {
  const {program} = screen;
  program.on('keypress', (character: string | undefined, pressed: Pressed) => {
    for (const key of keysOf(character, pressed)) onTold({type: 'key', key});
  });
  program.on('mouse', ({action, button, x, y}: Pointed) => {
    const kind = kindOf(action, button);
    if (kind !== undefined) onTold({type: 'mouse', kind, x, y});
  });
  // Behind blessed's own listener, which has cleared the screen by then.
  program.on('resize', () => onTold({type: 'size', size: sizeNow()}));

  const gone = (): void => onTold({type: 'gone'});
  const die = (signal: NodeJS.Signals): void => {
    blessedScreen(screen).destroy();
    for (const each of FATAL) process.off(each, die);
    // With nobody listening any more, it does what it does to any program: the shell sees which it was.
    process.kill(process.pid, signal);
  };
  // Continued, perhaps after somebody else has stopped it: the shell has changed the terminal meanwhile.
  const back = (): void => {
    screen.leave();
    take(screen);
    onTold({type: 'size', size: sizeNow()});
  };
  for (const signal of FATAL) process.once(signal, die);
  process.on('SIGCONT', back);
  process.stdin.once('end', gone);
  process.stdin.once('error', gone);
  return () => {
    for (const signal of FATAL) process.off(signal, die);
    process.off('SIGCONT', back);
    process.stdin.off('end', gone);
    process.stdin.off('error', gone);
  };
}

/**
 * The names that keys have everywhere: a character, `up`, `C-c`. None for what is told twice; two for Escape and the key behind it,
 * which come together when they are typed quickly or the line is slow, and look like Alt.
 */
function keysOf(character: string | undefined, {name, full, sequence, ctrl}: Pressed): readonly string[] {
  // oxlint-disable-next-line no-control-regex
  const behind = /^\u001b([^[O])$/.exec(sequence ?? '')?.[1];
  if (behind !== undefined) return ['escape', behind === '\u001b' ? 'escape' : behind];
  // Enter comes as `return` and as `enter`.
  if (name === 'return') return [];
  if (name === 'linefeed') return ['enter'];
  if (name === 'space') return ['space'];
  const typed =
    character !== undefined && character.length === 1 && character > ' ' && character !== '\u007f';
  return [typed && ctrl !== true ? character : full];
}

function kindOf(action: string, button: string | undefined): 'click' | 'up' | 'down' | undefined {
  if (action === 'wheelup') return 'up';
  if (action === 'wheeldown') return 'down';
  return action === 'mousedown' && button === 'left' ? 'click' : undefined;
}

/** blessed's own figure: flags, colour of the letters, colour of the ground, nine bits each; all ones are the terminal's own. */
function attributesFor(depth: Depth): (tone: Tone) => number {
  const known = new Map<Tone, number>();
  return (tone) => {
    const found = known.get(tone) ?? attributesOf(paintOf(tone, depth));
    known.set(tone, found);
    return found;
  };
}

const OWN = 0x1ff;

function attributesOf({fg = OWN, bg = OWN, bold, underline, inverse}: Paint): number {
  const flags = (bold === true ? 1 : 0) | (underline === true ? 2 : 0) | (inverse === true ? 8 : 0);
  return (flags << 18) | (fg << 9) | bg;
}

function put(
  row: Row,
  shown: Row | undefined,
  cells: readonly Cell[],
  attributesOf: (tone: Tone) => number,
): void {
  let changed = false;
  let wide = false;
  for (const [x, place] of row.entries()) {
    const {character, tone} = cells[x] ?? {character: ' ', tone: 'plain'};
    const attributes = attributesOf(tone);
    wide ||= character === '' || place[1] === '';
    if (place[0] === attributes && place[1] === character) continue;
    place[0] = attributes;
    place[1] = character;
    changed = true;
  }
  if (!changed) return;
  row.dirty = true;
  // blessed counts one column for each place that it skips: a line with wide characters is sent whole.
  if (wide) for (const place of shown ?? []) place[0] = -1;
}
