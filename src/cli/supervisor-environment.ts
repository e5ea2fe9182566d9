/** Who the supervisor runs as; from the password database, not from the environment. */
export interface Account {
  readonly username: string;
  readonly homedir: string;
  readonly shell: string | null;
}

/** Of every supervisor, whoever starts it: what programs need beyond it, their own environment says. */
const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';

/**
 * The environment of a supervisor: built, not inherited, so that one started by hand equals one started by cron.
 *
 * Kept are the variables that say where config and state are, `XDG_CONFIG_HOME`, `XDG_STATE_HOME` and `APPSUP_*`.
 * Not `APPSUP_MARK`: it marks the processes of apps, and a terminal inside an app must not pass it on.
 */
export function supervisorEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  {username, homedir, shell}: Account,
): Readonly<Record<string, string>> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '' && isOurs(entry[0]),
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

function isOurs(name: string): boolean {
  if (name === 'APPSUP_MARK' || name === 'APPSUP_READY_FD') return false;
  return name === 'XDG_CONFIG_HOME' || name === 'XDG_STATE_HOME' || name.startsWith('APPSUP_');
}
