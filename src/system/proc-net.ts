import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {endianness} from 'node:os';

import {systemCode} from '../errors.ts';

/** A TCP socket that somebody on this host listens on, whoever it is. */
export interface Listener {
  readonly family: 4 | 6;
  /** `127.0.0.1`, `0.0.0.0`, `::1`, `::`, `::ffff:127.0.0.1`; IPv6 as RFC 5952 writes it. */
  readonly address: string;
  readonly port: number;
  /** Of the account that made the socket. */
  readonly uid: number;
  /** The number in `socket:[N]` under `/proc/PID/fd`. */
  readonly inode: number;
}

/** A Unix socket that somebody listens on; `path` is the one that it was bound by, whatever became of that. */
export interface UnixListener {
  readonly path: string;
  readonly inode: number;
}

/** `__SO_ACCEPTCON`, of the column Flags. */
const LISTENS = 0x1_0000;

/** All listening Unix sockets with a path, of a text in the form of `/proc/net/unix`. */
export function unixListeners(text = readFileSync('/proc/net/unix', 'latin1')): readonly UnixListener[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, flags, inode, path] = /^\S+ \S+ \S+ ([0-9A-F]+) \S+ \S+ +(\d+) (\/.*)$/.exec(line) ?? [];
      if (path === undefined || (Number.parseInt(flags ?? '', 16) & LISTENS) === 0) return [];
      return [{path: Buffer.from(path, 'latin1').toString('utf8'), inode: Number(inode)}];
    });
}

/** True when somebody is connected to a socket that was bound by this path, or waits to be accepted. */
export function hasUnixConnection(path: string, text = readFileSync('/proc/net/unix', 'latin1')): boolean {
  const bytes = Buffer.from(path).toString('latin1');
  // SS_CONNECTED: an accepted socket carries the path of the one that it came from.
  return text.split('\n').some((line) => line.endsWith(` ${bytes}`) && /^(\S+ ){5}03 /.test(line));
}

/** `TCP_LISTEN`, `TCP_TIME_WAIT` of Linux's tcp_states.h. */
const LISTEN_STATE = '0A';
const TIME_WAIT_STATE = '06';
/** `TCP_TIMEWAIT_LEN`, and the ticks in which /proc counts (`USER_HZ`). */
const TIME_WAIT_MS = 60_000;
const TICK_MS = 10;

/**
 * True when a port of this host has a connection, or had one that ended within so many milliseconds, of the last minute:
 * so long the kernel remembers them, at the end that closed first.
 *
 * @param texts - In the form of `/proc/net/tcp` and `tcp6`.
 */
export function hasConnection(
  port: number,
  withinMs: number,
  texts: readonly string[] = [readTable('/proc/net/tcp'), readTable('/proc/net/tcp6')],
): boolean {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return texts
    .flatMap((text) => text.split('\n').slice(1))
    .some((line) => {
      const [, local = '', remote = '', state, , timer = ''] = line.trim().split(/\s+/);
      if (!local.endsWith(end) && !remote.endsWith(end)) return false;
      if (state !== TIME_WAIT_STATE) return state !== LISTEN_STATE;
      const leftMs = Number.parseInt(timer.split(':')[1] ?? '', 16) * TICK_MS;
      return TIME_WAIT_MS - leftMs <= withinMs;
    });
}

/** A host without IPv6 has no such table. */
function readTable(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}

/** TCP ports, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Every listening TCP socket of this network namespace, of all users.
 *
 * `ss -p`, `lsof` and `fuser` hide other users' processes; the uid in `/proc/net/tcp{,6}` is there for everybody.
 */
export function listeners(): readonly Listener[] {
  return [
    ...parseListeners(readKernelFile('/proc/net/tcp') ?? ''),
    ...parseListeners(readKernelFile('/proc/net/tcp6') ?? ''),
  ];
}

/**
 * The rows of `/proc/net/tcp` or `/proc/net/tcp6` in state 0A (TCP_LISTEN).
 *
 * An address is printed as 32-bit words of the network's bytes, read in the host's byte order: 127.0.0.1 is
 * `0100007F` on a little-endian machine and `7F000001` on a big-endian one (proc(5), net/ipv4/tcp_ipv4.c).
 */
