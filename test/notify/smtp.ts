import {writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {mailBySmtp} from '../../src/notify/smtp.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';
import {MAIL_CERTIFICATE, mailServer} from '../helpers/mail-server.ts';
import {MESSAGE} from '../helpers/message.ts';

const TO = {passwordFile: undefined, to: 'alice@example.ac.uk', timeoutMs: 2000} as const;

test('mailBySmtp() sends a mail that no machine answers', async (t) => {
  const {port, said} = await mailServer(t);
  t.deepEqual(await mailBySmtp(MESSAGE, {...TO, server: `smtp://127.0.0.1:${port}`}), {ok: true});
  t.true(said.includes('MAIL FROM:<alice@example.ac.uk>'));
  t.true(said.includes('RCPT TO:<alice@example.ac.uk>'));
  t.true(said.includes('Auto-Submitted: auto-generated'));
  t.true(
    said.includes(`Subject: ${MESSAGE.subject}`) ||
      said.some((line) => line.startsWith('Subject: appsup eco')),
  );
  // A line with a dot alone is doubled on its way, and ends nothing.
  t.true(said.includes('..'));
  t.true(said.includes('Next: appsup logs spectral:queue'));
});

test('mailBySmtp() never sends a password without TLS', async (t) => {
  const {port, said} = await mailServer(t, {EHLO: '250-tiny\r\n250 AUTH PLAIN LOGIN'});
  const passwordFile = path.join(temporaryDirectory(t), 'password');
  writeFileSync(passwordFile, 'opensesame\n', {mode: 0o600});
  const delivery = await mailBySmtp(MESSAGE, {
    ...TO,
    passwordFile,
    server: `smtp://alice%40example.ac.uk@127.0.0.1:${port}`,
  });
  t.false(delivery.ok);
  t.false(said.some((line) => line.startsWith('AUTH')));
  t.notRegex(JSON.stringify({said, delivery}), /opensesame|b3BlbnNlc2FtZ/);
});

test('mailBySmtp() refuses a password file that others may read', async (t) => {
  const passwordFile = path.join(temporaryDirectory(t), 'password');
  writeFileSync(passwordFile, 'opensesame\n', {mode: 0o644});
  await t.throwsAsync(mailBySmtp(MESSAGE, {...TO, passwordFile, server: 'smtp://alice@127.0.0.1:1'}), {
    code: 'UNSAFE_MODE',
  });
});

for (const [verb, reply, again] of [
  ['RCPT', '550 no such user', false],
  ['RCPT', '451 greylisted', true],
  ['DATA', '554 refused', false],
] as const) {
  test(`mailBySmtp() takes ${reply} as ${again ? 'to be tried again' : 'refused'}`, async (t) => {
    const {port} = await mailServer(t, {[verb]: reply});
    const delivery = await mailBySmtp(MESSAGE, {...TO, server: `smtp://127.0.0.1:${port}`});
    t.like(delivery, {ok: false, again});
    t.regex(delivery.ok ? '' : delivery.why, new RegExp(reply.slice(4)));
  });
}

test('mailBySmtp() gives up a server that says nothing', async (t) => {
  const {port} = await mailServer(t, {GREETING: ''});
  t.like(await mailBySmtp(MESSAGE, {...TO, timeoutMs: 1000, server: `smtp://127.0.0.1:${port}`}), {
    ok: false,
    again: true,
  });
});

test('mailBySmtp() says that nobody listens', async (t) => {
  const delivery = await mailBySmtp(MESSAGE, {...TO, server: 'smtp://127.0.0.1:1'});
  t.like(delivery, {ok: false, again: true});
  t.regex(delivery.ok ? '' : delivery.why, /ECONNREFUSED/);
});

/** A password in its file, and who it is for. */
function login(t: ExecutionContext): {
  readonly passwordFile: string;
  readonly user: string;
  readonly trust: readonly string[];
} {
  const passwordFile = path.join(temporaryDirectory(t), 'password');
  writeFileSync(passwordFile, 'open:sésame\n', {mode: 0o600});
  return {passwordFile, user: 'alice%40example.ac.uk', trust: [MAIL_CERTIFICATE]};
}

const PLAIN = `AUTH PLAIN ${Buffer.from('\0alice@example.ac.uk\0open:sésame').toString('base64')}`;

for (const [scheme, when] of [
  ['smtps', 'at once'],
  ['smtp', 'when asked'],
] as const) {
  test(`mailBySmtp() logs in and sends over TLS, with ${scheme}: to a server that has a certificate of its name`, async (t) => {
    const {user, ...options} = login(t);
    const {port, said, saidInSecret} = await mailServer(t, {}, {tls: when});
    const server = `${scheme}://${user}@127.0.0.1:${port}`;
    t.deepEqual(await mailBySmtp(MESSAGE, {...TO, ...options, server}), {ok: true});
    t.true(saidInSecret.includes(PLAIN));
    t.true(saidInSecret.includes('RCPT TO:<alice@example.ac.uk>'));
    t.deepEqual(
      said.filter((line) => !saidInSecret.includes(line) && !/^(EHLO|STARTTLS)/.test(line)),
      [],
    );
  });

  test(`mailBySmtp() gives neither password nor mail to a server whose certificate nobody trusts, with ${scheme}`, async (t) => {
    const {user, ...options} = login(t);
    const {port, said} = await mailServer(t, {}, {tls: when});
    const server = `${scheme}://${user}@127.0.0.1:${port}`;
    const delivery = await mailBySmtp(MESSAGE, {...TO, ...options, trust: ['/nowhere'], server});
    t.false(delivery.ok);
    t.regex(delivery.ok ? '' : delivery.why, /self-signed certificate/);
    t.deepEqual(
      said.filter((line) => /^(AUTH|MAIL|DATA)/.test(line)),
      [],
    );
  });

  test(`mailBySmtp() gives neither to a server whose certificate is that of another name, with ${scheme}`, async (t) => {
    const {user, ...options} = login(t);
    const {port, said} = await mailServer(t, {}, {tls: when, host: '127.0.0.2'});
    const server = `${scheme}://${user}@127.0.0.2:${port}`;
    const delivery = await mailBySmtp(MESSAGE, {...TO, ...options, server});
    t.false(delivery.ok);
    t.regex(delivery.ok ? '' : delivery.why, /IP: 127\.0\.0\.2 is not in the cert's list/);
    t.deepEqual(
      said.filter((line) => /^(AUTH|MAIL|DATA)/.test(line)),
      [],
    );
  });
}

test('mailBySmtp() takes a refused password as refused, and does not repeat it', async (t) => {
  const {user, ...options} = login(t);
  const {port} = await mailServer(t, {AUTH: '535 5.7.8 no such user or password'}, {tls: 'at once'});
  const delivery = await mailBySmtp(MESSAGE, {
    ...TO,
    ...options,
    server: `smtps://${user}@127.0.0.1:${port}`,
  });
  t.like(delivery, {ok: false, again: false});
  t.regex(delivery.ok ? '' : delivery.why, /535/);
  t.notRegex(JSON.stringify(delivery), /sésame/);
});
