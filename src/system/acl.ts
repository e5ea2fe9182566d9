import {spawnSync} from 'node:child_process';
import {statSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';

/** An account as permissions see it. */
export interface Who {
  readonly uid: number;
  /** All of its groups. */
  readonly gids: readonly number[];
}

/** Permissions of a file: owner, group, mode, and the entries of its access control list (acl(5)). */
export interface Access {
  readonly owner: number;
  readonly group: number;
  /** Tag, id (`undefined`: the owner's, the owning group's) and permissions, as `rwx` with `-`. */
  readonly entries: readonly {
    readonly tag: 'user' | 'group' | 'mask' | 'other';
    readonly id: number | undefined;
    readonly may: string;
  }[];
}

/** True when the kernel would grant every letter of `wanted` (`x`, `rw`): the algorithm of acl(5), "Access check". Pure. */
export function grants({owner, group, entries}: Access, {uid, gids}: Who, wanted: string): boolean {
  if (uid === 0) return true;
  const find = (tag: string, id?: number) =>
    entries.find((entry) => entry.tag === tag && entry.id === id)?.may;
  const has = (may: string | undefined) => wanted.split('').every((letter) => may?.includes(letter) === true);
  if (uid === owner) return has(find('user'));
  const mask = find('mask');
  const masked = (may: string | undefined) => has(may) && (mask === undefined || has(mask));
  const own = find('user', uid);
  if (own !== undefined) return masked(own);
  const groups = entries.filter(({tag, id}) => tag === 'group' && gids.includes(id ?? group));
  return groups.length > 0 ? groups.some(({may}) => masked(may)) : has(find('other'));
}

/** What `getfacl -n` prints of several files, by name; entries that begin with `default:` are of new files. Pure. */
export function parseGetfacl(text: string): ReadonlyMap<string, Access> {
  const found = new Map<string, Access>();
  for (const block of text.split(/\n\n+/)) {
    const head = (name: string) => new RegExp(`^# ${name}: (.*)$`, 'm').exec(block)?.[1];
    const file = head('file');
    if (file === undefined) continue;
    const entries = [...block.matchAll(/^(user|group|mask|other):(\d*):([r-][w-][x-])/gm)].map(
      ([, tag, id, may = '']) => ({
        tag: tag as 'user' | 'group' | 'mask' | 'other',
        id: id === '' ? undefined : Number(id),
        may,
      }),
    );
    found.set(unquoted(file), {owner: Number(head('owner')), group: Number(head('group')), entries});
  }
  return found;
}

/** getfacl writes what is not printable as `\ooo`, byte by byte. */
function unquoted(name: string): string {
  if (!name.includes('\\')) return name;
  const bytes = name.replace(/\\([0-7]{3})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/**
 * Directories on the way to a file that an account cannot pass, outermost first; what cannot be looked at counts.
 *
 * Without getfacl(1) the modes alone decide.
 */
export function closedTo(who: Who, file: string): readonly string[] {
  const directories = ancestors(file);
  const known = run('getfacl', ['-npE', '--', ...directories]);
  const lists = parseGetfacl(known.output);
  return directories.filter((directory) => {
    const access = lists.get(directory) ?? byMode(directory);
    return access === undefined || !grants(access, who, 'x');
  });
}

/** `/`, `/home`, `/home/alice` of `/home/alice/x`. */
function ancestors(file: string): readonly string[] {
  const parent = path.dirname(file);
  return parent === file ? [] : [...ancestors(parent), parent];
}

function byMode(directory: string): Access | undefined {
  try {
    const {uid, gid, mode} = statSync(directory);
    const may = (shift: number) =>
      ['r', 'w', 'x'].map((letter, bit) => ((mode >> shift) & (4 >> bit) ? letter : '-')).join('');
    return {
      owner: uid,
      group: gid,
      entries: [
        {tag: 'user', id: undefined, may: may(6)},
        {tag: 'group', id: undefined, may: may(3)},
        {tag: 'other', id: undefined, may: may(0)},
      ],
    };
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

/**
 * The mask that lets one more account have `may`, and changes nothing for anybody else; `undefined`: there is none,
 * because an entry that is masked out now would come alive again. Pure.
 */
export function maskFor({entries}: Access, uid: number, may: string): string | undefined {
  const before = (
    entries.find(({tag}) => tag === 'mask') ??
    entries.find(({tag, id}) => tag === 'group' && id === undefined)
  )?.may;
  const added = may.split('').filter((letter) => before?.includes(letter) !== true);
  const isMasked = entries.some(({tag}) => tag === 'mask');
  const others = entries.filter(
    ({tag, id}) => tag === 'group' || (tag === 'user' && id !== undefined && id !== uid),
  );
  if (isMasked && others.some((entry) => added.some((letter) => entry.may.includes(letter))))
    return undefined;
  return ['r', 'w', 'x']
    .map((letter) => (added.includes(letter) || before?.includes(letter) ? letter : '-'))
    .join('');
}

/**
 * Let one account pass through directories, and nobody else: `setfacl -m u:www-data:x`.
 *
 * @returns Why it could not be done; `undefined`: it is done.
 */
export function letPass(account: string, {uid}: Who, directories: readonly string[]): string | undefined {
  if (directories.length === 0) return undefined;
  const lists = parseGetfacl(run('getfacl', ['-npE', '--', ...directories]).output);
  for (const directory of directories) {
    const access = lists.get(directory);
    // Without getfacl there is no setfacl either, and that is what is said.
    const mask = access === undefined ? '--x' : maskFor(access, uid, 'x');
    if (mask === undefined) return `${directory} has entries for others that this would wake up again`;
    const problem = setfacl(['-m', `u:${account}:x,m::${mask}`, '--', directory]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * Make a file of ours accessible to us and one account, and to nobody else, whatever it had inherited.
 *
 * @returns As {@link letPass}.
 */
export function shareWith(account: string, may: 'x' | 'rw', file: string): string | undefined {
  const own = may === 'x' ? 'rwx' : 'rw';
  return setfacl(['--set', `u::${own},u:${account}:${may},g::-,m::${may},o::-`, '--', file]);
}

function setfacl(args: readonly string[]): string | undefined {
  const {code, output} = run('setfacl', args);
  if (code === 0) return undefined;
  return code === undefined
    ? 'setfacl is not installed'
    : (output.trim().split('\n')[0] ?? 'setfacl refuses');
}

/** An account by its name, wherever the host keeps them; `undefined`: there is none. */
export function whoIs(name: string): Who | undefined {
  const ids = (option: string) => {
    const {code, output} = run('id', [option, '--', name]);
    return code === 0 ? output.trim().split(/\s+/).map(Number) : undefined;
  };
  const [uid] = ids('-u') ?? [];
  return uid === undefined ? undefined : {uid, gids: ids('-G') ?? []};
}

/** `code` is `undefined` when the program could not be run or did not end. */
function run(program: string, args: readonly string[]): {code: number | undefined; output: string} {
  const {status, stdout, stderr} = spawnSync(program, args, {
    env: {PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C'},
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: 10_000,
  });
  return {code: status ?? undefined, output: `${stdout ?? ''}${stderr ?? ''}`};
}
