import {readdirSync} from 'node:fs';
import path from 'node:path';

import {attempt, exists, readText} from '../launch/look.ts';
import {livingOwner} from '../system/lock.ts';
import {broken, ok, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import type {Look} from './world.ts';

export interface LogoutFacts {
  readonly user: string;
  /** systemd looks after sessions here. */
  readonly systemd: boolean;
  /** Of logind.conf(5), as it is in force. */
  readonly killUserProcesses: boolean;
  /** `KillExcludeUsers`. @defaultValue root */
  readonly excluded: readonly string[];
  /** `KillOnlyUsers`; empty: all. */
  readonly only: readonly string[];
  /** Services of the user outlive the last session (loginctl enable-linger). */
  readonly lingers: boolean;
  /** Where the supervisor is, as `/proc/PID/cgroup` says; `undefined`: there is none. */
  readonly group: string | undefined;
}

export const lookAtLogout: Look = ({root, account: {username: user}, paths, proc}) => {
  const texts = logindConfig(root);
  const owner = livingOwner(paths.lock, proc);
  const words = (key: string) => settingIn(texts, key)?.split(/\s+/).filter(Boolean);
  return judgeLogout({
    user,
    systemd: exists(path.join(root, 'run/systemd/system')),
    killUserProcesses: /^(yes|true|on|1)$/i.test(settingIn(texts, 'KillUserProcesses') ?? 'no'),
    excluded: words('KillExcludeUsers') ?? ['root'],
    only: words('KillOnlyUsers') ?? [],
    lingers: exists(path.join(root, 'var/lib/systemd/linger', user)),
    group: owner === undefined ? undefined : readText(path.join(root, 'proc', String(owner.pid), 'cgroup')),
  });
};

/** Pure. */
export function judgeLogout(facts: LogoutFacts): readonly Answer[] {
  const {user, systemd, killUserProcesses, excluded, only, lingers, group} = facts;
  if (!systemd) return [ok('logout', 'no systemd looks after sessions here: what runs outlives a logout')];
  const spared = excluded.includes(user) || (only.length > 0 && !only.includes(user));
  if (!killUserProcesses || spared) return [ok('logout', 'what runs outlives a logout')];
  if (group !== undefined && !/\/session-[^/\n]+\.scope/.test(group))
    return [ok('logout', 'your supervisor belongs to no session: it outlives a logout')];
  const text =
    'when you log out, systemd ends all that was started in the session (KillUserProcesses=yes): your supervisor and your apps, too';
  const scope = 'appsup daemon stop; systemd-run --user --scope appsup start all';
  const hint = `${lingers ? '' : 'loginctl enable-linger; '}${scope}; or have the administrators put you into KillExcludeUsers of logind.conf`;
  return [group === undefined ? warning('logout-kills', text, hint) : broken('logout-kills', text, hint)];
}

/** The last word counts: logind.conf(5), then its drop-ins by name; one in /etc hides one of that name elsewhere. */
function logindConfig(root: string): readonly string[] {
  const places = ['usr/lib', 'usr/local/lib', 'run', 'etc'].map((place) => path.join(root, place, 'systemd'));
  const main = places.toReversed().find((place) => exists(path.join(place, 'logind.conf')));
  const parts = new Map<string, string>();
  for (const place of places) {
    const directory = path.join(place, 'logind.conf.d');
    for (const name of attempt(() => readdirSync(directory)) ?? [])
      if (name.endsWith('.conf')) parts.set(name, path.join(directory, name));
  }
  const files = [...parts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
  return [...(main === undefined ? [] : [path.join(main, 'logind.conf')]), ...files].map(
    (file) => readText(file) ?? '',
  );
}

function settingIn(texts: readonly string[], key: string): string | undefined {
  const pattern = new RegExp(`^\\s*${key}\\s*=(.*)$`, 'gm');
  return texts.flatMap((text) => [...text.matchAll(pattern)].map(([, value = '']) => value.trim())).at(-1);
}
