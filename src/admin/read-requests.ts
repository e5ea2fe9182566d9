import {closeSync, existsSync, fstatSync, opendirSync, readSync} from 'node:fs';
import path from 'node:path';

import {isName} from '../core/names.ts';
import {parseRequest, REQUEST_LIMITS} from '../frontend/request.ts';
import type {PublishedRequest} from '../frontend/request.ts';
import {demand, openBelow, openFile, statIn, Unreachable, Unsafe} from './below-home.ts';
import type {Owner} from './below-home.ts';

/** Whose requests are to be read. */
export interface ReadOrder extends Owner {
  /** Absolute. */
  readonly home: string;
  /** Requests lie below a directory of the host's name, since homes may be shared. */
  readonly host: string;
}

/** What lies in one account's directory of requests. */
export interface Reading {
  /** Why nothing was read at all: a clause about what the user has done. */
  readonly problem?: string;
  /** Why nothing could be read for now; what was taken before stays. */
  readonly unreachable?: string;
  readonly files: readonly FoundFile[];
}

/** A file with its bytes in base64, or why it was not read. */
export type FoundFile = {
  /** `flasktasks.json`. */
  readonly name: string;
} & ({readonly text: string; readonly places: readonly string[]} | {readonly problem: string});

/** Nobody hosts that many apps; who makes a million files wants to keep us busy. */
const MAX_FILES = 100;

/** Below the home: where appsup keeps its state unless the user's environment says otherwise. */
export function requestsBelow(host: string): readonly string[] {
  return ['.local', 'state', 'appsup', host, 'requests'];
}

/**
 * Read what an account has published. It is done with that account's rights (see reader.ts), so that nothing can be read for a
 * user that the user could not read; and with care all the same.
 *
 * `places`: what is wrong with the directories and sockets that a request names, each a clause.
 */
export function readRequests(order: ReadOrder): Reading {
  try {
    const directory = openBelow(order.home, requestsBelow(order.host), order);
    if (directory === undefined)
      return existsSync(order.home) ? {files: []} : {unreachable: NO_HOME, files: []};
    try {
      return {files: namesIn(directory).map((name) => readOne(directory, name, order))};
    } finally {
      closeSync(directory);
    }
  } catch (error) {
    if (error instanceof Unsafe) return {problem: error.message, files: []};
    if (error instanceof Unreachable) return {unreachable: error.message, files: []};
    throw error;
  }
}

/** Of most accounts of a directory service nobody has ever logged in here. */
export const NO_HOME = 'there is no home directory';

function namesIn(directory: number): readonly string[] {
  const names: string[] = [];
  const entries = opendirSync(`/proc/self/fd/${directory}`);
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      names.push(entry.name);
      if (names.length > MAX_FILES) throw new Unsafe(`there are more than ${MAX_FILES} files: none is read`);
    }
  } finally {
    entries.closeSync();
  }
  // What is being written has another ending.
  return names.filter((name) => name.endsWith('.json') && !name.startsWith('.')).sort();
}

function readOne(directory: number, name: string, order: ReadOrder): FoundFile {
  try {
    if (!isName(name.slice(0, -'.json'.length))) throw new Unsafe('its name is not that of an app');
    const bytes = contentOf(directory, name, order);
    const parsed = parseRequest(bytes);
    return {
      name,
      text: bytes.toString('base64'),
      places: parsed.ok ? placesOf(parsed.request, order) : [],
    };
  } catch (error) {
    if (error instanceof Unsafe || error instanceof Unreachable) return {name, problem: error.message};
    throw error;
  }
}

function contentOf(directory: number, name: string, owner: Owner): Buffer {
  const fd = openFile(directory, name);
  if (fd === undefined) throw new Unsafe('it went away');
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Unsafe('it is no regular file');
    demand('it', stat, owner);
    // A second name may be one that somebody else chose: hard links to other users' files can be made.
    if (stat.nlink !== 1) throw new Unsafe(`it has ${stat.nlink} names (hard links)`);
    const most = REQUEST_LIMITS.bytes;
    if (stat.size > most) throw new Unsafe(`it has ${stat.size} bytes, at most ${most} are read`);
    const buffer = Buffer.alloc(most + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got)
      got = readSync(fd, buffer, length, buffer.length - length, null);
    return buffer.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

function placesOf({upstream, statics}: PublishedRequest, order: ReadOrder): readonly string[] {
  const problems = statics.map(({directory}) => placeProblem(directory, order, 'directory'));
  if (upstream.kind === 'unix') problems.push(socketProblem(upstream.path, order));
  return problems.filter((problem) => problem !== undefined);
}

/** Sockets for front ends have one directory; the user's others, and those of other people, are not for visitors. */
function socketProblem(socket: string, order: ReadOrder): string | undefined {
  const directory = ['~', ...requestsBelow(order.host).slice(0, -1), 'front'].join('/');
  return path.dirname(socket) === directory.replace('~', order.home)
    ? placeProblem(socket, order, 'socket')
    : `${socket} is not in ${directory}`;
}

/**
 * Why a web server may not be sent to this place: not below the home, or by way of something that is not the user's own.
 *
 * What is not there yet may come: a build makes its directory anew, a stopped app has no socket.
 */
function placeProblem(place: string, order: ReadOrder, kind: 'directory' | 'socket'): string | undefined {
  const names = path.relative(order.home, place).split('/');
  if (names[0] === '..' || names[0] === '' || path.isAbsolute(names[0] ?? ''))
    return `${place} is not below ${order.home}`;
  try {
    const last = kind === 'socket' ? names.pop() : undefined;
    const directory = openBelow(order.home, names, order);
    if (directory === undefined) return undefined;
    try {
      const stat = last === undefined ? undefined : statIn(directory, last);
      if (stat !== undefined && (!stat.isSocket() || stat.uid !== order.uid))
        return `${place} is no socket of the user's own`;
      return undefined;
    } finally {
      closeSync(directory);
    }
  } catch (error) {
    if (error instanceof Unsafe || error instanceof Unreachable) return error.message;
    throw error;
  }
}
