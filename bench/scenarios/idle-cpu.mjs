import {readdirSync, readFileSync} from 'node:fs';

import {sleep} from '../lib/processes.mjs';

const SECONDS = 30;
/** By then every program has lasted long enough to be taken for a success, by any of the supervisors. */
const SETTLE_MS = 15_000;

/** What the supervisor burns while nothing happens to its twenty programs. */
export async function measure({supervisor}) {
  const pid = await supervisor.supervisorPid();
  await sleep(SETTLE_MS);
  const before = cpuMs(pid);
  await sleep(SECONDS * 1000);
  return {[`CPU in ${SECONDS} s, ms`]: cpuMs(pid) - before, 'memory (PSS), MB': pssOf(pid)};
}

/** Of all its threads; utime and stime of /proc/PID/stat come in steps of 10 ms. */
function cpuMs(pid) {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'),
  );
  return threads.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0);
}

function pssOf(pid) {
  const kb = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

export const needs = 'sleepers';
