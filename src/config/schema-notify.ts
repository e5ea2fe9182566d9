import * as v from 'valibot';

import {NOTICES} from '../core/spec.ts';
import {duration, filePath, key, listOf, mailbox, smtp, webhook, words} from './keys.ts';

const SINCE = {since: '0.1.0'} as const;

/** `[notify]` of `config.toml`. */
export const notifySchema = v.object({
  command: key(words, {
    description:
      'Run this for each message: one text, split at blanks with quotes as in a shell but run without one, or a list of words.',
    defaultNote: 'none',
    example: '"~/bin/tell-me"',
    ...SINCE,
  }),
  webhook: key(webhook, {
    description: 'Post each message to this address.',
    defaultNote: 'none',
    example: '"https://chat.example.ac.uk/hooks/42"',
    secret: true,
    ...SINCE,
  }),
  mail: key(mailbox, {
    description: "Mail each message to this address, by the host's sendmail or by smtp.",
    defaultNote: 'none',
    example: '"alice@example.ac.uk"',
    ...SINCE,
  }),
  smtp: key(smtp, {
    description:
      'The mail server, where the host has no sendmail: smtp:// (STARTTLS, port 587) or smtps:// (TLS, port 465).',
    defaultNote: "the host's sendmail",
    example: '"smtp://alice@mail.example.ac.uk:587"',
    hint: 'a password belongs into a file of its own: smtp_password_file',
    secret: true,
    ...SINCE,
  }),
  smtp_password_file: key(filePath, {
    description:
      'A file whose first line is the password for smtp, relative to the directory of config.toml. Nobody else may be able to read it.',
    defaultNote: 'none',
    example: '"smtp-password"',
    ...SINCE,
  }),
  on: key(listOf(NOTICES), {
    description:
      'What to tell: a program is given up ("fatal"), fails its checks ("unhealthy"), runs again after that ("recovered"), everything is up after a boot ("boot"), or a job or task has failed ("failed").',
    defaultNote: '["fatal", "unhealthy", "recovered", "failed"]',
    example: '["fatal", "boot"]',
    ...SINCE,
  }),
  every: key(duration('5m'), {
    description: 'At most one message of each kind about a program in this time.',
    unit: 'duration',
    default: '5m',
    example: '"1h"',
    ...SINCE,
  }),
});

export type NotifyFile = v.InferOutput<typeof notifySchema>;
