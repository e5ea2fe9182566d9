import {isPlainPath} from '../core/names.ts';

/** Where and how a front end reaches an app. */
export type Upstream = {readonly protocol: 'http' | 'uwsgi'} & (
  | {readonly kind: 'tcp'; readonly port: number}
  | {readonly kind: 'unix'; readonly path: string}
);

/** sun_path of Linux without its terminating zero (unix(7)). */
const MAX_SOCKET_PATH = 107;

/** True for a port of users; a RegExp or comparison would take more than a number for one. */
export function isPort(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1024 && value <= 65_535;
}

/** True for a socket's path that may stand in a configuration. */
export function isSocketPath(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_SOCKET_PATH && isPlainPath(value);
}

/** For a reader: `127.0.0.1:20140`, `the socket /home/alice/...`. */
export function describeUpstream(upstream: Upstream): string {
  return upstream.kind === 'tcp' ? `127.0.0.1:${upstream.port}` : `the socket ${upstream.path}`;
}
