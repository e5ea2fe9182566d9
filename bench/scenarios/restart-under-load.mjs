import {load} from '../lib/client.mjs';
import {sleep} from '../lib/processes.mjs';

const RESTARTS = 4;

/** Four full restarts, one after the other, while eight visitors keep asking. */
export async function measure({web, supervisor}) {
  const visitors = load(web.port, web.path);
  await sleep(1000);
  const commands = [];
  for (let turn = 0; turn < RESTARTS; turn++) {
    commands.push(await supervisor.restart(web.name));
    await sleep(1000);
  }
  const {requests, failed, failures, longestGapMs} = await visitors.stop();
  return {
    requests,
    failed,
    'longest gap, ms': longestGapMs,
    'per restart, ms': commands.reduce((sum, {ms}) => sum + ms, 0) / RESTARTS,
    how: kinds(failures),
  };
}

export function kinds(failures) {
  return (
    Object.entries(failures)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ') || '-'
  );
}

export const needs = 'web';
