import type {Route} from './routes.ts';

/** Routes by their mounts. */
export type RouteTable = ReadonlyMap<string, Route>;

/** The app that a path belongs to. */
export interface Match {
  readonly route: Route;
  /** What follows the mount, as it came: `/a%2Fb`; `''` when the mount was asked for without its slash. */
  readonly rest: string;
  /** `?a=1`, or `''`. */
  readonly query: string;
}

/** The routes that a gateway serves: what is mounted below its own mount. With `''` it has the whole host. */
export function tableFor(routes: readonly Route[], gatewayMount: string): RouteTable {
  const below = routes.filter(({mount}) => gatewayMount === '' || mount.startsWith(`${gatewayMount}/`));
  return new Map(below.map((route) => [route.mount, route]));
}

/** Segments of the longest mount: `isMount` takes no more. */
const DEEPEST = 8;

/**
 * The app of a request target, by the longest mount; whole segments only, so that `/alice/foo` has nothing of `/alice/foobar`.
 *
 * Dots and doubled slashes are no part of any mount, so they are not resolved: `/alice/foo/../bar/` is foo's, and foo sees
 * it as it came. Letters of a mount may come percent-encoded (`/%7Ealice/`), as browsers do with `~`.
 */
export function match(table: RouteTable, target: string): Match | undefined {
  const question = target.indexOf('?');
  const end = question === -1 ? target.length : question;
  let found = table.get('');
  let length = 0;
  let prefix = '';
  for (let start = 0, depth = 0; start < end && depth < DEEPEST; depth++) {
    const slash = target.indexOf('/', start + 1);
    const stop = slash === -1 || slash > end ? end : slash;
    prefix += plain(target.slice(start, stop));
    const route = table.get(prefix);
    if (route !== undefined) [found, length] = [route, stop];
    start = stop;
  }
  if (found === undefined) return undefined;
  return {route: found, rest: target.slice(length, end), query: target.slice(end)};
}

/** Unreserved characters mean the same encoded and plain (RFC 3986, 2.3); the others are not touched. */
function plain(segment: string): string {
  if (!segment.includes('%')) return segment;
  return segment.replace(/%([0-9a-f]{2})/gi, (text, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9_~-]/.test(character) ? character : text;
  });
}

/** The target that the app is asked with: below its mount in keep mode, else from its root. */
export function targetFor({route, rest, query}: Match): string {
  return `${route.prefix === 'keep' ? route.mount : ''}${rest}${query}`;
}
