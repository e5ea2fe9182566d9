import {load} from '../lib/client.mjs';
import {kill, sleep} from '../lib/processes.mjs';
import {kinds} from './restart-under-load.mjs';

const STOPPED_MS = 12_000;

/** SIGSTOP of the supervisor for twelve seconds under load of an app that prints each request. */
export async function measure({web, supervisor}) {
  const pid = await supervisor.supervisorPid();
  const visitors = load(web.port, web.path);
  await sleep(1000);
  kill(pid, 'SIGSTOP');
  try {
    await sleep(STOPPED_MS);
  } finally {
    kill(pid, 'SIGCONT');
  }
  await sleep(1000);
  const {requests, failed, failures, longestGapMs} = await visitors.stop();
  return {requests, failed, 'longest gap, ms': longestGapMs, how: kinds(failures)};
}

export const needs = 'web';
