import {existsSync} from 'node:fs';

import {undelivered} from './delivery.ts';
import type {Delivery} from './delivery.ts';
import {feed} from './feed.ts';
import {mailText} from './mail-text.ts';
import type {Sender} from './mail-text.ts';
import type {Mailable} from './message.ts';

/** Where mailers put it (sendmail, Postfix, Exim, msmtp, ssmtp, dma). */
const PLACES = ['/usr/sbin/sendmail', '/usr/lib/sendmail'];
const SENDMAIL_MS = 30_000;

export interface SendmailOptions {
  readonly to: string;
  /** As in `Mail`. */
  readonly sender?: Sender | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  /** @defaultValue the host's */
  readonly sendmail?: string;
}

/** Hand a mail to the host's own mailer, which queues it. The address stands in the header only, not in argv. */
export async function mailBySendmail(message: Mailable, options: SendmailOptions): Promise<Delivery> {
  const {to, sender, env, directory, sendmail = PLACES.find((place) => existsSync(place))} = options;
  if (sendmail === undefined) {
    return undelivered(
      `this host has no sendmail: say smtp = "smtp://..." in [notify], or webhook or command`,
    );
  }
  const text = mailText({
    to,
    sender,
    subject: message.subject,
    text: message.text,
    at: new Date(message.facts.at),
  });
  // -i: a line with a single dot does not end the mail.
  return await feed({argv: [sendmail, '-t', '-i'], env, directory, text, timeoutMs: SENDMAIL_MS});
}
