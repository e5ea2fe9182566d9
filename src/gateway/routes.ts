import {isMount, isName} from '../core/names.ts';
import {isGateway, isServed, protocolOf} from '../core/spec.ts';
import type {AppSpec, FrontSpec, PrefixMode} from '../core/spec.ts';

/** Where an app listens. */
export type Upstream =
  | {readonly kind: 'tcp'; readonly port: number}
  /** Absolute. */
  | {readonly kind: 'unix'; readonly path: string};

/** One app as the gateway has to know it. */
export interface Route {
  readonly app: string;
  /** `''` is the root of the host. */
  readonly mount: string;
  readonly prefix: PrefixMode;
  readonly upstream: Upstream;
  readonly front: Omit<FrontSpec, 'streaming'>;
}

/** An app as it is served now. */
export interface Served {
  readonly app: AppSpec;
  readonly upstream: Upstream;
}

/** The route of an app; `undefined` for one that serves nothing, speaks another protocol than HTTP, or is a gateway by itself. */
export function routeOf({app, upstream}: Served): Route | undefined {
  if (!isServed(app) || isGateway(app) || protocolOf(app) === 'uwsgi') return undefined;
  const {streaming: _, ...front} = app.front;
  return {app: app.name, mount: app.mount, prefix: app.prefix, upstream, front};
}

/** The text of a route table: what the supervisor writes and the gateway watches. */
export function serializeRoutes(routes: readonly Route[]): string {
  return `${JSON.stringify({version: 1, routes}, undefined, 1)}\n`;
}

/** A route table, or why the text is none: then the last good one counts. */
export type ReadRoutes =
  | {readonly ok: true; readonly routes: readonly Route[]}
  | {readonly ok: false; readonly problem: string};

/** Read a route table. Only our own supervisor writes it; a half-written or foreign one must not take the apps away. */
export function parseRoutes(text: string): ReadRoutes {
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value) || value['version'] !== 1 || !Array.isArray(value['routes']))
      return {ok: false, problem: 'it is no route table of this version'};
    return {ok: true, routes: value['routes'].map((each, at) => checkedRoute(each, at))};
  } catch (error) {
    if (error instanceof SyntaxError) return {ok: false, problem: 'it is no JSON'};
    if (error instanceof BadRoute) return {ok: false, problem: error.message};
    throw error;
  }
}

class BadRoute extends Error {}

function checkedRoute(value: unknown, at: number): Route {
  if (!isRecord(value)) throw new BadRoute(`route ${at} is no object`);
  const {app, mount, prefix, upstream, front} = value;
  const demand = (name: string, holds: boolean): void => {
    if (!holds) throw new BadRoute(`route ${at} has a bad ${name}`);
  };
  demand('app', typeof app === 'string' && isName(app));
  demand('mount', typeof mount === 'string' && (mount === '' || isMount(mount)));
  demand('prefix', prefix === 'keep' || prefix === 'strip' || prefix === 'none');
  demand('upstream', isUpstream(upstream));
  if (!isRecord(front)) throw new BadRoute(`route ${at} has no front`);
  const {bodyLimitBytes, timeoutMs, statics, passes, fallback, maintenance} = front;
  demand('bodyLimitBytes', isWhole(bodyLimitBytes, 0, Number.MAX_SAFE_INTEGER));
  demand('timeoutMs', isWhole(timeoutMs, 1, 2 ** 31 - 1));
  demand('statics', Array.isArray(statics) && statics.every(isStatic));
  demand('passes', Array.isArray(passes) && passes.every(isAbsolute));
  demand('fallback', fallback === undefined || typeof fallback === 'string');
  demand('maintenance', maintenance === undefined || typeof maintenance === 'string');
  const known = {bodyLimitBytes, timeoutMs, statics, passes, fallback, maintenance};
  // Each of them was looked at.
  return {app, mount, prefix, upstream, front: known} as Route;
}

function isUpstream(value: unknown): boolean {
  if (!isRecord(value)) return false;
  if (value['kind'] === 'tcp') return isWhole(value['port'], 1, 65_535);
  return value['kind'] === 'unix' && isAbsolute(value['path']);
}

function isStatic(value: unknown): boolean {
  return isRecord(value) && isAbsolute(value['path']) && isAbsolute(value['directory']);
}

function isAbsolute(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('/') && !value.includes('\0');
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
