import {plain, plainLine} from './plain.ts';

export interface Mail {
  /** One address, checked by the config's schema. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly at: Date;
  /** A person who wrote this and reads the answer; `undefined`: appsup tells something by itself. */
  readonly sender?: Sender | undefined;
}

export interface Sender {
  /** Login name. */
  readonly name: string;
  /** Where answers go; `undefined`: to the account on this host. */
  readonly address: string | undefined;
}

/** RFC 5322: longer lines are cut by some mailers. */
const LONGEST_LINE = 900;
/** Bytes of one encoded word: 75 characters with its frame (RFC 2047), and no character in two. */
const WORD_BYTES = 45;

/**
 * A mail for `sendmail -t`: header and body, lines end with a line feed. Who sends it and by which number is for the mailer to say.
 *
 * Whatever is in `to` and `subject` stays in its header. Pure.
 */
export function mailText({to, subject, text, at, sender}: Mail): string {
  const body = plain(text);
  const direct = isAscii(body) && body.split('\n').every((line) => line.length <= LONGEST_LINE);
  return [
    `To: ${plainLine(to, 320)}`,
    `Subject: ${headerText(plainLine(subject, 200))}`,
    `Date: ${at.toUTCString().replace('GMT', '+0000')}`,
    ...senderLines(sender),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${direct ? '7bit' : 'base64'}`,
    '',
    direct ? body : base64Lines(body),
  ].join('\n');
}

function senderLines(sender: Sender | undefined): readonly string[] {
  // Nobody's vacation is to answer this (RFC 3834). A helpdesk, which leaves such mail unread, is to answer a letter.
  if (sender === undefined) return ['Auto-Submitted: auto-generated'];
  return sender.address === undefined ? [] : [`Reply-To: ${plainLine(sender.address, 320)}`];
}

/** A header's text: as it is, or in encoded words. Pure. */
export function headerText(text: string): string {
  if (isAscii(text)) return text;
  const words: string[] = [];
  let piece = '';
  for (const character of text) {
    if (Buffer.byteLength(piece + character) > WORD_BYTES) {
      words.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...words, piece].map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`).join('\n ');
}

function base64Lines(text: string): string {
  return `${(
    Buffer.from(text)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\n')}\n`;
}

function isAscii(text: string): boolean {
  return /^[\t\n\x20-\x7e]*$/.test(text);
}
