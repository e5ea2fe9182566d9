import {load} from '../lib/client.mjs';
import {kill, sleep} from '../lib/processes.mjs';
import {kinds} from './restart-under-load.mjs';

const DEAD_MS = 3000;
const AFTER_MS = 6000;

/** SIGKILL of the supervisor under load of an app that prints each request; started again after three seconds. */
export async function measure({web, supervisor}) {
  const before = await supervisor.mainPid(web.name);
  const visitors = load(web.port, web.path);
  await sleep(1000);
  kill(await supervisor.supervisorPid(), 'SIGKILL');
  await sleep(DEAD_MS);
  const failedWhileDead = visitors.failed();
  await supervisor.revive();
  await sleep(AFTER_MS);
  const after = await supervisor.mainPid(web.name);
  const {requests, failed, failures, longestGapMs} = await visitors.stop();
  return {
    requests,
    'failed while it was dead': failedWhileDead,
    'failed after its return': failed - failedWhileDead,
    'longest gap, ms': longestGapMs,
    adopted: after === before ? 'yes' : 'no',
    how: kinds(failures),
  };
}

export const needs = 'web';
