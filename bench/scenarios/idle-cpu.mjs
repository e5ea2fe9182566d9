import {readFileSync} from 'node:fs';

import {sleep, stat} from '../lib/processes.mjs';

const SECONDS = 30;

/** What the supervisor burns while nothing happens to its twenty programs. */
export async function measure({supervisor}) {
  const pid = await supervisor.supervisorPid();
  await sleep(5000);
  const before = stat(pid).cpuMs;
  await sleep(SECONDS * 1000);
  return {[`CPU in ${SECONDS} s, ms`]: stat(pid).cpuMs - before, 'memory (PSS), MB': pssOf(pid)};
}

function pssOf(pid) {
  const kb = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

export const needs = 'sleepers';
