import path from 'node:path';

/** One finding about a file of the user's, with its place. */
export interface Diagnostic {
  /** Absolute. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points). */
  readonly column: number;
  /** Characters of that line; at least 1. */
  readonly length: number;
  /** One line, without a final period. Holds no value of an `env` table. */
  readonly message: string;
  /** What to type or change. */
  readonly hint?: string;
  /** A file with an error is not used; one with warnings is. */
  readonly severity: 'error' | 'warning';
}

/** True when one of them is an error. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

/** In one line, as for `status`: `spectral.toml:9:1 Unknown key "stop_singal": did you mean "stop_signal"?` */
export function summarizeDiagnostic({file, line, column, message, severity}: Diagnostic): string {
  const label = severity === 'warning' ? 'warning: ' : '';
  return visible(`${path.basename(file)}:${line}:${column} ${label}${message}`);
}

/**
 * With its picture:
 *
 * ```
 * spectral.toml:9:1 Unknown key "stop_singal": did you mean "stop_signal"?
 *   9 | stop_singal = "INT"
 *       ~~~~~~~~~~~
 * ```
 *
 * The picture shows the user's own line, so it may hold a secret: it is for a terminal, not for logs or state.
 */
export function renderDiagnostic(diagnostic: Diagnostic, sourceText: string): string {
  const source = sourceText.split('\n')[diagnostic.line - 1]?.replace(/\r$/, '');
  const hint = diagnostic.hint === undefined ? [] : [`  hint: ${visible(diagnostic.hint)}`];
  const picture = source === undefined || sourceText === '' ? [] : draw(diagnostic, source);
  return [summarizeDiagnostic(diagnostic), ...picture, ...hint].join('\n');
}

/** Columns of the terminal that a picture may take, without its margin. */
const WINDOW = 100;
/** How much of the line stays to be seen before a place far out. */
const LEAD = 20;

function draw({line, column, length}: Diagnostic, source: string): readonly string[] {
  const cells = cellsOf(source);
  const from =
    widthOf(cells.slice(0, column - 1)) + Math.min(length, WINDOW / 2) > WINDOW
      ? Math.max(0, column - 1 - LEAD)
      : 0;
  const before = cells.slice(from, column - 1);
  const marked = cells.slice(column - 1, column - 1 + length);
  const {shown, cut} = fit(cells.slice(from), WINDOW);
  const lead = from > 0 ? '…' : '';
  const indent = widthOf(before) + lead.length;
  const squiggle = Math.max(1, Math.min(widthOf(marked), WINDOW - widthOf(before)));
  const margin = String(line).padStart(3);
  return [
    `${margin} | ${lead}${shown}${cut ? '…' : ''}`,
    `${' '.repeat(margin.length + 3 + indent)}${'~'.repeat(squiggle)}`,
  ];
}

/** One character as it is shown, and the terminal columns that it takes. */
interface Cell {
  readonly text: string;
  readonly width: number;
}

const TAB = 4;

function cellsOf(source: string): readonly Cell[] {
  let column = 0;
  return Array.from(source, (character) => {
    const width = character === '\t' ? TAB - (column % TAB) : undefined;
    const text = width === undefined ? visible(character) : ' '.repeat(width);
    const cell = {text, width: width ?? (text === character ? columnsOf(character) : text.length)};
    column += cell.width;
    return cell;
  });
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.width, 0);
}

function fit(cells: readonly Cell[], columns: number): {readonly shown: string; readonly cut: boolean} {
  let [shown, width] = ['', 0];
  for (const cell of cells) {
    if (width + cell.width > columns) return {shown, cut: true};
    shown += cell.text;
    width += cell.width;
  }
  return {shown, cut: false};
}

/** Characters that terminals draw two columns wide, as far as people write them into config files (Unicode, East Asian Width W and F). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6]/u;

function columnsOf(character: string): number {
  if (/^\p{M}$/u.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Text for a terminal: characters that would move the cursor, colour or reorder it become escapes such as `\x1b`. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
