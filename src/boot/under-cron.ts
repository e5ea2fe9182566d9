import {execFile} from 'node:child_process';

import {NODE_CHECK} from './script.ts';

/** How a Node fares in the environment of a cron job. */
export type UnderCron = 'works' | 'too-old' | 'fails';

/**
 * Run a Node as the boot script would: with what cron gives to a job, and nothing of this shell. One that needs more
 * (`LD_LIBRARY_PATH` of an environment module) fails here and not in a login.
 */
export async function nodeUnderCron(
  node: string,
  {home, login}: {readonly home: string; readonly login: string},
): Promise<UnderCron> {
  const env = {HOME: home, LOGNAME: login, PATH: '/usr/bin:/bin', SHELL: '/bin/sh'};
  return await new Promise((resolve) => {
    execFile(node, ['-e', NODE_CHECK], {env, cwd: '/', timeout: 15_000, killSignal: 'SIGKILL'}, (error) => {
      resolve(error === null ? 'works' : error.code === 3 ? 'too-old' : 'fails');
    });
  });
}
