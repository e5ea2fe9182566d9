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
  /** @defaultValue fatal, unhealthy, recovered */
  readonly on: readonly Notice[];
  /** At most one message about a program in this time. @defaultValue 300_000 */
  readonly everyMs: number;
}

export interface NotifyContext {
  readonly home: string;
  /** `config.toml`, absolute. */
  readonly file: string;
}

const ON = ['fatal', 'unhealthy', 'recovered'] as const;

/** `[notify]` with every default filled in; `undefined` when nobody is to be told. Pure. */
export function readNotify(
  file: NotifyFile,
  context: NotifyContext,
  report: (problem: Problem) => void,
): Notify | undefined {
  const {home} = context;
  const command = readCommand(file.command, {path: ['notify', 'command'], home, report});
  checkMail(file, report);
  if (command === undefined && file.webhook === undefined && file.mail === undefined) {
    return undefined;
  }
  return {
    command,
    webhook: file.webhook,
    mail: file.mail,
    smtp: file.smtp,
    smtpPasswordFile:
      file.smtp_password_file === undefined
        ? undefined
        : expandPath(file.smtp_password_file, home, path.dirname(context.file)),
    on: [...new Set(file.on ?? ON)],
    everyMs: file.every ?? 300_000,
  };
}

/** A table that tells nobody. `present`: its keys as they stand in the file, also those whose value was refused. */
export function checkChannels(present: ReadonlySet<string>, report: (problem: Problem) => void): void {
  if (['command', 'webhook', 'mail'].some((key) => present.has(key))) return;
  report({
    path: ['notify'],
    at: 'key',
    severity: 'warning',
    message: '[notify] has nobody to tell',
    hint: 'add: mail = "you@example.ac.uk", or webhook or command',
  });
}

function checkMail(file: NotifyFile, report: (problem: Problem) => void): void {
  const warn = (key: keyof NotifyFile, message: string, hint: string) =>
    report({path: ['notify', key], at: 'key', severity: 'warning', message, hint});
  if (file.smtp !== undefined && file.mail === undefined)
    warn('smtp', '"smtp" has no effect without mail', 'add: mail = "you@example.ac.uk"');
  const user = file.smtp === undefined ? undefined : new URL(file.smtp).username;
  if (file.smtp_password_file !== undefined && !user) {
    warn(
      'smtp_password_file',
      '"smtp_password_file" has no effect without a user in smtp',
      'as smtp = "smtp://alice@mail.example.ac.uk:587"',
    );
  } else if (user && file.smtp_password_file === undefined) {
    warn('smtp', '"smtp" names a user, but no password is known', 'add: smtp_password_file = "smtp-password"');
  }
}
