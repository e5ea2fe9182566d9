import {randomInt} from 'node:crypto';
import {once} from 'node:events';
import net from 'node:net';

import type {PortRange} from '../../src/system/proc-net.ts';
import {isWellKnown, portsOf} from '../../src/ports/range.ts';
import {listeners} from '../../src/system/proc-net.ts';

/** A range below the ephemeral ports in which nobody listens; at random, so that tests at the same time do not meet. */
export function freeRange(size: number): PortRange {
  const used = new Set(listeners().map(({port}) => port));
  for (;;) {
    const first = randomInt(11_300, 32_000);
    const range = {first, last: first + size - 1};
    if (!portsOf(range).some((port) => used.has(port) || isWellKnown(port))) return range;
  }
}

/** Listen until the test ends. */
export async function occupy(
  t: {teardown(action: () => void): void},
  port: number,
  host = '127.0.0.1',
): Promise<void> {
  const server = net.createServer().listen(port, host);
  await once(server, 'listening');
  t.teardown(() => server.close());
}
