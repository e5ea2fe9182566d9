import {closeSync, constants, lstatSync, openSync, rmSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';
import {loginOf} from '../system/proc-net.ts';

/**
 * What a claim came to. `taken`: another account has it; `unusable`: the directory cannot be used, and why.
 */
export type Claim =
  | {readonly id: 'ours'}
  | {readonly id: 'taken'; readonly uid: number}
  | {readonly id: 'unusable'; readonly why: string};

/**
 * Claim a port across the accounts of a host: one empty file named after the port, in a directory that all may write.
 *
 * `O_EXCL` lets one win; the kernel says whose it is, so nothing in it has to be believed. No lock: nobody could
 * clear another user's stale one in a sticky directory. The claim of an account that is gone holds nobody back.
 */
export function claimPort(directory: string, port: number): Claim {
  const unsafe = whyUnsafe(directory);
  if (unsafe !== undefined) return {id: 'unusable', why: unsafe};
  try {
    closeSync(
      openSync(fileOf(directory, port), constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644),
    );
    return {id: 'ours'};
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') return {id: 'unusable', why: reasonOf(directory, error)};
  }
  const uid = claimant(directory, port);
  // Gone between the two looks: whoever had it has just let go of it.
  return uid === undefined || holdsNobodyBack(uid) ? {id: 'ours'} : {id: 'taken', uid};
}

/** Let go of a port, if the claim is ours. */
export function dropClaim(directory: string, port: number): void {
  if (claimant(directory, port) === process.getuid?.()) rmSync(fileOf(directory, port), {force: true});
}

function holdsNobodyBack(uid: number): boolean {
  return uid === process.getuid?.() || loginOf(uid) === undefined;
}

function claimant(directory: string, port: number): number | undefined {
  try {
    return lstatSync(fileOf(directory, port)).uid;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Without the sticky bit everybody may remove everybody's claims. */
function whyUnsafe(directory: string): string | undefined {
  try {
    const {mode} = lstatSync(directory);
    if ((mode & constants.S_IFMT) !== constants.S_IFDIR) return `${directory} is not a directory`;
    if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0)
      return `${directory} lacks the sticky bit (chmod 1777)`;
    return undefined;
  } catch (error) {
    return reasonOf(directory, error);
  }
}

function reasonOf(directory: string, error: unknown): string {
  const code = systemCode(error);
  if (code === undefined) throw error;
  if (code === 'ENOENT') return `there is no ${directory}`;
  return code === 'EACCES' || code === 'EROFS' ? `${directory} is not writable` : `${directory}: ${code}`;
}

function fileOf(directory: string, port: number): string {
  return path.join(directory, String(port));
}
