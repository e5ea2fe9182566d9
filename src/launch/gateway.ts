import path from 'node:path';

import {gracefulSeconds} from './arguments.ts';
import type {Server, Start} from './contract.ts';

/**
 * appsup's own reverse proxy: the held socket is descriptor 3, and the private one 4, on which it answers for itself alone,
 * so that an app which is down is not taken for a gateway that is.
 */
export function gateway({app, program, context}: Start): Server {
  const options = [
    ['--routes', context.paths.routes],
    ['--mount', app.mount],
    ['--grace', String(gracefulSeconds(program.stopMs) * 1000)],
  ];
  // Beside this file in dist/.
  const file = path.join(import.meta.dirname, 'gateway.cjs');
  return {
    argv: [process.execPath, file, ...options.map(([name, value]) => `${name}=${value}`), '--private'],
    sockets: ['held', 'private'],
    listenFds: false,
    warnings: [],
  };
}
