import path from 'node:path';

import type {Notice} from '../core/spec.ts';
import {expandPath} from '../system/paths.ts';
import {readCommand} from './command.ts';
import type {NotifyFile} from './schema-notify.ts';
import type {Problem} from './validate.ts';

/** Whom to tell, and how; at least one of `command`, `webhook` and `mail` is there. */
export interface Notify {
  /** The words after splitting; run without a shell. */
  readonly command: readonly string[] | undefined;
  /** An `http:` or `https:` address. Secret: who knows it can post. */
  readonly webhook: string | undefined;
  /** One address, or a login name of this host: safe as an argument and in a header. */
  readonly mail: string | undefined;
  /** `smtp://user@host:587` or `smtps://...`, without a password; `undefined`: the host's sendmail. */
  readonly smtp: string | undefined;
  /** Absolute. */
  readonly smtpPasswordFile: string | undefined;
  /** @defaultValue fatal, unhealthy, recovered, failed */
  readonly on: readonly Notice[];
  /** At most one message about a program in this time. @defaultValue 300_000 */
  readonly everyMs: number;
}

export interface NotifyContext {
  readonly home: string;
  /** `config.toml`, absolute. */
  readonly file: string;
  /** Keys that stand in the table, also those whose value was refused. */
  readonly present: ReadonlySet<string>;
  readonly report: (problem: Problem) => void;
}

/** `[notify]` with every default filled in; `undefined` when nobody is to be told. Pure. */
export function readNotify(file: NotifyFile, context: NotifyContext): Notify | undefined {
  const {home, report} = context;
  const command = readCommand(file.command, {path: ['notify', 'command'], home, report});
  checkChannels(context);
  checkMail(file, context);
  if (command === undefined && file.webhook === undefined && file.mail === undefined) return undefined;
  return {
    command,
    webhook: file.webhook,
    mail: file.mail,
    smtp: file.smtp,
    smtpPasswordFile:
      file.smtp_password_file === undefined
        ? undefined
        : expandPath(file.smtp_password_file, home, path.dirname(context.file)),
    on: [...new Set<Notice>(file.on ?? ['fatal', 'unhealthy', 'recovered', 'failed'])],
    everyMs: file.every ?? 300_000,
  };
}

function checkChannels({present, report}: NotifyContext): void {
  if (['command', 'webhook', 'mail'].some((key) => present.has(key))) return;
  report({
    path: ['notify'],
    at: 'key',
    severity: 'warning',
    message: '[notify] has nobody to tell',
    hint: 'add: mail = "you@example.ac.uk", or webhook or command',
  });
}

function checkMail(file: NotifyFile, {present, report}: NotifyContext): void {
  const warn = (key: keyof NotifyFile, message: string, hint: string) =>
    report({path: ['notify', key], at: 'key', severity: 'warning', message, hint});
  if (present.has('smtp') && !present.has('mail'))
    warn('smtp', '"smtp" has no effect without mail', 'add: mail = "you@example.ac.uk"');
  if (!present.has('smtp') && present.has('smtp_password_file'))
    warn('smtp_password_file', '"smtp_password_file" has no effect without smtp', SERVER);
  if (file.smtp === undefined) return;
  const user = new URL(file.smtp).username;
  if (user === '' && present.has('smtp_password_file'))
    warn('smtp_password_file', '"smtp_password_file" has no effect: smtp names no user', SERVER);
  if (user !== '' && !present.has('smtp_password_file'))
    warn(
      'smtp',
      '"smtp" names a user, but no password is known',
      'add: smtp_password_file = "smtp-password"',
    );
}

const SERVER = 'as smtp = "smtp://alice@mail.example.ac.uk:587"';
