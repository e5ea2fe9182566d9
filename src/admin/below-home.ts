import {closeSync, constants, fstatSync, lstatSync, openSync} from 'node:fs';
import type {Stats} from 'node:fs';

import {systemCode} from '../errors.ts';

/** Whose home it is; everything on the way has to be this account's. */
export interface Owner {
  readonly uid: number;
  /** Of the primary group: what a private group of the same number may write is still one person's. */
  readonly gid: number;
}

/** Something on the way is not as it has to be: a clause such as `~/.local is a symbolic link`. */
export class Unsafe extends Error {}

/** It could not be looked at, which says nothing against it: a home that is not mounted, or for which one needs a ticket. */
export class Unreachable extends Error {}

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK;
/** Neither a link nor a pipe nor a terminal can lead us elsewhere or hold us up. */
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * A directory below a home, opened one name at a time, so that no symbolic link is followed and nobody can swap one in between.
 *
 * Node has no openat(2): `/proc/self/fd/N/name` is the same question to the kernel. The path to the home itself is root's word.
 *
 * @returns a descriptor, for the caller to close; `undefined` when there is no such directory
 * @throws Unsafe, Unreachable
 */
export function openBelow(home: string, names: readonly string[], owner: Owner): number | undefined {
  let fd = opened('~', () => openSync(home, DIRECTORY));
  for (let depth = 0; fd !== undefined; depth++) {
    const at = fd;
    const place = ['~', ...names.slice(0, depth)].join('/');
    try {
      demand(place, fstatSync(at), owner);
      const name = names[depth];
      if (name === undefined) return at;
      fd = opened(`${place}/${name}`, () => openSync(child(at, name), DIRECTORY | constants.O_NOFOLLOW));
    } catch (error) {
      closeSync(at);
      throw error;
    }
    closeSync(at);
  }
  return undefined;
}

/** Open a file of an open directory. @throws Unsafe, Unreachable */
export function openFile(directory: number, name: string): number | undefined {
  return opened(name, () => openSync(child(directory, name), FILE));
}

/** What a name of an open directory stands for; `undefined`: nothing. */
export function statIn(directory: number, name: string): Stats | undefined {
  return lstatSync(child(directory, name), {throwIfNoEntry: false});
}

/** @throws Unsafe when it is somebody else's, or others can write it */
export function demand(name: string, {uid, gid, mode}: Stats, owner: Owner): void {
  if (uid !== owner.uid) throw new Unsafe(`${name} belongs to uid ${uid}`);
  // Red Hat's default umask is 002, since every user there has a group of the same number.
  const privateGroup = gid === owner.gid && owner.gid === owner.uid;
  if ((mode & (privateGroup ? 0o002 : 0o022)) !== 0) throw new Unsafe(`others can write ${name}`);
}

function child(directory: number, name: string): string {
  return `/proc/self/fd/${directory}/${name}`;
}

function opened(name: string, open: () => number): number | undefined {
  try {
    return open();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw new Unsafe(`${name} is a symbolic link`);
    if (code === 'ENOTDIR') throw new Unsafe(`${name} is a symbolic link or no directory`);
    if (code === 'ENXIO') throw new Unsafe(`${name} is no regular file`);
    throw new Unreachable(`${name} cannot be opened${code === 'EACCES' ? ' by its owner' : ''} (${code})`);
  }
}
