import {load} from '../lib/client.mjs';
import {kill, sleep, until} from '../lib/processes.mjs';
import {kinds} from './restart-under-load.mjs';

/** SIGKILL of gunicorn's master under eight visitors: until the first answer of a new master's worker, and what failed. */
export async function measure({web, supervisor}) {
  const master = await supervisor.mainPid(web.name);
  let killedAt = Infinity;
  let firstAt;
  const visitors = load(web.port, web.path, {
    onAnswer(text, now) {
      if (now < killedAt || firstAt !== undefined) return;
      const parent = Number(text.split(' ')[1]);
      // The parent of an orphan is no master at all.
      if (parent !== master && web.loaded().some(({master: of}) => of === parent)) firstAt = now;
    },
  });
  await sleep(1000);
  killedAt = performance.now();
  kill(master, 'SIGKILL');
  await until(() => firstAt, {timeoutMs: 30_000});
  await sleep(1000);
  const {failed, failures, longestGapMs} = await visitors.stop();
  return {
    'first new answer, ms': firstAt === undefined ? Infinity : firstAt - killedAt,
    failed,
    'longest gap, ms': longestGapMs,
    how: kinds(failures),
  };
}

export const needs = 'web';
