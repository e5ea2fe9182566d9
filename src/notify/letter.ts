import type {Notify} from '../config/notify.ts';
import type {Delivery} from './delivery.ts';
import type {Mailable} from './message.ts';
import {mailBySendmail} from './sendmail.ts';
import type {SendmailOptions} from './sendmail.ts';

export interface LetterOptions extends Omit<SendmailOptions, 'sender'> {
  /** Login name of the person who sends it. */
  readonly login: string;
  /** Their mail server and their own address, where `[notify]` says them. */
  readonly notify: Notify | undefined;
}

/**
 * Send a letter of the user's own to somebody else, by the way on which the user gets mail: SMTP where it is configured,
 * else the host's sendmail.
 *
 * @throws AppsupError as `readPassword`
 */
export async function mailLetter(letter: Mailable, options: LetterOptions): Promise<Delivery> {
  const {login, notify, ...mail} = options;
  const sender = {name: login, address: notify?.mail};
  if (notify?.smtp === undefined) return await mailBySendmail(letter, {...mail, sender});
  // The library for it is not small, and most hosts have a sendmail.
  const {mailBySmtp} = await import('./smtp.ts');
  return await mailBySmtp(letter, {
    to: mail.to,
    sender,
    server: notify.smtp,
    passwordFile: notify.smtpPasswordFile,
  });
}
