/** What stands in the place of a secret. */
export const MASK = '***';

/**
 * A text with every occurrence of every secret replaced by `***`.
 *
 * Occurrences that overlap become one mask, so that no end of the one is left over by the other.
 */
export function mask(text: string, secrets: readonly string[]): string {
  const spans = secrets.flatMap((secret) => occurrences(text, secret)).toSorted((a, b) => a.from - b.from);
  let result = '';
  let done = 0;
  for (const {from, to} of spans) {
    if (from >= done) result += text.slice(done, from) + MASK;
    done = Math.max(done, to);
  }
  return result + text.slice(done);
}

interface Span {
  readonly from: number;
  readonly to: number;
}

function occurrences(text: string, secret: string): readonly Span[] {
  if (secret === '') return [];
  const spans: Span[] = [];
  for (let from = text.indexOf(secret); from >= 0; from = text.indexOf(secret, from + 1)) {
    spans.push({from, to: from + secret.length});
  }
  return spans;
}
