import {readFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {rootCertificates} from 'node:tls';

import {createTransport} from 'nodemailer';

import {messageOf, systemCode} from '../errors.ts';
import {DELIVERED, undelivered} from './delivery.ts';
import type {Delivery} from './delivery.ts';
import type {Sender} from './mail-text.ts';
import type {Mailable} from './message.ts';
import {readPassword} from './password.ts';

/** Where the common systems keep what their administrators trust, a certificate authority of the institution's own included. */
const HOST_TRUST = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
];

/** For each step of the talk. */
const SMTP_MS = 20_000;

export interface SmtpOptions {
  /** `smtp://alice@mail.example.ac.uk:587`, `smtps://...`; no password in it. */
  readonly server: string;
  readonly passwordFile: string | undefined;
  readonly to: string;
  /** As in `Mail`. */
  readonly sender?: Sender | undefined;
  /** @defaultValue {@link SMTP_MS} */
  readonly timeoutMs?: number;
  /** Files of certificates that are trusted besides those that Node knows. @defaultValue the host's own */
  readonly trust?: readonly string[];
}

/**
 * Send a mail through a server. A password is sent through TLS only, whatever the server offers, and to a server only whose
 * certificate is that of its name.
 *
 * @throws AppsupError as {@link readPassword}
 */
export async function mailBySmtp(message: Mailable, options: SmtpOptions): Promise<Delivery> {
  const {server, passwordFile, to, sender, timeoutMs = SMTP_MS, trust = HOST_TRUST} = options;
  const url = new URL(server);
  const secure = url.protocol === 'smtps:';
  const user = decodeURIComponent(url.username);
  const pass = user === '' || passwordFile === undefined ? undefined : readPassword(passwordFile);
  const transport = createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: pass !== undefined,
    tls: {ca: [...rootCertificates, ...trust.flatMap((file) => textOf(file) ?? [])]},
    ...(pass === undefined ? {} : {auth: {user, pass}}),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
  });
  try {
    await transport.sendMail({
      from: {
        name: sender?.name ?? 'appsup',
        address: user.includes('@')
          ? user
          : sender === undefined
            ? to
            : (sender.address ?? `${sender.name}@${hostname()}`),
      },
      ...(sender?.address === undefined ? {} : {replyTo: {name: '', address: sender.address}}),
      to: {name: '', address: to},
      subject: message.subject,
      text: message.text,
      date: new Date(message.facts.at),
      ...(sender === undefined ? {headers: {'Auto-Submitted': 'auto-generated'}} : {}),
      // The text comes from a program's log: nothing in it may name a file or an address to be read.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return DELIVERED;
  } catch (error) {
    return undelivered(`${url.host}: ${messageOf(error)}`, isPassing(error));
  } finally {
    transport.close();
  }
}

/** What cannot be read is trusted as little as what is not there: the server's certificate then says so. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

/** No connection, or a 4xx: what the server refuses for good (5xx, a wrong password) it refuses tomorrow, too. */
function isPassing(error: unknown): boolean {
  const {code, responseCode} = error as {readonly code?: unknown; readonly responseCode?: unknown};
  if (typeof responseCode === 'number') return responseCode >= 400 && responseCode < 500;
  return ['ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EDNS'].includes(String(code));
}
