import {readdirSync, readFileSync, readlinkSync} from 'node:fs';

/**
 * True when a process waits for visitors on a listening socket: the proof for a server that can be handed only one
 * socket, which its predecessor answers on, too, so that asking the socket proves nothing.
 *
 * An event loop (asyncio, Node, gevent, Go, ...) has the socket in an epoll set, which `/proc/PID/fdinfo` shows with the
 * socket's inode (proc(5)); servers begin to listen only when their application is loaded.
 */
export function accepts(pid: number, inode: number): boolean {
  const wanted = new RegExp(`\\bino:${inode.toString(16)}\\b`, 'i');
  return descriptorsOf(pid)
    .filter(({target}) => target === 'anon_inode:[eventpoll]')
    .some(({fd}) => wanted.test(readQuietly(`/proc/${pid}/fdinfo/${fd}`)));
}

/** The descriptor by which a process holds a socket, found by the socket's inode; `undefined` if it has none. */
export function descriptorOf(pid: number, inode: number): number | undefined {
  return descriptorsOf(pid).find(({target}) => target === `socket:[${inode}]`)?.fd;
}

/** The inode of one of our own descriptors, if it is a socket. */
export function inodeOfOwn(fd: number): number | undefined {
  const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/self/fd/${fd}`))?.[1];
  return inode === undefined ? undefined : Number(inode);
}

function descriptorsOf(pid: number): readonly {readonly fd: number; readonly target: string}[] {
  return listQuietly(`/proc/${pid}/fd`).map((name) => ({
    fd: Number(name),
    target: linkOf(`/proc/${pid}/fd/${name}`),
  }));
}

/*
 * A process may end, or close a descriptor, between the listing and the look, and one that is not dumpable hides all of
 * them (prctl PR_SET_DUMPABLE): each is «nothing to see».
 */

function listQuietly(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
