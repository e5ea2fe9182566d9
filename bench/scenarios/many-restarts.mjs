import {readdirSync, readFileSync} from 'node:fs';

import {sleep} from '../lib/processes.mjs';

const WARM_UP = 200;

/** Restart a cheap program again and again, and see what of it stays in the supervisor. */
export async function measure({cheap, supervisor}) {
  await supervisor.restartMany(cheap.name, WARM_UP);
  const pid = await supervisor.supervisorPid();
  await sleep(3000);
  const before = look(pid);
  const begun = performance.now();
  const count = supervisor.manyRestarts;
  await supervisor.restartMany(cheap.name, count);
  const each = (performance.now() - begun) / count;
  await sleep(3000);
  const after = look(pid);
  return {
    restarts: count,
    'each, ms': each,
    'memory before, MB': before.mb,
    'memory after, MB': after.mb,
    'descriptors before': before.descriptors,
    'descriptors after': after.descriptors,
  };
}

/** Private memory: what it shares with other programs of the same runtime is no leak. */
function look(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kb = [...text.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  return {mb: kb / 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length};
}

export const needs = 'cheap';
