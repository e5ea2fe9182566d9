import {isBelow, isMount, isName, isPlainPath, isUserName} from '../core/names.ts';
import type {PrefixMode, StaticSpec} from '../core/spec.ts';
import {AppsupError} from '../errors.ts';
import {htmlText} from './html-text.ts';
import {describeUpstream, isPort, isSocketPath} from './upstream.ts';
import type {Upstream} from './upstream.ts';
import {isVersion} from './version-number.ts';

/** The forms in which an administrator can be given an app; `htaccess` is for a directory of the user's own. */
export const FRONT_ENDS = ['apache', 'apache-minimal', 'htaccess', 'nginx'] as const;
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
  /**
   * Home directory of the owner: below it, the front end follows a symbolic link only to what is the owner's, too.
   * It is written only as the beginning of a directory that was checked.
   *
   * @defaultValue nginx looks at all of the way to static files, Apache from their own directory on
   */
  readonly home?: string | undefined;
  /** @defaultValue none */
  readonly statics?: readonly StaticSpec[] | undefined;
  /** Below the static directory `/`. @defaultValue none: 404 */
  readonly fallback?: string | undefined;
  /** Paths below the mount that go to the app although `/` is static. @defaultValue none */
  readonly passes?: readonly string[] | undefined;
  /** One line of any characters. @defaultValue `Application NAME is not running.` */
  readonly maintenance?: string | undefined;
  /** @defaultValue false */
  readonly streaming?: boolean | undefined;
  /** Version of an older Apache httpd: `2.4.6`. @defaultValue one that knows everything */
  readonly httpdVersion?: string | undefined;
}

/** A part of the URL space that goes to the app. */
export interface Area {
  /** With a slash at its end it is all below; without, the path itself as well (`/alice_tasks/api`). */
  readonly path: string;
  /** The same as the app sees it. */
  readonly target: string;
}

/** An input whose every value may stand in a configuration file, with what follows from it. */
export interface SnippetValues {
  readonly user: string;
  readonly host: string | undefined;
  readonly app: string;
  readonly mount: string;
  /** The mount with a slash at its end. */
  readonly path: string;
  readonly strip: boolean;
  readonly upstream: Upstream;
  readonly areas: readonly Area[];
  readonly date: string;
  readonly bodyLimitMb: number;
  readonly timeoutS: number;
  readonly home: string | undefined;
  /** Paths with the mount, the longest first; each ends with a slash. */
  readonly statics: readonly StaticSpec[];
  /** With the mount. */
  readonly fallback: string | undefined;
  /** HTML without quotes, `%`, `$` and the like. */
  readonly maintenance: string;
  readonly streaming: boolean;
  readonly httpdVersion: string | undefined;
}

/**
 * Check every value once more, whoever checked it before: the text goes into a file that root's server reads.
 *
 * @throws AppsupError `BAD_NAME`, with the name of the value in the details.
 */
export function checkValues(input: SnippetInput): SnippetValues {
  const {user, host, app, mount, prefix, upstream, date, bodyLimitMb = 100, timeoutS = 300} = input;
  const {home, statics = [], fallback, passes = [], streaming = false, httpdVersion} = input;
  const {maintenance = `Application ${app} is not running.`} = input;
  demand('user', user, isText(user) && isUserName(user));
  demand('host', host, host === undefined || (isText(host) && HOST.test(host)));
  demand('app', app, isText(app) && isName(app));
  demand('prefix', prefix, ['keep', 'strip', 'none'].includes(prefix));
  demand('mount', mount, isText(mount) && ((mount === '' && prefix === 'none') || isMount(mount)));
  demandUpstream(upstream);
  demand('date', date, isText(date) && DATE.test(date));
  demand('bodyLimitMb', bodyLimitMb, isWhole(bodyLimitMb, 1, 1_000_000));
  demand('timeoutS', timeoutS, isWhole(timeoutS, 1, 86_400 * 365));
  demand('statics', statics, Array.isArray(statics));
  for (const each of statics) {
    demand('path', each.path, isText(each.path) && (each.path === '/' || isBelow(each.path)));
    demand('directory', each.directory, isText(each.directory) && isPlainPath(each.directory));
  }
  demand('fallback', fallback, fallback === undefined || (isText(fallback) && isBelow(`/${fallback}`)));
  demand('passes', passes, Array.isArray(passes));
  for (const each of passes) demand('passes', each, isText(each) && isBelow(each));
  demand('maintenance', maintenance, isText(maintenance) && isSentence(maintenance));
  demand('streaming', streaming, typeof streaming === 'boolean');
  demand(
    'httpdVersion',
    httpdVersion,
    httpdVersion === undefined || (isText(httpdVersion) && isVersion(httpdVersion)),
  );
  const strip = prefix === 'strip';
  return {
    ...{user, host, app, mount, strip, upstream, date, bodyLimitMb, timeoutS, home, streaming, httpdVersion},
    path: `${mount}/`,
    areas: areasOf(mount, strip ? '' : mount, statics, passes),
    statics: staticsOf(mount, statics),
    fallback: fallback === undefined ? undefined : `${mount}/${fallback}`,
    maintenance: htmlText(maintenance),
  };
}

/** What of a mount goes to the app: all of it, or, when a directory is served at `/`, what is said. */
function areasOf(
  mount: string,
  seen: string,
  statics: readonly StaticSpec[],
  passes: readonly string[],
): readonly Area[] {
  if (!statics.some(({path}) => path === '/')) return [{path: `${mount}/`, target: `${seen}/`}];
  return passes.map((below) => ({path: mount + below, target: seen + below}));
}

function staticsOf(mount: string, statics: readonly StaticSpec[]): readonly StaticSpec[] {
  return statics
    .map(({path, directory}) => ({path: `${mount}${path === '/' ? '' : path}/`, directory}))
    .toSorted((a, b) => b.path.length - a.path.length);
}

function demandUpstream(upstream: Upstream): void {
  demand('upstream', upstream, typeof upstream === 'object' && upstream !== null);
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

function isSentence(text: string): boolean {
  return text.length > 0 && text.length <= 500 && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text);
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
  path: 'a path of letters, digits and _ . @ + -; of a socket at most 107 of them',
  date: 'write it as 2026-11-20',
  httpdVersion: 'write it as 2.4.6',
};

/** What makes a front end forget lines that were deleted. */
const FORGET: Readonly<Record<FrontEnd, string>> = {
  apache: ' and reload Apache',
  'apache-minimal': ' and reload Apache',
  htaccess: '',
  nginx: ' and reload nginx',
};

/**
 * The marked block around a snippet: whose it is, what it does, and how to be rid of it.
 *
 * Marks are comments, so tools that edit the file (certbot) leave them where they are.
 *
 * ```
 * # >>> appsup alice flasktasks (2026-11-20) >>>
 * ...
 * # <<< appsup alice flasktasks <<<
 * ```
 */
export function frame(values: SnippetValues, front: FrontEnd, lines: readonly string[]): string {
  const {user, host, app, areas, upstream, date} = values;
  const passed = areas.map(({path}) => path).join(' and ');
  const what =
    passed === ''
      ? `Serves the files of ${values.path}`
      : `Passes ${passed} to ${describeUpstream(upstream)}`;
  return [
    `# >>> appsup ${user} ${app} (${date}) >>>`,
    `# ${what}: app ${app} of user ${user}${host === undefined ? '' : ` on ${host}`}.`,
    `# To remove it, delete the lines from >>> to <<<${FORGET[front]}.`,
    ...lines,
    `# <<< appsup ${user} ${app} <<<`,
    '',
  ].join('\n');
}