export function parseListeners(text: string, order: 'LE' | 'BE' = endianness()): readonly Listener[] {
  return text.split('\n').flatMap((line) => {
    const found = ROW.exec(line);
    if (found === null) return [];
    const [, address = '', port = '', uid = '', inode = ''] = found;
    const bytes = bytesOf(address, order);
    return [
      {
        family: bytes.length === 4 ? 4 : 6,
        address: bytes.length === 4 ? bytes.join('.') : formatV6(bytes),
        port: Number.parseInt(port, 16),
        uid: Number(uid),
        inode: Number(inode),
      } as const,
    ];
  });
}

/** sl: local_address:port rem_address:port st tx:rx tr:tm retrnsmt uid timeout inode */
const ROW =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:0000 0A \S+ \S+ \S+\s+(\d+)\s+\d+\s+(\d+)(?:\s|$)/;

function bytesOf(hex: string, order: 'LE' | 'BE'): readonly number[] {
  return (hex.match(/.{8}/g) ?? []).flatMap((word) => {
    const bytes = (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
    return order === 'LE' ? bytes.toReversed() : bytes;
  });
}

function formatV6(bytes: readonly number[]): string {
  const groups = Array.from(
    {length: 8},
    (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0),
  );
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.slice(12).join('.')}`;
  }
  // The longest run of zero groups, the first of equals, becomes `::`.
  const text = groups.map((group) => group.toString(16)).join(':');
  const [longest = ''] = (text.match(/\b0(?::0)+\b/g) ?? []).toSorted((a, b) => b.length - a.length);
  if (longest === '') return text;
  const at = text.search(new RegExp(`\\b${longest}\\b`));
  const before = text.slice(0, at).replace(/:$/, '');
  const after = text.slice(at + longest.length).replace(/^:/, '');
  return `${before}::${after}`;
}

/** Ports that the kernel gives to outgoing connections; Linux's own default where it does not say. */
export function ephemeralRange(): PortRange {
  return (
    parseEphemeralRange(readKernelFile('/proc/sys/net/ipv4/ip_local_port_range') ?? '') ?? {
      first: 32_768,
      last: 60_999,
    }
  );
}

/** `"32768\t60999"`; `undefined` for anything else. */
export function parseEphemeralRange(text: string): PortRange | undefined {
  const [, first, last] = /^\s*(\d+)\s+(\d+)\s*$/.exec(text) ?? [];
  return first === undefined ? undefined : {first: Number(first), last: Number(last)};
}

/** Ports that an administrator took out of the ephemeral range. */
export function reservedPorts(): readonly PortRange[] {
  return parseReservedPorts(readKernelFile('/proc/sys/net/ipv4/ip_local_reserved_ports') ?? '');
}

/** `"8080,9148-9150"` (ip-sysctl.rst, ip_local_reserved_ports). */
export function parseReservedPorts(text: string): readonly PortRange[] {
  return text.split(',').flatMap((part) => {
    const [, first, last] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    return first === undefined ? [] : [{first: Number(first), last: Number(last ?? first)}];
  });
}

/** The login name of a uid, or `uid 1007` when this host knows none. */
export function userName(uid: number): string {
  return loginOf(uid) ?? `uid ${uid}`;
}

/**
 * The login name of a uid, `undefined` when there is no such account.
 *
 * `/etc/passwd` first: no process has to be started for it. The directory service of a university is asked by getent(1).
 */
export function loginOf(uid: number): string | undefined {
  return parseLogin(readKernelFile('/etc/passwd') ?? '', uid) ?? parseLogin(getent(uid), uid);
}

/** The name of `uid` in text of passwd(5). Names that could not be printed on one line are no names. */
export function parseLogin(text: string, uid: number): string | undefined {
  for (const line of text.split('\n')) {
    const [name = '', , id] = line.split(':');
    if (id === String(uid) && /^[^\s\p{C}]+$/u.test(name)) return name;
  }
  return undefined;
}

function getent(uid: number): string {
  try {
    return execFileSync('getent', ['passwd', String(uid)], {
      encoding: 'utf8',
      env: {PATH: '/usr/bin:/bin'},
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 3000,
    });
  } catch {
    // Exit 2 is «no such account»; a directory service that does not answer is no better.
    return '';
  }
}

/** A file of /proc or /etc; not there, or hidden from us, means that it says nothing. */
function readKernelFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
