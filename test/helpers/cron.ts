import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, rmSync} from 'node:fs';

import {cronDaemon} from '../../src/boot/cron-daemon.ts';
import {isRunning, signal} from './processes.ts';
import {waitUntil} from './wait.ts';

const DAEMON = ['/usr/sbin/cron', '/usr/sbin/crond'].find((file) => existsSync(file));
const DENY = '/etc/cron.deny';
const REBOOT_MARKS = ['/run/crond.reboot', '/run/cron.reboot'];

/** Why no real cron can be had here, or `undefined`: the reason that a skipped test names. */
export const noCron: string | undefined =
  DAEMON === undefined || !existsSync('/usr/bin/crontab') ? 'needs cron' : undefined;

/**
 * Have a cron daemon read the crontabs: the one that runs, or one of our own until `end`.
 *
 * Test files run beside each other: until then the others wait, for their cron must not end with ours.
 *
 * One that we start takes it for a boot when none ran since the last one, and runs the `@reboot` lines.
 */
export async function withCron(): Promise<{readonly end: () => Promise<void>}> {
  if (DAEMON === undefined) throw new Error(noCron);
  const release = await takeTurn();
  if (cronDaemon() === 'running') return {end: async () => release()};
  const fresh = !REBOOT_MARKS.some((file) => existsSync(file));
  const daemon = spawn(DAEMON, [DAEMON.endsWith('crond') ? '-n' : '-f'], {stdio: 'ignore'});
  const {pid} = daemon;
  if (pid === undefined) {
    release();
    throw new Error(`${DAEMON} does not start`);
  }
  return {
    end: async () => {
      signal(pid, 'SIGTERM');
      await waitUntil('cron has ended', () => !isRunning(pid));
      if (fresh) for (const file of REBOOT_MARKS) rmSync(file, {force: true});
      release();
    },
  };
}

/** The lock goes with its holder, which goes with our end of its pipe. */
async function takeTurn(): Promise<() => void> {
  const holder = spawn('flock', ['/run/lock/appsup-cron', 'sh', '-c', 'echo; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  return () => holder.stdin.end();
}

/** The table of an account, in bytes; `undefined` when it has none. As an editor sees it: `-l` rewrites carriage returns. */
export function crontabOf(account: string): Buffer | undefined {
  if (spawnSync('/usr/bin/crontab', ['-u', account, '-l']).status !== 0) return undefined;
  const env = {PATH: '/usr/bin:/bin', VISUAL: 'show() { cat "$1"; }; show'};
  return spawnSync('/usr/bin/crontab', ['-u', account, '-e'], {env}).stdout;
}

/**
 * Deny cron to an account, until the function that is returned was called; once more does nothing.
 *
 * Test files run beside each other, so each adds and takes away its own line only; the last one takes the file away, if
 * a test had made it.
 */
export function denyCron(account: string): () => void {
  locked(`[ -e ${DENY} ] || : > ${MADE}; echo "$1" >> ${DENY}`, account);
  return () =>
    locked(
      `[ ! -e ${DENY} ] || sed -i "/^$1$/d" ${DENY}; if [ -e ${MADE} ] && [ ! -s ${DENY} ]; then rm -f ${DENY} ${MADE}; fi`,
      account,
    );
}

/** There while a cron.deny stands that a test has made. */
const MADE = '/run/lock/appsup-cron-deny.made';

function locked(script: string, account: string): void {
  const args = ['/run/lock/appsup-cron-deny', 'sh', '-c', script, 'sh', account];
  const {status, stderr} = spawnSync('flock', args, {encoding: 'utf8'});
  if (status !== 0) throw new Error(`cron.deny: ${stderr}`);
}
