import {writeSync} from 'node:fs';
import {parseArgs} from 'node:util';

import {LineWriter} from './access-log.ts';
import {Gateway} from './gateway.ts';
import {TableFile} from './table-file.ts';

/**
 * The gateway's process: `gateway --routes FILE [--mount /alice] [--grace MS] [--private] [--leash]`.
 *
 * It listens on descriptor 3, and with `--private` answers for its own life on descriptor 4. With `--leash` it is held by
 * its standard input. SIGTERM, SIGINT and the end of that end it
 * when what was begun has ended, at the latest after the grace.
 */
function main(): void {
  process.title = 'appsup-gateway';
  const {values} = parseArgs({
    options: {
      routes: {type: 'string'},
      mount: {type: 'string', default: ''},
      grace: {type: 'string', default: '25000'},
      private: {type: 'boolean', default: false},
      leash: {type: 'boolean', default: false},
    },
  });
  if (values.routes === undefined) throw new Error('--routes is missing');
  const lines = new LineWriter((text) => print(1, text));
  const gateway = new Gateway({
    mount: values.mount,
    onAccess: (line) => lines.add(line),
    onTrouble: (line) => lines.add(`${new Date().toISOString()} ${line}`),
  });
  const table = new TableFile({
    file: values.routes,
    onRoutes: (routes) => gateway.take(routes),
    onProblem: (text) => lines.add(`${new Date().toISOString()} ${text}\n`),
  });
  gateway.server().listen({fd: 3});
  if (values.private) gateway.vitalSign().listen({fd: 4});
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    table.close();
    const finish = (): never => {
      lines.flush();
      process.exit(0);
    };
    setTimeout(finish, Number(values.grace)).unref();
    void gateway.end().then(finish);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  if (values.leash) process.stdin.once('end', end).resume();
  // The last lines before a bug ends it.
  process.on('uncaughtExceptionMonitor', () => lines.flush());
}

/** A full disk, or a reader that left, must not end the gateway. */
function print(fd: number, text: string): void {
  try {
    writeSync(fd, text);
  } catch {
    // There is nowhere to say it.
  }
}

main();
