import {writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import type {Notify} from '../../src/config/notify.ts';
import {readIfThere} from '../../src/system/files.ts';
import {mailLetter} from '../../src/notify/letter.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';
import {mailServer} from '../helpers/mail-server.ts';

const LETTER = {subject: 'Apache configuration', text: 'Please\n', facts: {at: '2026-11-20T10:00:00.000Z'}};
const NOTIFY: Notify = {
  command: undefined,
  webhook: undefined,
  mail: 'alice@example.ac.uk',
  smtp: undefined,
  smtpPasswordFile: undefined,
  on: [],
  everyMs: 0,
};

test('mailLetter() goes by the mail server that the user is told by, in the name of the user', async (t) => {
  const {port, said} = await mailServer(t);
  const notify = {...NOTIFY, smtp: `smtp://127.0.0.1:${port}`};
  const options = {to: 'help@example.ac.uk', login: 'alice', notify, env: {}, directory: '/'};
  t.deepEqual(await mailLetter(LETTER, options), {ok: true});
  t.true(said.includes('MAIL FROM:<alice@example.ac.uk>'));
  t.true(said.includes('RCPT TO:<help@example.ac.uk>'));
  t.true(said.includes('Reply-To: alice@example.ac.uk'));
  t.false(said.some((line) => line.startsWith('Auto-Submitted')));
});

test('mailLetter() goes by the sendmail of the host where no mail server is configured', async (t) => {
  const directory = temporaryDirectory(t);
  const sendmail = path.join(directory, 'sendmail');
  writeFileSync(sendmail, '#!/bin/sh\ncat > mail\n', {mode: 0o755});
  const options = {
    to: 'help@example.ac.uk',
    login: 'alice',
    directory,
    sendmail,
    env: {PATH: '/usr/bin:/bin'},
  };
  t.deepEqual(await mailLetter(LETTER, {...options, notify: NOTIFY}), {ok: true});
  t.regex(
    readIfThere(path.join(directory, 'mail')) ?? '',
    /^To: help@example\.ac\.uk\n[^]*^Reply-To: alice@example\.ac\.uk$/m,
  );
  t.deepEqual(await mailLetter(LETTER, {...options, notify: undefined}), {ok: true});
  t.notRegex(readIfThere(path.join(directory, 'mail')) ?? '', /^Reply-To/m);
});
