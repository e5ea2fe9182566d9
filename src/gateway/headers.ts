import {isIP} from 'node:net';

import type {Route} from './routes.ts';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request's line and headers, as Node's parser took them: no CL with TE, no folded lines, no blanks before colons. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly headers: Headers;
  readonly rawHeaders: readonly string[];
}

/** A request that is not passed on. */
export interface Refusal {
  readonly status: 400 | 405;
  readonly why: string;
}

const TARGET = /^\/[\x21\x22\x24-\x7e\x80-\xff]*$/;
const HOST = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;
/** These echo what they got, headers included, or make a tunnel. */
const CLOSED_METHODS = new Set(['TRACE', 'TRACK', 'CONNECT']);

/**
 * Why a request is refused although it can be parsed; `undefined`: it is passed on.
 *
 * What two servers could read in two ways is read by nobody: an absolute target (`GET http://other/`), a fragment, two
 * `Host` lines, any transfer coding but chunked, chunks in HTTP/1.0.
 */
export function refusal({method, url, httpVersion, headers, rawHeaders}: RequestHead): Refusal | undefined {
  if (CLOSED_METHODS.has(method ?? '')) return {status: 405, why: 'method'};
  if (!TARGET.test(url ?? '')) return {status: 400, why: 'target'};
  const {host} = headers;
  if (typeof host === 'string' ? !HOST.test(host) : httpVersion !== '1.0') return {status: 400, why: 'host'};
  if (countOf(rawHeaders, 'host') > 1) return {status: 400, why: 'two hosts'};
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return undefined;
  const readable = httpVersion !== '1.0' && headers['content-length'] === undefined;
  return readable && String(coding).toLowerCase() === 'chunked'
    ? undefined
    : {status: 400, why: 'transfer coding'};
}

function countOf(rawHeaders: readonly string[], wanted: string): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === wanted.length && name.toLowerCase() === wanted) count++;
  }
  return count;
}

/** How much body a request announces. */
export type Body =
  | {readonly kind: 'none'}
  | {readonly kind: 'length'; readonly bytes: number}
  | {readonly kind: 'chunked'};

const NO_BODY: Body = {kind: 'none'};
const CHUNKED: Body = {kind: 'chunked'};

export function bodyOf(headers: Headers): Body {
  if (headers['transfer-encoding'] !== undefined) return CHUNKED;
  const length = headers['content-length'];
  return length === undefined || length === '0' ? NO_BODY : {kind: 'length', bytes: Number(length)};
}

/** Who asks, and under which address: what the front end says of it. */
export interface Visitor {
  readonly address: string;
  readonly proto: 'http' | 'https';
  /** `undefined` only in HTTP/1.0. */
  readonly host: string | undefined;
}

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?$/i;

/**
 * The visitor behind a connection.
 *
 * Only processes of this host can connect to us. One that says `X-Forwarded-For` is taken for the front end, of whose
 * lists the last entry is its own; what stands before it came from outside, and is dropped. (What another local user can
 * gain by that, and how a Unix socket ends it: docs/security.md.)
 *
 * @param peer - Address of the other end; `undefined` on a Unix socket.
 */
export function visitorOf(headers: Headers, peer: string | undefined): Visitor {
  const address = lastOf(headers['x-forwarded-for']);
  const {host} = headers;
  const said = lastOf(headers['x-forwarded-host']);
  // Where the front end could not keep the Host (.htaccess), it is our own address.
  const own = typeof host !== 'string' || LOOPBACK.test(host);
  return {
    address: address !== undefined && isIP(address) !== 0 ? address : (peer ?? '127.0.0.1'),
    proto: lastOf(headers['x-forwarded-proto']) === 'https' ? 'https' : 'http',
    host: own && said !== undefined && HOST.test(said) ? said : typeof host === 'string' ? host : undefined,
  };
}

function lastOf(value: string | readonly string[] | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value : (value.at(-1) ?? '');
  return text.slice(text.lastIndexOf(',') + 1).trim();
}

/** Of this connection alone (RFC 9110, 7.6.1), or answered by us. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** What an app may believe of the one in front of it, and what we therefore say ourselves or not at all. */
const DROPPED = new Set([
  ...HOP_BY_HOP,
  'expect',
  'http2-settings',
  'host',
  'forwarded',
  'proxy',
  'remote-user',
  'x-remote-user',
  'remote-addr',
  'script-name',
  'path-info',
  'client-ip',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-real-ip',
  'x-scheme',
  'x-url-scheme',
  'front-end-https',
  'x-original-url',
  'x-original-host',
  'x-original-method',
  'x-rewrite-url',
  'x-sendfile-type',
  'x-accel-mapping',
]);

/** A client may not have these taken out by naming them in `Connection`. */
const FRAMING = new Set(['host', 'content-length', 'transfer-encoding']);

