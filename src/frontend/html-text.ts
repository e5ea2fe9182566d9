/**
 * A line of text as HTML in which nothing is left that any server's configuration reads as more than a letter: no quotes,
 * backslashes, `%` (expressions of Apache), `$` (variables of nginx) and nothing beyond ASCII, whose charset would be a guess.
 */
export function htmlText(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9 .,:!?()_-]/gu, (character) => `&#${character.codePointAt(0)};`);
}
