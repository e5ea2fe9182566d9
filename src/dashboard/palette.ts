/** What a piece of the picture means; how that looks is the terminal's affair. */
export type Tone =
  | 'plain'
  | 'strong'
  | 'dim'
  | 'good'
  | 'care'
  | 'bad'
  | 'title'
  | 'selected'
  /** Selected, while the keys go elsewhere. */
  | 'marked'
  | 'match'
  | 'here'
  | 'graph';

/** Colours that a terminal has; `0` also where the user wants none. */
export type Depth = 256 | 8 | 0;

/** Colours by their number; `undefined` is the terminal's own. */
export interface Paint {
  readonly fg?: number;
  readonly bg?: number;
  readonly bold?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
}

/** How a tone looks. Without colours, what must be seen is bold, underlined or inverse. */
export function paintOf(tone: Tone, depth: Depth): Paint {
  return PALETTES[depth][tone];
}

const PALETTES: Readonly<Record<Depth, Readonly<Record<Tone, Paint>>>> = {
  256: {
    plain: {},
    strong: {bold: true},
    dim: {fg: 245},
    good: {fg: 71},
    care: {fg: 178},
    bad: {fg: 203, bold: true},
    title: {fg: 255, bg: 24},
    selected: {fg: 255, bg: 31, bold: true},
    marked: {bg: 238, fg: 255},
    match: {fg: 16, bg: 186},
    here: {fg: 16, bg: 214, bold: true},
    graph: {fg: 74},
  },
  8: {
    plain: {},
    strong: {bold: true},
    dim: {},
    good: {fg: 2},
    care: {fg: 3},
    bad: {fg: 1, bold: true},
    title: {inverse: true},
    selected: {fg: 7, bg: 4, bold: true},
    marked: {underline: true},
    match: {fg: 0, bg: 3},
    here: {fg: 0, bg: 2, bold: true},
    graph: {fg: 6},
  },
  0: {
    plain: {},
    strong: {bold: true},
    dim: {},
    good: {},
    care: {},
    bad: {bold: true},
    title: {inverse: true},
    selected: {inverse: true},
    marked: {underline: true},
    match: {underline: true},
    here: {inverse: true, bold: true},
    graph: {},
  },
};
