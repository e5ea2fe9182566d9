import {once} from 'node:events';
import net from 'node:net';
import type {AddressInfo} from 'node:net';

import type {ExecutionContext} from 'ava';

export interface Mailbox {
  readonly port: number;
  /** What the client said, line by line. */
  readonly said: string[];
}

/** A tiny SMTP server; it ends with the test. @param replies - Other answers than the usual ones, by verb. */
export async function mailServer(
  t: ExecutionContext,
  replies: Readonly<Record<string, string>> = {},
): Promise<Mailbox> {
  const said: string[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
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
      return replies[verb] ?? {DATA: '354 go on', QUIT: '221 bye'}[verb] ?? '250 ok';
    };
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (piece: string) => {
      const lines = (rest + piece).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        said.push(line);
        const reply = answer(line);
        if (reply !== undefined) socket.write(`${reply}\r\n`);
      }
    });
    if (replies['GREETING'] !== '') socket.write(replies['GREETING'] ?? '220 tiny ESMTP\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {port: (server.address() as AddressInfo).port, said};
}