/**
 * The headers that an app gets.
 *
 * Names with an underscore are dropped: WSGI cannot tell `X_Forwarded_For` from the real one, and gunicorn takes
 * `SCRIPT_NAME` for the mount.
 *
 * @param upgrade - Keep the request a WebSocket handshake.
 */
export function requestHeaders(
  head: RequestHead,
  {visitor, route, upgrade = false}: {visitor: Visitor; route: Route; upgrade?: boolean},
): Record<string, string | readonly string[]> {
  const {headers, method} = head;
  const named = connectionNames(headers['connection']);
  const kept: Record<string, string | readonly string[]> = {};
  if (visitor.host !== undefined) kept['host'] = visitor.host;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || DROPPED.has(name) || name.startsWith('x-forwarded') || name.includes('_'))
      continue;
    if (named !== undefined && named.has(name) && !FRAMING.has(name)) continue;
    kept[name] = value;
  }
  if (headers['transfer-encoding'] !== undefined) kept['transfer-encoding'] = 'chunked';
  else if (headers['content-length'] === undefined && method !== 'GET' && method !== 'HEAD' && !upgrade)
    kept['content-length'] = '0'; // Node would announce chunks.
  kept['x-forwarded-for'] = visitor.address;
  kept['x-forwarded-proto'] = visitor.proto;
  if (visitor.host !== undefined) kept['x-forwarded-host'] = visitor.host;
  if (route.prefix === 'strip' && route.mount !== '') kept['x-forwarded-prefix'] = route.mount;
  if (upgrade) {
    kept['connection'] = 'Upgrade';
    kept['upgrade'] = 'websocket';
  }
  return kept;
}

/** What `Connection` names, beside the words that are about the connection itself. */
function connectionNames(value: string | readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (value === undefined || value === 'close' || value === 'keep-alive') return undefined;
  return new Set(
    String(value)
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
}

const RESPONSE_HOP_BY_HOP = new Set(HOP_BY_HOP);

/**
 * The headers that the visitor gets, names and order as the app sent them, flat: name, value, name, value.
 *
 * Cookies and redirects stay below the mount, as the front end's own lines would have it: a cookie with `Path=/` would be
 * every app's of the host, and an app that knows nothing of its mount redirects out of it.
 */
export function responseHeaders(
  rawHeaders: readonly string[],
  {visitor, route}: {readonly visitor: Visitor; readonly route: Route},
): string[] {
  const flat: string[] = [];
  let named: ReadonlySet<string> | undefined;
  let chunked = false;
  let events = false;
  let buffering = false;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    if (name === 'connection') named = connectionNames(rawHeaders[at + 1]);
    else if (name === 'transfer-encoding') chunked = true;
  }
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const spelt = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    const name = spelt.toLowerCase();
    if (RESPONSE_HOP_BY_HOP.has(name) || (named?.has(name) === true && !FRAMING.has(name))) continue;
    if (chunked && name === 'content-length') continue;
    if (name === 'content-type') events = value.startsWith('text/event-stream');
    else if (name === 'x-accel-buffering') buffering = true;
    flat.push(spelt, mended(name, value, route, visitor));
  }
  // nginx would keep the events back until there are some kilobytes of them.
  if (events && !buffering) flat.push('X-Accel-Buffering', 'no');
  return flat;
}

function mended(name: string, value: string, route: Route, visitor: Visitor): string {
  if (route.mount === '') return value;
  if (name === 'set-cookie') return mendCookie(value, route);
  return name === 'location' && route.prefix === 'strip'
    ? mendLocation(value, route.mount, visitor.host)
    : value;
}

/** `Path=/` becomes the app's own; in strip mode every path does, but one that has the mount already. */
export function mendCookie(cookie: string, {mount, prefix}: Pick<Route, 'mount' | 'prefix'>): string {
  return cookie.replace(/(;\s*path=)([^;]*)/gi, (text, attribute: string, said: string) => {
    const path = said.trim();
    if (path === '/') return `${attribute}${mount}/`;
    if (prefix !== 'strip' || !path.startsWith('/') || isBelow(path, mount)) return text;
    return `${attribute}${mount}${path}`;
  });
}

/** A redirect to a path of ours, as a path or with our host in front, is put below the mount; others stay as they are. */
export function mendLocation(location: string, mount: string, host: string | undefined): string {
  const [, origin = '', path = ''] = /^(https?:\/\/[^/?#]+)?(\/.*)?$/i.exec(location) ?? [];
  if (path === '' && origin === '') return location;
  if (origin === '' ? path.startsWith('//') : origin.replace(/^https?:\/\//i, '') !== host) return location;
  return isBelow(path, mount) ? location : `${origin}${mount}${path === '' ? '/' : path}`;
}

function isBelow(path: string, mount: string): boolean {
  return path.startsWith(mount) && /^(?:[/?#].*)?$/.test(path.slice(mount.length));
}
