import path from 'node:path';

import {ensurePrivateDirectory, readIfReadable, writeAtomically} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';
import {parseRequest, serializeRequest} from './request.ts';
import type {PublishedRequest} from './request.ts';

type Place = Pick<Paths, 'requests'>;

/** Keep what was asked of the administrators, in place of what was asked before. @throws AppsupError `DISK` */
export function keepRequest(paths: Place, request: PublishedRequest): void {
  ensurePrivateDirectory(paths.requests);
  writeAtomically(fileOf(paths, request.app), serializeRequest(request));
}

/** What was asked last; `undefined` when nothing was, or when the file is damaged: then it is asked again. */
export function keptRequest(paths: Place, app: string): PublishedRequest | undefined {
  const text = readIfReadable(fileOf(paths, app));
  const parsed = text === undefined ? undefined : parseRequest(text);
  return parsed?.ok === true ? parsed.request : undefined;
}

/** What of a request an app's own settings decide. */
export type Wanted = Pick<
  PublishedRequest,
  | 'mount'
  | 'prefix'
  | 'upstream'
  | 'statics'
  | 'fallback'
  | 'passes'
  | 'bodyLimitMb'
  | 'timeoutS'
  | 'maintenance'
  | 'streaming'
>;

/**
 * What has changed since a request was written, so that the administrators' lines are out of date: `port 20140 -> 20141`.
 *
 * Pure. `undefined`: they still hold.
 */
export function changesSince(request: PublishedRequest, wanted: Wanted): string | undefined {
  const changes = [
    change('mount', request.mount || '/', wanted.mount || '/'),
    change('prefix', request.prefix, wanted.prefix),
    change('protocol', request.upstream.protocol, wanted.upstream.protocol),
    ...target(request.upstream, wanted.upstream),
    change('static files', staticsText(request), staticsText(wanted)),
    change('page instead of a missing file', request.fallback ?? 'none', wanted.fallback ?? 'none'),
    change('paths to the app', passesText(request), passesText(wanted)),
    change('largest body', `${request.bodyLimitMb} MB`, `${wanted.bodyLimitMb} MB`),
    change('timeout', `${request.timeoutS} s`, `${wanted.timeoutS} s`),
    change('maintenance text', request.maintenance ?? 'none', wanted.maintenance ?? 'none'),
    change('streaming', String(request.streaming ?? false), String(wanted.streaming ?? false)),
  ].filter((text) => text !== undefined);
  return changes.length === 0 ? undefined : changes.join(', ');
}

function change(what: string, before: string, now: string): string | undefined {
  return before === now ? undefined : `${what} ${before} -> ${now}`;
}

function target(before: Wanted['upstream'], now: Wanted['upstream']): readonly (string | undefined)[] {
  if (before.kind === 'tcp' && now.kind === 'tcp')
    return [change('port', String(before.port), String(now.port))];
  return [change('address', addressText(before), addressText(now))];
}

function addressText(upstream: Wanted['upstream']): string {
  return upstream.kind === 'tcp' ? `port ${upstream.port}` : `socket ${upstream.path}`;
}

function staticsText({statics}: Pick<Wanted, 'statics'>): string {
  return statics.map(({path: below, directory}) => `${below} = ${directory}`).join(' ') || 'none';
}

function passesText({passes = []}: Pick<Wanted, 'passes'>): string {
  return passes.join(' ') || 'all';
}

function fileOf({requests}: Place, app: string): string {
  return path.join(requests, `${app}.json`);
}
