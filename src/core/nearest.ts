/** Longer words are nobody's slip of the finger, and the table below is quadratic. */
const MAX_LENGTH = 64;

/**
 * The candidate that a misspelt word most likely meant, or `undefined` when none is near.
 *
 * Near: at most one slip (a letter too many, too few, wrong, or two swapped) per three letters; case and `-` for `_` are free.
 *
 * @example nearest('stop_singal', ['stop_signal', 'stop_timeout']) // 'stop_signal'
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > MAX_LENGTH) return undefined;
  const plain = fold(word);
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const slips = distance(plain, fold(candidate));
    if (slips < least && slips < candidate.length) [best, least] = [candidate, slips];
  }
  return best;
}

function fold(text: string): string {
  return text.toLowerCase().replaceAll('-', '_');
}

/** Damerau-Levenshtein distance, in the form where no letter is touched twice (optimal string alignment). */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({length: b.length + 1}, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const change = at(above, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let cost = Math.min(at(above, column) + 1, at(current, column - 1) + 1, change);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, at(before, column - 2) + 1);
      current.push(cost);
    }
    [before, above] = [above, current];
  }
  return at(above, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
