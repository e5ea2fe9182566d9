import {isAppsupError} from '../errors.ts';
import {apacheSnippet} from '../frontend/apache.ts';
import {nginxSnippet} from '../frontend/nginx.ts';
import {parseRequest} from '../frontend/request.ts';
import type {PublishedRequest} from '../frontend/request.ts';

export const SERVERS = ['apache', 'nginx'] as const;
/** Whose configuration the file is a part of. */
export type ServerKind = (typeof SERVERS)[number];

/** An app's lines, or why there can be none. */
export type Block = {readonly request: PublishedRequest} & (
  | {readonly ok: true; readonly text: string}
  | {readonly ok: false; readonly problem: string}
);

export interface BlockOptions {
  readonly server: ServerKind;
  /** Of the request's user. */
  readonly home: string | undefined;
  /** Of the Apache of this host. */
  readonly httpdVersion: string | undefined;
}

/** The lines of one request, made from its values by the writer of the snippets. */
export function blockOf(request: PublishedRequest, {server, home, httpdVersion}: BlockOptions): Block {
  if (request.front === 'htaccess')
    return {request, ok: false, problem: 'it is for a .htaccess file of their own'};
  try {
    const write = server === 'nginx' ? nginxSnippet : apacheSnippet;
    return {request, ok: true, text: write({...request, home, httpdVersion})};
  } catch (error) {
    if (isAppsupError(error)) return {request, ok: false, problem: error.message};
    throw error;
  }
}

/** The whole file: an index of what is in it, a marked block for each, and the requests themselves for the next run. */
export function includeFile(blocks: readonly Extract<Block, {ok: true}>[], host: string): string {
  return [
    `# What the users of ${host} ask for, taken by "appsup admin collect".`,
    '# The next run writes it anew: do not edit it. User, app, mount and date of each:',
    '#',
    ...blocks.map(({request: {user, app, mount, date}}) => `#   ${user} ${app} ${mount} ${date}`),
    '',
    ...blocks.map(({text}) => text),
    '# The requests, for the next run: of two who ask for the same, who is here stays.',
    ...blocks.map(({request}) => `# ${JSON.stringify({...request, text: undefined})}`),
    '',
  ].join('\n');
}

/** The requests of a file that {@link includeFile} wrote. */
export function requestsOf(text: string): readonly PublishedRequest[] {
  return [...text.matchAll(/^# (\{"version":.+\})$/gm)].flatMap(([, line = '']) => {
    const parsed = parseRequest(line);
    return parsed.ok ? [parsed.request] : [];
  });
}

/** Whose block a line of the file belongs to; from 1. */
export function blockAt(
  blocks: readonly Extract<Block, {ok: true}>[],
  text: string,
  line: number,
): Block | undefined {
  const before = text.split('\n').slice(0, line).join('\n');
  return blocks.findLast(({text: own}) => before.includes(own.slice(0, own.indexOf('\n'))));
}
