/** Texts for people are this wide, whatever the terminal; narrower where it is. */
const TEXT_WIDTH = 80;

/**
 * Lines of at most `width` characters, broken at blanks. A word that is longer has a line of its own.
 *
 * @param first - Put before the first line; the others are indented by as much.
 */
export function wrap(text: string, width: number, first = ''): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    if (line !== '' && lengthOf(first) + lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  const rest = ' '.repeat(lengthOf(first));
  return [...lines, line].map((each, at) => `${at === 0 ? first : rest}${each}`.trimEnd());
}

/** Text for a terminal that is so wide; `undefined`: not a terminal. */
export function textWidth(terminal: number | undefined): number {
  return Math.max(20, Math.min(TEXT_WIDTH, terminal ?? TEXT_WIDTH));
}

/**
 * Terms with what is said of them, in two columns; a term that needs more room has a line of its own.
 *
 * @param column - Where the second column begins at most, from 0; the first one has two blanks before it.
 */
export function definitions(
  rows: readonly (readonly [term: string, text: string])[],
  width: number,
  column = 28,
): readonly string[] {
  const fitting = rows.map(([term]) => lengthOf(term) + INDENT * 2).filter((end) => end <= column);
  const at = Math.max(INDENT * 2, ...fitting);
  return rows.flatMap(([term, text]) => {
    const head = `${' '.repeat(INDENT)}${term}`;
    if (text === '') return [head];
    if (lengthOf(head) + INDENT <= at) return wrap(text, width, head + ' '.repeat(at - lengthOf(head)));
    return [...wrap(term, width, ' '.repeat(INDENT)), ...wrap(text, width, ' '.repeat(at))];
  });
}

const INDENT = 2;

// A colour takes no room.
// oxlint-disable-next-line no-control-regex
const COLOUR = /\u001b\[\d*m/g;

function lengthOf(text: string): number {
  return Array.from(text.replace(COLOUR, '')).length;
}
