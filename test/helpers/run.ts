import {execFile} from 'node:child_process';

import type {Run} from './rig.ts';

/** Run a program to its end, with nothing on its stdin. */
export async function run(
  program: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<Run> {
  return await new Promise((resolve) => {
    const options = {timeout: 120_000, maxBuffer: 64 * 1024 * 1024, ...(env === undefined ? {} : {env})};
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({code, stdout, stderr});
    }).stdin?.end();
  });
}
