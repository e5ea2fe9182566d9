import {RECORDED} from '../boot/script.ts';
import type {Account} from './context.ts';

const KEPT: readonly string[] = [...RECORDED, 'APPSUP_SITE_FILE'];

/** Of every supervisor, whoever starts it: what programs need beyond it, their own environment says. */
const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';

/**
 * The environment of a supervisor: built, not inherited, so that one started by hand equals one started by cron.
 *
 * Kept are the variables that say where config and state are, as in the boot script. Nothing else of `APPSUP_*`: some mark
 * the processes of apps, and a terminal inside an app must not pass them on.
 */
export function supervisorEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  {username, homedir, shell}: Account,
): Readonly<Record<string, string>> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && entry[1] !== '' && KEPT.includes(entry[0]),
  );
  return {
    HOME: env['HOME'] || homedir,
    USER: username,
    LOGNAME: username,
    SHELL: shell ?? '/bin/sh',
    PATH: SEARCH_PATH,
    LANG: 'C.UTF-8',
    ...Object.fromEntries(kept),
  };
}
