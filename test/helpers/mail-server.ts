import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import net from 'node:net';
import type {AddressInfo} from 'node:net';
import tls from 'node:tls';

import type {ExecutionContext} from 'ava';

import {fixture} from './tools.ts';

export interface Mailbox {
  readonly port: number;
  /** What the client said, line by line. */
  readonly said: string[];
  /** The lines that came through TLS. */
  readonly saidInSecret: string[];
}

export interface MailServerOptions {
  /** `at once`: before the greeting (smtps); `when asked`: by STARTTLS. */
  readonly tls?: 'at once' | 'when asked';
  /** @defaultValue 127.0.0.1, the name in its certificate */
  readonly host?: string;
}

/** The certificate of a server with TLS: whoever trusts it, trusts that server. */
export const MAIL_CERTIFICATE = fixture('tls/mail-certificate.pem');

/**
 * A small SMTP server; it ends with the test.
 *
 * @param replies - Other answers than the usual ones, by verb.
 */
export async function mailServer(
  t: ExecutionContext,
  replies: Readonly<Record<string, string>> = {},
  options: MailServerOptions = {},
): Promise<Mailbox> {
  const said: string[] = [];
  const saidInSecret: string[] = [];
  const sockets = new Set<net.Socket>();
  const talk = (socket: net.Socket, secret: boolean): void => {
    sockets.add(socket);
    let rest = '';
    let inData = false;
    const answer = (line: string): string | undefined => {
      if (inData) {
        if (line !== '.') return undefined;
        inData = false;
        return '250 queued';
      }
      const verb = (line.split(' ', 1)[0] ?? '').toUpperCase();
      inData = verb === 'DATA' && replies['DATA'] === undefined;
      const usual: Readonly<Record<string, string>> = {
        DATA: '354 go on',
        QUIT: '221 bye',
        AUTH: '235 welcome',
        ...(options.tls === undefined
          ? {}
          : {EHLO: secret ? '250-small\r\n250 AUTH PLAIN' : '250-small\r\n250 STARTTLS'}),
      };
      return replies[verb] ?? usual[verb] ?? '250 ok';
    };
    socket.on('error', () => {});
    socket.on('data', (piece: Buffer) => {
      const lines = (rest + piece.toString('utf8')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        said.push(line);
        if (secret) saidInSecret.push(line);
        if (line === 'STARTTLS' && options.tls === 'when asked') {
          socket.removeAllListeners('data');
          socket.write('220 go on\r\n');
          talk(secured(socket), true);
          return;
        }
        const reply = answer(line);
        if (reply !== undefined) socket.write(`${reply}\r\n`);
      }
    });
  };
  const server = net.createServer((plain) => {
    const socket = options.tls === 'at once' ? secured(plain) : plain;
    talk(socket, options.tls === 'at once');
    if (replies['GREETING'] !== '') socket.write(replies['GREETING'] ?? '220 small ESMTP\r\n');
  });
  server.listen(0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {port: (server.address() as AddressInfo).port, said, saidInSecret};
}

function secured(socket: net.Socket): tls.TLSSocket {
  return new tls.TLSSocket(socket, {
    isServer: true,
    cert: readFileSync(MAIL_CERTIFICATE),
    key: readFileSync(fixture('tls/mail-key.pem')),
  });
}
