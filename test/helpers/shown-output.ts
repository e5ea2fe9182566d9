/** What a page shows and what was printed, made alike, where they differ. */
export interface Difference {
  readonly wanted: readonly string[];
  readonly got: readonly string[];
}

/**
 * Compare what a page shows of an output with what was printed; `undefined` when it is as shown.
 *
 * A line `...` stands for any lines, and `...` within a line for any text. Hints (`! ...`) that are shown have to come; others may,
 * as this host is another one.
 */
export function differs(
  shown: string,
  printed: string,
  plain: (text: string) => string,
): Difference | undefined {
  const [wanted, got] = [lines(plain(shown)), lines(plain(printed))];
  const [said, printedOnly] = [wanted, got].map((each) => each.filter((line) => !isHint(line)));
  const missing = wanted.filter(
    (line) => isHint(line) && !got.some((each) => patternOf([line]).test(`${each}\n`)),
  );
  const fits = patternOf(said ?? []).test(printedOnly?.map((line) => `${line}\n`).join('') ?? '');
  return fits && missing.length === 0 ? undefined : {wanted, got};
}

const isHint = (line: string): boolean => line.startsWith('!');

/** Widths may differ. */
function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter(Boolean);
}

function patternOf(shown: readonly string[]): RegExp {
  const parts = shown.map((line) =>
    line === '...' ? '(?:.*\\n)*?' : `${line.split('...').map(escaped).join('.*')}\\n`,
  );
  return new RegExp(`^${parts.join('')}$`);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
