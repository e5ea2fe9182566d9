import {load} from '../lib/client.mjs';
import {kill, sleep} from '../lib/processes.mjs';
import {kinds} from './restart-under-load.mjs';

const CLIENTS = 64;
const WATCH_MS = 20_000;

/**
 * SIGKILL of gunicorn's master while 64 visitors leave its two workers no pause: orphaned workers that never look up go
 * on answering beside the new ones, or instead of them.
 */
export async function measure({web, supervisor}) {
  let killedAt = Infinity;
  let firstNewMs;
  let lastOldMs = 0;
  const old = String(await supervisor.mainPid(web.name));
  const visitors = load(web.port, web.path, {
    clients: CLIENTS,
    onAnswer(text, now) {
      if (now < killedAt) return;
      // "WORKER MASTER": an orphan's parent is somebody else, so workers are known by their pids.
      if (oldWorkers.has(text.split(' ')[0])) lastOldMs = now - killedAt;
      else firstNewMs ??= now - killedAt;
    },
  });
  await sleep(1500);
  const oldWorkers = new Set(
    web
      .loaded()
      .filter(({master}) => String(master) === old)
      .map(({worker}) => String(worker)),
  );
  killedAt = performance.now();
  kill(Number(old), 'SIGKILL');
  await sleep(WATCH_MS);
  const {failed, failures} = await visitors.stop();
  return {
    'first answer of a new master, ms': firstNewMs ?? Infinity,
    'last answer of an orphan, ms': lastOldMs,
    [`clean takeover within ${WATCH_MS / 1000} s`]:
      firstNewMs !== undefined && lastOldMs < WATCH_MS - 1000 ? 'yes' : 'no',
    failed,
    how: kinds(failures),
  };
}

export const needs = 'web';
