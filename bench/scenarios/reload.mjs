import {load} from '../lib/client.mjs';
import {sleep} from '../lib/processes.mjs';
import {kinds} from './restart-under-load.mjs';

const RELOADS = 4;

/** The running gunicorn takes up new code by itself (HUP), four times, while eight visitors keep asking. */
export async function measure({web, supervisor}) {
  const visitors = load(web.port, web.path);
  await sleep(1000);
  for (let turn = 0; turn < RELOADS; turn++) {
    await supervisor.reload(web.name);
    await sleep(1500);
  }
  const {requests, failed, failures, longestGapMs} = await visitors.stop();
  return {requests, failed, 'longest gap, ms': longestGapMs, how: kinds(failures)};
}

export const needs = 'web';
