import {constants} from 'node:fs';
import {open, readlink, realpath} from 'node:fs/promises';
import type {FileHandle} from 'node:fs/promises';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {pipeline} from 'node:stream/promises';

import type {StaticSpec} from '../core/spec.ts';
import {systemCode} from '../errors.ts';
import {plainAnswer, send} from './answer.ts';
import {partOf} from './conditional.ts';
import {mediaType} from './media-types.ts';
import type {Match} from './match.ts';

/** The place whose files a path below the mount asks for, by the longest path; `undefined`: it is the app's. */
export function placeFor({route, rest}: Pick<Match, 'route' | 'rest'>): StaticSpec | undefined {
  const {statics, passes} = route.front;
  if (statics.length === 0) return undefined;
  const longest = (paths: readonly string[]): number =>
    Math.max(-1, ...paths.filter((path) => isAt(rest, path)).map((path) => path.length));
  const size = longest(statics.map(({path}) => path));
  return size > longest(passes)
    ? statics.find(({path}) => path.length === size && isAt(rest, path))
    : undefined;
}

function isAt(rest: string, path: string): boolean {
  return path === '/' || rest === path || rest.startsWith(`${path}/`);
}

/**
 * The names of a path below a place, decoded; `undefined` for a path that is no file's: with `..`, a hidden name, an
 * encoded slash, a zero byte, or wrong encoding.
 */
export function namesOf(rest: string): readonly string[] | undefined {
  const names: string[] = [];
  for (const segment of rest.split('/')) {
    if (segment === '') continue;
    const name = decoded(segment);
    if (name === undefined || name.startsWith('.') || /[/\\\0]/.test(name)) return undefined;
    names.push(name);
  }
  return names;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** A file that may be sent, open. */
interface Found {
  readonly handle: FileHandle;
  readonly size: number;
  readonly modifiedMs: number;
  readonly etag: string;
  readonly type: string;
}

/**
 * Open a file below a directory.
 *
 * Looked at after it was opened, by what the descriptor is: so no link, and no change of one in between, leads out of the
 * directory or to a hidden file. A pipe is not waited for.
 *
 * @returns `'directory'`, or `undefined` for everything that is not to be seen.
 */
async function find(directory: string, names: readonly string[]): Promise<Found | 'directory' | undefined> {
  const handle = await openQuietly([directory, ...names].join('/'));
  if (handle === undefined) return undefined;
  try {
    const [root, real] = await Promise.all([realpath(directory), readlink(`/proc/self/fd/${handle.fd}`)]);
    const below = real === root ? '' : real.startsWith(`${root}/`) ? real.slice(root.length) : undefined;
    const stat = await handle.stat({bigint: true});
    if (below !== undefined && !below.includes('/.')) {
      if (stat.isFile()) {
        const size = Number(stat.size);
        const etag = `"${size.toString(16)}-${stat.mtimeNs.toString(16)}"`;
        return {handle, size, modifiedMs: Number(stat.mtimeMs), etag, type: mediaType(names.at(-1) ?? '')};
      }
      if (stat.isDirectory()) {
        await handle.close();
        return 'directory';
      }
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
  await handle.close();
  return undefined;
}

async function openQuietly(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    // Absent, not for us, a name that is too long, a socket: all the same to a visitor.
    if (systemCode(error) !== undefined) return undefined;
    throw error;
  }
}

/** What became of a request for a file: answered, or there is no such file. */
export type Served = 'served' | 'missing';

/** Answer with a file of a place, its `index.html`, or the fallback of the place that is the whole app. */
export async function serveStatic(
  request: IncomingMessage,
  response: ServerResponse,
  {rest, route, query}: Match,
  place: StaticSpec,
): Promise<Served> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return 'missing';
  const below = place.path === '/' ? rest : rest.slice(place.path.length);
  const names = namesOf(below);
  if (names === undefined) return 'missing';
  // With its slash, a file is no file to the kernel either.
  const slash = below.endsWith('/') ? [''] : [];
  let found = await find(place.directory, [...names, ...slash]);
  if (found === 'directory') {
    if (!rest.endsWith('/')) {
      const headers = {location: `${route.mount}${rest}/${query}`, 'cache-control': 'no-store'};
      send(request, response, {...plainAnswer(308), headers, body: ''});
      return 'served';
    }
    found = await find(place.directory, [...names, 'index.html']);
  }
  const {fallback} = route.front;
  if (found === undefined && fallback !== undefined && place.path === '/')
    found = await find(place.directory, namesOf(fallback) ?? []);
  if (found === undefined || found === 'directory') return 'missing';
  await sendFile(request, response, found);
  return 'served';
}

async function sendFile(request: IncomingMessage, response: ServerResponse, file: Found): Promise<void> {
  const {handle, size, type, etag, modifiedMs} = file;
  const {headers, method} = request;
  const part = partOf(
    {
      ifNoneMatch: headers['if-none-match'],
      ifModifiedSince: headers['if-modified-since'],
      ifRange: headers['if-range'] as string | undefined,
      range: method === 'GET' ? headers['range'] : undefined,
    },
    file,
  );
  const common = {
    etag,
    'last-modified': new Date(modifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
    // Keep it, and ask whether it is still the same: names of files say nothing about versions.
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  };
  if (part.kind === 'unchanged' || part.kind === 'unsatisfiable') {
    await handle.close();
    const range =
      part.kind === 'unsatisfiable' ? {'content-range': `bytes */${size}`, 'content-length': '0'} : {};
    response.writeHead(part.kind === 'unchanged' ? 304 : 416, {...common, ...range}).end();
    return;
  }
  const [first, last] = part.kind === 'part' ? [part.first, part.last] : [0, size - 1];
  response.writeHead(part.kind === 'part' ? 206 : 200, {
    ...common,
    'content-type': type,
    'content-length': String(last - first + 1),
    ...(part.kind === 'part' ? {'content-range': `bytes ${first}-${last}/${size}`} : {}),
  });
  if (method === 'HEAD' || last < first) {
    await handle.close();
    response.end();
    return;
  }
  try {
    await pipeline(handle.createReadStream({start: first, end: last}), response);
  } catch (error) {
    // The visitor left, or the file became shorter: either way this answer ends here.
    if (systemCode(error) === undefined) throw error;
    response.destroy();
  }
}
