import {closeSync, constants, fstatSync, openSync, readSync} from 'node:fs';
import type {Stats} from 'node:fs';

import {systemCode} from '../errors.ts';

/** Config files are some lines long; what is longer is something else. */
const MAX_BYTES = 256 * 1024;

/** A file's text, or why it is not read: a clause that follows "Cannot read the file". */
export type FileText =
  | {
      readonly ok: true;
      readonly text: string;
      /** When it was last written; milliseconds since 1970. */
      readonly changedMs: number;
    }
  | {
      readonly ok: false;
      /** True when there is no such file. */
      readonly absent: boolean;
      readonly problem: string;
      readonly hint: string | undefined;
      /** What could be decoded, to show the place; else empty. */
      readonly text: string;
      /** UTF-16 index of the first byte that is no UTF-8. */
      readonly index: number;
    };

export interface Trust {
  /** Owners whose word counts. */
  readonly uids: readonly number[];
  /** Group of the reader: a file that this group may write is fine if it is the reader's private group. */
  readonly gid: number;
}

/** Ourselves; and root, who could do anything anyway. */
export function ownTrust(): Trust {
  return {uids: [process.getuid?.() ?? 0, 0], gid: process.getgid?.() ?? 0};
}

/**
 * Read a text that decides what is run: a regular file, not a link, of somebody trusted, writable by nobody else, short, UTF-8.
 *
 * The checks are made on the open descriptor, so nobody can swap the file between check and use.
 */
export function readTrusted(file: string, trust: Trust): FileText {
  let fd: number;
  try {
    // O_NONBLOCK: a named pipe in the directory must not hold us up.
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return unopened(error);
  }
  try {
    const stat = fstatSync(fd);
    const refused = refusal(file, stat, trust);
    if (refused !== undefined) return refused;
    return decode(readUpTo(fd, MAX_BYTES + 1), stat.mtimeMs);
  } catch (error) {
    return refuse(systemCode(error) ?? String(error), undefined);
  } finally {
    closeSync(fd);
  }
}

function refuse(
  problem: string,
  hint: string | undefined,
  more: {absent?: boolean; text?: string; index?: number} = {},
): FileText {
  return {ok: false, absent: false, text: '', index: 0, ...more, problem, hint};
}

function unopened(error: unknown): FileText {
  const code = systemCode(error);
  if (code === 'ENOENT') return refuse('there is none', undefined, {absent: true});
  if (code === 'ELOOP') return refuse('it is a symbolic link', 'put the file itself there');
  if (code === 'EACCES') return refuse('permission denied', 'chmod u+r it');
  return refuse(code ?? String(error), undefined);
}

function refusal(file: string, stat: Stats, {uids, gid}: Trust): FileText | undefined {
  if (stat.isDirectory()) return refuse('it is a directory', 'move it away');
  if (!stat.isFile()) return refuse('it is no regular file', 'move it away');
  if (!uids.includes(stat.uid)) return refuse(`it belongs to uid ${stat.uid}`, 'copy it: the copy is yours');
  // Red Hat's default umask is 002, since every user there has a group of the same number.
  const privateGroup = stat.gid === gid && gid === stat.uid;
  const foreign = stat.mode & (privateGroup ? 0o002 : 0o022);
  if (foreign !== 0) return refuse('other users can write it', `chmod go-w ${file}`);
  if (stat.size > MAX_BYTES)
    return refuse(`it has ${stat.size} bytes: at most ${MAX_BYTES} are read`, undefined);
  return undefined;
}

function readUpTo(fd: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  let length = 0;
  for (let got = -1; got !== 0 && length < bytes; length += got)
    got = readSync(fd, buffer, length, bytes - length, null);
  return buffer.subarray(0, length);
}

function decode(bytes: Buffer, changedMs: number): FileText {
  if (bytes.length > MAX_BYTES) return refuse(`at most ${MAX_BYTES} bytes are read`, undefined);
  try {
    return {ok: true, text: new TextDecoder('utf-8', {fatal: true}).decode(bytes), changedMs};
  } catch {
    // The only error there is: not UTF-8. Shown with replacement characters, the first of which is the place.
    const text = bytes.toString('utf8');
    return refuse('it is not UTF-8', 'save it as UTF-8', {text, index: Math.max(0, text.indexOf('\uFFFD'))});
  }
}
