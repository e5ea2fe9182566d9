import type {Notify} from '../config/notify.ts';
import {tellCommand} from './command.ts';
import type {Message} from './message.ts';
import {Outbox} from './outbox.ts';
import type {OutboxOptions} from './outbox.ts';
import {mailBySendmail} from './sendmail.ts';
import {tellWebhook} from './webhook.ts';

export interface PostOptions extends Pick<OutboxOptions, 'clock' | 'log'> {
  /** Of commands and of sendmail. */
  readonly env: Readonly<Record<string, string>>;
  /** Where they run. */
  readonly directory: string;
}

/** All ways of telling. Each has an outbox of its own, so that one that hangs holds up no other. */
export class Post {
  readonly #options: PostOptions;
  readonly #command: Outbox;
  readonly #webhook: Outbox;
  readonly #mail: Outbox;

  constructor(options: PostOptions) {
    this.#options = options;
    this.#command = new Outbox({...options, name: 'command'});
    this.#webhook = new Outbox({...options, name: 'webhook'});
    this.#mail = new Outbox({...options, name: 'mail'});
  }

  /** Send a message by every way that is configured. Returns at once. */
  send(message: Message, {command, webhook, mail, smtp, smtpPasswordFile}: Notify): void {
    const {env, directory} = this.#options;
    const {subject} = message;
    if (command !== undefined) {
      this.#command.put({
        subject,
        send: async () => await tellCommand(message, {argv: command, env, directory}),
      });
    }
    if (webhook !== undefined) {
      this.#webhook.put({subject, send: async () => await tellWebhook(message, webhook)});
    }
    if (mail !== undefined && smtp === undefined) {
      this.#mail.put({subject, send: async () => await mailBySendmail(message, {to: mail, env, directory})});
    }
    if (mail !== undefined && smtp !== undefined) {
      const options = {server: smtp, passwordFile: smtpPasswordFile, to: mail};
      // The library for it is not small, and most hosts have a sendmail.
      this.#mail.put({
        subject,
        send: async () => await (await import('./smtp.ts')).mailBySmtp(message, options),
      });
    }
  }
}
