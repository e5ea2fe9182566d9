import {printable} from '../cli/printable.ts';

/** What the terminal can show: by its locale. */
export type Charset = 'utf8' | 'ascii';

/** Nearly every text: one column for each character. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Text from elsewhere as what stands in each column: a character of double width is followed by `''`.
 *
 * Control characters are shown and never sent. Characters beyond the basic plane, whose width terminals do not agree on, and with
 * `ascii` all that is not, become `?`; marks without a width of their own go.
 */
export function columnsOf(text: string, charset: Charset): readonly string[] {
  if (PLAIN.test(text)) return text.split('');
  // Composed first, so that an e with its accent behind it keeps it.
  const shown = printable(text.replaceAll('\t', '    ').replaceAll('\n', ' ')).normalize('NFC');
  return Array.from(shown).flatMap((character) => {
    if (character >= ' ' && character <= '~') return [character];
    const code = character.codePointAt(0) ?? 0;
    if (isWithin(code, WITHOUT_WIDTH)) return [];
    if (charset === 'ascii' || code > 0xffff) return ['?'];
    return isWithin(code, WIDE) ? [character, ''] : [character];
  });
}

/** Columns that a text takes. */
export function widthOf(text: string, charset: Charset): number {
  return columnsOf(text, charset).length;
}

/** A text in so many columns, neither more nor less: cut with an ellipsis, or filled with blanks. */
export function fit(text: string, width: number, charset: Charset, align: 'left' | 'right' = 'left'): string {
  const columns = columnsOf(text, charset);
  if (columns.length > width) return cut(columns, width, charset);
  const blanks = ' '.repeat(width - columns.length);
  return align === 'left' ? columns.join('') + blanks : blanks + columns.join('');
}

function cut(columns: readonly string[], width: number, charset: Charset): string {
  if (width <= 0) return '';
  const mark = charset === 'utf8' ? '…' : '~';
  return `${part(columns, 0, width - 1).join('')}${mark}`;
}

/** Columns from one to another; half a character of double width becomes a blank. */
export function part(columns: readonly string[], from: number, to: number): readonly string[] {
  const taken = columns.slice(from, to);
  if (taken[0] === '') taken[0] = ' ';
  if (columns[to] === '' && taken.length > 0) taken[taken.length - 1] = ' ';
  return taken;
}

type Ranges = readonly (readonly [from: number, to: number])[];

/** Combining marks, and what is there to be invisible (Unicode 15, categories Mn, Me, Cf of the scripts that logs are written in). */
const WITHOUT_WIDTH: Ranges = [
  [0x00ad, 0x00ad],
  [0x0300, 0x036f],
  [0x0483, 0x0489],
  [0x0591, 0x05bd],
  [0x0610, 0x061a],
  [0x064b, 0x065f],
  [0x0e31, 0x0e31],
  [0x0e34, 0x0e3a],
  [0x0e47, 0x0e4e],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x200b, 0x200f],
  [0x2060, 0x2064],
  [0x20d0, 0x20ff],
  [0xfe00, 0xfe0f],
  [0xfe20, 0xfe2f],
  [0xfeff, 0xfeff],
];

/** East Asian Width W and F within the basic plane (Unicode 15, EastAsianWidth.txt). */
const WIDE: Ranges = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x23f0, 0x23f0],
  [0x23f3, 0x23f3],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x267f, 0x267f],
  [0x2693, 0x2693],
  [0x26a1, 0x26a1],
  [0x26aa, 0x26ab],
  [0x26bd, 0x26be],
  [0x26c4, 0x26c5],
  [0x26ce, 0x26ce],
  [0x26d4, 0x26d4],
  [0x26ea, 0x26ea],
  [0x26f2, 0x26f3],
  [0x26f5, 0x26f5],
  [0x26fa, 0x26fa],
  [0x26fd, 0x26fd],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x274c],
  [0x274e, 0x274e],
  [0x2753, 0x2755],
  [0x2757, 0x2757],
  [0x2795, 0x2797],
  [0x27b0, 0x27b0],
  [0x27bf, 0x27bf],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b50],
  [0x2b55, 0x2b55],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6b],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
];

function isWithin(code: number, ranges: Ranges): boolean {
  return ranges.some(([from, to]) => code >= from && code <= to);
}
