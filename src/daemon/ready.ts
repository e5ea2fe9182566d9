import {closeSync, writeSync} from 'node:fs';

import {AppsupError} from '../errors.ts';

/** Set by whoever starts us and waits on a pipe: the number of its descriptor. */
export const READY_FD = 'APPSUP_READY_FD';

/** Tell the one who started us, if anybody waits, that we answer now; or why not. */
export function tellStarter(env: Readonly<Record<string, string | undefined>>, error?: unknown): void {
  const fd = Number(env[READY_FD]);
  if (!Number.isInteger(fd) || fd < 3) return;
  try {
    writeSync(fd, error === undefined ? 'ready\n' : `error ${JSON.stringify(recordOf(error))}\n`);
    closeSync(fd);
  } catch {
    // The one who waited has gone: nobody wants to know.
  }
}

function recordOf(error: unknown) {
  if (error instanceof AppsupError) return error.toJSON();
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new AppsupError('SUPERVISOR_START', `Cannot start the supervisor: ${message}`).toJSON();
}
