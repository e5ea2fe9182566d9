import {stripVTControlCharacters} from 'node:util';

/** C0 but tab and line feed, DEL, C1, lone surrogates, line separators, and the marks that turn the direction of text. */
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;

/** Text from a program's log as it may stand in a mail: no colours, nothing that a terminal or a mailer would obey. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\r\n?/g, '\n').replaceAll(UNSAFE, '\uFFFD');
}

/** The same for a header or a variable: one line, blanks folded, at most so many characters. */
export function plainLine(text: string, most: number): string {
  return cut(plain(text).replaceAll(/\s+/g, ' ').trim(), most);
}

/** At most so many characters. */
export function cut(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}
