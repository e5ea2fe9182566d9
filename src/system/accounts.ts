import {execFileSync} from 'node:child_process';
import path from 'node:path';

import {readIfReadable} from './files.ts';

/** An entry of the password database (passwd(5)). */
export interface UnixAccount {
  readonly name: string;
  readonly uid: number;
  /** Of the primary group. */
  readonly gid: number;
  /** Absolute. */
  readonly home: string;
}

/** The entries of a text of passwd(5); lines that are none are left out, and names that no line of ours could hold. */
export function parsePasswd(text: string): readonly UnixAccount[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = '', , home = ''] = line.split(':');
    if (!/^[^\s\p{C}]+$/u.test(name) || !/^\d{1,10}$/.test(uid) || !/^\d{1,10}$/.test(gid)) return [];
    return path.isAbsolute(home) ? [{name, uid: Number(uid), gid: Number(gid), home}] : [];
  });
}

/** Every account that this host lists; a directory service may know more, which {@link accountNamed} finds. */
export function allAccounts(): readonly UnixAccount[] {
  return parsePasswd(getent([]) ?? readIfReadable('/etc/passwd') ?? '');
}

/** The account of a login name; `undefined`: there is none. */
export function accountNamed(name: string): UnixAccount | undefined {
  return parsePasswd(getent([name]) ?? '').find((account) => account.name === name);
}

/** The first uid of a person: `UID_MIN` of `/etc/login.defs`. @defaultValue 1000 */
export function firstPersonUid(text = readIfReadable('/etc/login.defs') ?? ''): number {
  return Number(/^\s*UID_MIN\s+(\d{1,9})\b/m.exec(text)?.[1] ?? 1000);
}

/** `nobody` of Debian and Red Hat, and what 16 and 32 bits cannot tell from "none". */
const NOBODIES: ReadonlySet<number> = new Set([65_534, 65_535, 4_294_967_294, 4_294_967_295]);

/** True for an account of a person, as far as its uid tells. */
export function isPerson({uid}: Pick<UnixAccount, 'uid'>, first: number): boolean {
  return uid >= first && !NOBODIES.has(uid);
}

/** `undefined` when there is no getent(1), when it has nobody of that name, or does not answer. */
function getent(names: readonly string[]): string | undefined {
  try {
    return execFileSync('getent', ['passwd', '--', ...names], {
      encoding: 'utf8',
      env: {PATH: '/usr/bin:/bin'},
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 60_000,
      maxBuffer: 256 * 1024 * 1024,
    });
  } catch {
    return undefined;
  }
}
