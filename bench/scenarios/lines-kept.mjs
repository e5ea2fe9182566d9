import {createReadStream, readdirSync, statSync} from 'node:fs';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {createGunzip} from 'node:zlib';

import {kill, sleep, until} from '../lib/processes.mjs';

const COUNT = 2_000_000;
const DEAD_MS = 500;

/**
 * Two million numbered lines through logs that rotate at 20 MB, with a SIGKILL of the supervisor in the middle; then every
 * file is read and each number counted.
 */
export async function measure({lines, supervisor}) {
  lines.go();
  // A third of the output is there; not a time, for a fast supervisor has more by then.
  await until(() => bytesIn(supervisor.logs) > 40e6, {timeoutMs: 60_000});
  kill(await supervisor.supervisorPid(), 'SIGKILL');
  await sleep(DEAD_MS);
  await supervisor.revive();
  const took = await until(() => lines.doneIn(), {timeoutMs: 120_000, everyMs: 100});
  // What is in memory or being packed gets its time.
  await settled(supervisor.logs);
  const seen = new Uint8Array(COUNT);
  let torn = 0;
  for (const file of filesIn(supervisor.logs)) torn += await count(file, seen);
  return {
    lost: seen.reduce((sum, times) => sum + (times === 0 ? 1 : 0), 0),
    doubled: seen.reduce((sum, times) => sum + (times > 1 ? 1 : 0), 0),
    torn,
    'files at the end': filesIn(supervisor.logs).length,
    'the program wrote for, s': took ?? Infinity,
  };
}

function filesIn(folder) {
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => /lines.*\.log/.test(path.relative(folder, file)));
}

function bytesIn(folder) {
  return filesIn(folder).reduce((sum, file) => sum + (statSync(file, {throwIfNoEntry: false})?.size ?? 0), 0);
}

async function settled(folder) {
  let before;
  await until(
    async () => {
      const now = filesIn(folder).join() + bytesIn(folder);
      const same = now === before;
      before = now;
      return same;
    },
    {everyMs: 2000, timeoutMs: 60_000},
  );
}

/** Count each number of a file; returns how many lines were neither a whole line nor a supervisor's own note. */
async function count(file, seen) {
  const bytes = createReadStream(file);
  const text = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  let torn = 0;
  for await (const line of createInterface({input: text})) {
    const [, number, rest] = /^line (\d+) (x*)$/.exec(line) ?? [];
    if (number !== undefined && rest.length === Number(number) % 90) seen[number]++;
    else if (line.includes('x') && line.includes('line')) torn++;
  }
  return torn;
}

export const needs = 'lines';
