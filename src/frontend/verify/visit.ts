import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';

import {messageOf, systemCode} from '../../errors.ts';

/** Where to connect: a front end, or the app itself. */
export type Door =
  | {readonly scheme: 'http' | 'https'; readonly host: string; readonly port: number}
  | {readonly scheme: 'http'; readonly path: string};

export interface Visit {
  readonly door: Door;
  /** `Host` of the request, with its port unless that is the usual one. */
  readonly host: string;
  /** As it is sent: nothing of it is normalised. */
  readonly target: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the whole of it. @defaultValue {@link PATIENCE_MS} */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly id: 'answer';
  readonly status: number;
  /** Lower-case names; `set-cookie` is a list. */
  readonly headers: http.IncomingHttpHeaders;
  /** At most {@link MOST_BYTES} of it. */
  readonly body: Buffer;
  /** Until the head of the answer was there. */
  readonly ms: number;
  /** From the first piece of the body to the end of it. */
  readonly bodyMs: number;
  /** What is wrong with the certificate; `undefined` when nothing is, or without TLS. */
  readonly certificate: string | undefined;
}

export interface Failure {
  readonly id: 'failure';
  readonly why: 'refused' | 'silent' | 'unknown-host' | 'broken';
  readonly detail: string;
}

export type Reply = Answer | Failure;

/** Nobody waits longer for a page. */
export const PATIENCE_MS = 10_000;
const MOST_BYTES = 512 * 1024;

/** One visitor on a connection of its own; redirects are not followed. Never rejects: a failure is a finding. */
export async function visit(request: Visit): Promise<Reply> {
  const {door, host, target, method = 'GET', headers = {}, timeoutMs = PATIENCE_MS} = request;
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const since = performance.now();
  return await new Promise((resolve) => {
    const sent = (door.scheme === 'https' ? https : http).request({
      ...('path' in door ? {socketPath: door.path} : {host: door.host, port: door.port}),
      path: target,
      method,
      agent: false,
      setHost: false,
      headers: {host, 'user-agent': 'appsup-verify', ...headers},
      // What is wrong with it is told, and the rest is looked at all the same.
      rejectUnauthorized: false,
      ...(net.isIP(name) === 0 ? {servername: name} : {}),
    });
    const late = setTimeout(() => sent.destroy(new Silence(timeoutMs)), timeoutMs);
    const finish = (reply: Reply) => {
      clearTimeout(late);
      sent.destroy();
      resolve(reply);
    };
    const answered = (response: http.IncomingMessage, body: Buffer): Answer => ({
      id: 'answer',
      status: response.statusCode ?? 0,
      headers: response.headers,
      body,
      ms: performance.now() - since,
      bodyMs: 0,
      certificate: certificateProblem(response.socket, name),
    });
    sent.on('error', (error) => finish(failureOf(error)));
    sent.once('upgrade', (response, socket) => {
      finish(answered(response, Buffer.alloc(0)));
      socket.destroy();
    });
    // `100 Continue`: a large body is welcome, and none is sent.
    sent.once('continue', () =>
      finish({
        id: 'answer',
        status: 100,
        headers: {},
        body: Buffer.alloc(0),
        ms: performance.now() - since,
        bodyMs: 0,
        certificate: undefined,
      }),
    );
    sent.once('response', (response) => {
      // The time of the answer's head; how long a body takes is the app's own.
      const head = answered(response, Buffer.alloc(0));
      const parts: Buffer[] = [];
      let bytes = 0;
      let first: number | undefined;
      const done = () => {
        const bodyMs = first === undefined ? 0 : performance.now() - first;
        finish({...head, bodyMs, body: Buffer.concat(parts).subarray(0, MOST_BYTES)});
      };
      response.on('data', (part: Buffer) => {
        first ??= performance.now();
        parts.push(part);
        bytes += part.length;
        if (bytes >= MOST_BYTES) done();
      });
      response.once('end', done);
      response.once('error', done);
    });
    if (headers['expect'] === undefined) sent.end();
    else sent.flushHeaders();
  });
}

class Silence extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs / 1000} s`);
  }
}

function failureOf(error: Error): Failure {
  const code = systemCode(error) ?? '';
  const why =
    error instanceof Silence || code === 'ETIMEDOUT'
      ? 'silent'
      : ['ECONNREFUSED', 'ENOENT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code)
        ? 'refused'
        : ['ENOTFOUND', 'EAI_AGAIN'].includes(code)
          ? 'unknown-host'
          : 'broken';
  return {id: 'failure', why, detail: messageOf(error)};
}

/** The name is looked at even when nobody vouches for the certificate, which is where Node stops. */
function certificateProblem(socket: net.Socket, name: string): string | undefined {
  if (!(socket instanceof tls.TLSSocket)) return undefined;
  const certificate = socket.getPeerCertificate();
  const mismatch = tls.checkServerIdentity(name, certificate);
  if (mismatch !== undefined) return `it is not for ${name}, but for ${namesOf(certificate)}`;
  if (socket.authorized) return undefined;
  const code = String(socket.authorizationError);
  return CERTIFICATES[code] ?? code;
}

function namesOf({subjectaltname, subject}: tls.PeerCertificate): string {
  return subjectaltname?.replaceAll(/DNS:|IP Address:/g, '') ?? String(subject?.CN ?? 'nobody');
}

/** Of OpenSSL (verify(1)), for those that are met. */
const CERTIFICATES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'nobody vouches for it (self-signed)',
  SELF_SIGNED_CERT_IN_CHAIN: 'nobody who is known here vouches for it',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'nobody who is known here vouches for it',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the server does not send the certificates in between',
};
