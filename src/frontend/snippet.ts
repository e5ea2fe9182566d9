import {isMount, isName, isUserName} from '../core/names.ts';
import type {PrefixMode} from '../core/spec.ts';
import {AppsupError} from '../errors.ts';
import {describeUpstream, isPort, isSocketPath} from './upstream.ts';
import type {Upstream} from './upstream.ts';

/** The forms in which an administrator can be given an app. */
export const FRONT_ENDS = ['apache', 'apache-minimal', 'nginx'] as const;
export type FrontEnd = (typeof FRONT_ENDS)[number];

/** What a front end has to know of an app. */
export interface SnippetInput {
  /** Login name of the owner. */
  readonly user: string;
  /** Name of the host that runs the app; only told to the reader. */
  readonly host?: string | undefined;
  readonly app: string;
  /** `/alice_tasks`; `''` is the root of the site, with prefix mode `none` only. */
  readonly mount: string;
  readonly prefix: PrefixMode;
  readonly upstream: Upstream;
  /** `2026-11-20`: the reader's calendar day. */
  readonly date: string;
  /** Largest request body in MB (nginx only; Apache passes any size to a proxied app). @defaultValue 100 */
  readonly bodyLimitMb?: number | undefined;
  /** Seconds until the front end gives up on an answer. @defaultValue 300 */
  readonly timeoutS?: number | undefined;
}

/** An input whose every value may stand in a configuration file, with what follows from it. */
export interface SnippetValues {
  readonly user: string;
  readonly host: string | undefined;
  readonly app: string;
  readonly mount: string;
  /** The part of the URL space that is passed on: the mount with a slash at its end. */
  readonly path: string;
  /** The path under which the app is asked: `/` when the front end removes the mount, else as {@link path}. */
  readonly target: string;
  readonly strip: boolean;
  readonly upstream: Upstream;
  readonly date: string;
  readonly bodyLimitMb: number;
  readonly timeoutS: number;
}

/**
 * Check every value once more, whoever checked it before: the text goes into a file that root's server reads.
 *
 * @throws AppsupError `BAD_NAME`, with the name of the value in the details.
 */
export function checkValues(input: SnippetInput): SnippetValues {
  const {user, host, app, mount, prefix, upstream, date, bodyLimitMb = 100, timeoutS = 300} = input;
  const path = `${mount}/`;
  demand('user', user, isText(user) && isUserName(user));
  demand('host', host, host === undefined || (isText(host) && HOST.test(host)));
  demand('app', app, isText(app) && isName(app));
  demand('prefix', prefix, ['keep', 'strip', 'none'].includes(prefix));
  demand('mount', mount, isText(mount) && ((mount === '' && prefix === 'none') || isMount(mount)));
  demandUpstream(upstream);
  demand('date', date, isText(date) && DATE.test(date));
  demand('bodyLimitMb', bodyLimitMb, isWhole(bodyLimitMb, 1, 1_000_000));
  demand('timeoutS', timeoutS, isWhole(timeoutS, 1, 86_400));
  const strip = prefix === 'strip';
  return {
    user,
    host,
    app,
    mount,
    path,
    target: strip ? '/' : path,
    strip,
    upstream,
    date,
    bodyLimitMb,
    timeoutS,
  };
}

function demandUpstream(upstream: Upstream): void {
  demand('protocol', upstream.protocol, ['http', 'uwsgi'].includes(upstream.protocol));
  demand('kind', upstream.kind, ['tcp', 'unix'].includes(upstream.kind));
  if (upstream.kind === 'tcp') demand('port', upstream.port, isPort(upstream.port));
  else demand('path', upstream.path, isSocketPath(upstream.path));
}

const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;

/** A caller that is not TypeScript's may hand in anything, and a RegExp would take `['a']` for `a`. */
function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function demand(name: string, value: unknown, holds: boolean): void {
  if (holds) return;
  throw new AppsupError(
    'BAD_NAME',
    `Cannot write a snippet: ${name} may not be ${JSON.stringify(value) ?? 'missing'}`,
    {
      hint: HINTS[name] ?? 'see appsup show',
      details: {value: name},
    },
  );
}

const HINTS: Readonly<Record<string, string>> = {
  user: 'login names have letters, digits, _, . and -',
  host: 'host names have letters, digits, . and -',
  app: 'a name has letters, digits, - and _, and begins with a letter or digit',
  mount: 'a mount is like /alice_tasks: segments of letters, digits, - and _, no slash at the end',
  port: 'ports are from 1024 to 65535',
  path: 'a path of letters, digits and _ . @ + -, at most 107 of them',
  date: 'write it as 2026-11-20',
};

/**
 * The marked block around a snippet: whose it is, what it does, and how to be rid of it.
 *
 * ```
 * # >>> appsup alice flasktasks (2026-11-20) >>>
 * ...
 * # <<< appsup alice flasktasks <<<
 * ```
 */
export function frame(values: SnippetValues, server: 'Apache' | 'nginx', lines: readonly string[]): string {
  const {user, host, app, path, upstream, date} = values;
  return [
    `# >>> appsup ${user} ${app} (${date}) >>>`,
    `# Passes ${path} to ${describeUpstream(upstream)}: app ${app} of user ${user}${host === undefined ? '' : ` on ${host}`}.`,
    `# To remove it, delete the lines from >>> to <<< and reload ${server}.`,
    ...lines,
    `# <<< appsup ${user} ${app} <<<`,
    '',
  ].join('\n');
}
