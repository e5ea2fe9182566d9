// A process of its own that rotates one log, so that it can be killed: node rotator.js FILE BYTES [STEP [NTH]]
// Whenever the log has BYTES it is rotated; after the NTH time of STEP it kills itself. Without STEP it goes on until it is killed.
// With COMPRESS in its environment it compresses the archives as well.
import {statSync} from 'node:fs';

import {isAppsupError} from '../../src/errors.ts';
import {compress} from '../../src/logs/compress.ts';
import {recover, rotate} from '../../src/logs/rotate.ts';
import type {RotateWorld} from '../../src/logs/rotate-world.ts';
import {archivesOf} from '../../src/logs/stock.ts';
import {systemClock} from '../../src/system/clock.ts';
import {systemLogFiles} from '../../src/system/log-files.ts';
import {systemProc} from '../../src/system/proc.ts';
import {systemProcesses} from '../../src/system/processes.ts';

const [file = '', bytes = '', step, nth = '1'] = process.argv.slice(2);
let left = Number(nth);

const world: RotateWorld = {
  clock: systemClock,
  files: systemLogFiles,
  proc: systemProc,
  processes: systemProcesses,
  onStep(reached) {
    if (reached === step && --left <= 0) process.kill(process.pid, 'SIGKILL');
  },
};

/** On a busy machine the writers may not stand still long enough: as the supervisor does, try again. */
async function later(error: unknown): Promise<undefined> {
  if (!isAppsupError(error) || error.code !== 'TIMEOUT') throw error;
  await recover(file, world).catch(later);
}

async function main(): Promise<void> {
  await recover(file, world);
  for (;;) {
    const started = performance.now();
    if ((statSync(file, {throwIfNoEntry: false})?.size ?? 0) >= Number(bytes)) {
      const archive = await rotate(file, 'blocks', world).catch(later);
      if (archive !== undefined)
        process.stdout.write(
          `${(performance.now() - started).toFixed(1)} ms ${statSync(archive).size} ${archive}\n`,
        );
    }
    const plain =
      process.env['COMPRESS'] === undefined ? undefined : archivesOf(file).find(({gzip}) => !gzip);
    if (plain !== undefined) await compress(file, plain.rank, new AbortController().signal);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

void main();
