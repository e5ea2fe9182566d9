import {isAppsupError} from '../errors.ts';
import {apacheSnippet} from '../frontend/apache.ts';
import {nginxSnippet} from '../frontend/nginx.ts';
import type {PublishedRequest} from '../frontend/request.ts';
import type {Entry} from './judge.ts';

export const SERVERS = ['apache', 'nginx'] as const;
/** Whose configuration the file is a part of. */
export type ServerKind = (typeof SERVERS)[number];

/** An app's lines, or why there can be none. */
export type Block = {readonly request: PublishedRequest} & (
  | {readonly ok: true; readonly text: string}
  | {readonly ok: false; readonly problem: string}
);

/** The lines of one request, made from its values by the writer of the snippets. */
export function blockOf(request: PublishedRequest, server: ServerKind): Block {
  const {statics, text: _, ...input} = request;
  if (statics.length > 0) return {request, ok: false, problem: 'static files are not collected yet'};
  try {
    const write = server === 'nginx' ? nginxSnippet : apacheSnippet;
    return {request, ok: true, text: write(input)};
  } catch (error) {
    if (isAppsupError(error)) return {request, ok: false, problem: error.message};
    throw error;
  }
}

const BLOCKS = '# The apps:';

/** The whole file: an index of what is in it, and a marked block for each. */
export function includeFile(blocks: readonly Extract<Block, {ok: true}>[], host: string): string {
  return [
    `# What the users of ${host} ask for, taken by "appsup admin collect".`,
    '# The next run writes it anew: do not edit it. User, app, mount and date of each:',
    '#',
    ...blocks.map(({request: {user, app, mount, date}}) => `#   ${user} ${app} ${mount} ${date}`),
    '#',
    BLOCKS,
    '',
    ...blocks.map(({text}) => text),
  ].join('\n');
}

/** The index of a file that {@link includeFile} wrote. */
export function entriesOf(text: string): readonly Entry[] {
  const [index = ''] = text.split(`\n${BLOCKS}\n`);
  return [...index.matchAll(/^# {3}(\S+) (\S+) (\/\S+) \d{4}-\d\d-\d\d$/gm)].map(
    ([, user = '', app = '', mount = '']) => ({user, app, mount}),
  );
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
