import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {rmSync} from 'node:fs';
import net from 'node:net';
import {getSystemErrorName} from 'node:util';

import {systemCode} from '../errors.ts';

/**
 * Listening sockets that belong to nobody's event loop: created here, listened on and accepted from by programs.
 *
 * Everything that leans on Node's internals is in this file: `net._createServerHandle`, which the cluster module
 * uses, and the `net.Native` messages of its IPC channel. Its tests are the self-test of a new Node.
 */
export interface Sockets {
  /** Bind 127.0.0.1:port. @throws Error with `code` `EADDRINUSE`, `EACCES`, ... */
  bindPort(port: number): RawSocket;
  /** Bind a Unix socket, mode 0600 by the supervisor's umask; an old file there is removed. */
  bindPath(path: string): RawSocket;
  /** Take over a descriptor that was inherited. */
  fromDescriptor(fd: number): RawSocket;
  /** A second descriptor of the same socket. */
  duplicate(socket: RawSocket): Promise<RawSocket>;
  /**
   * Fetch a copy of a socket out of another process of ours (pidfd_getfd(2)).
   *
   * `undefined` when the kernel, its security settings, or a missing python3 refuse.
   */
  fetch(pid: number, fd: number): Promise<RawSocket | undefined>;
}

/** Where a socket listens: a port of 127.0.0.1, or a path. */
export type Address = {readonly port: number} | {readonly path: string};

/** For `net.connect`. */
export function connectTo(
  address: Address,
): {readonly path: string} | {readonly host: string; readonly port: number} {
  return 'path' in address ? address : {host: '127.0.0.1', port: address.port};
}

/** A bound socket. `fd` may be handed to a child. */
export interface RawSocket {
  readonly fd: number;
  /**
   * Call once, as soon as somebody waits to be accepted, whom nobody here accepts. Of a copy (`duplicate`, `fetch`): it is of
   * no further use and has to be closed.
   */
  onVisitor(call: () => void): void;
  /** Listen and accept. The socket is consumed: closing the server closes this descriptor. */
  serve(server: net.Server): void;
  close(): void;
}

/** What we use of Node's handle. */
interface Handle {
  readonly fd: number;
  getsockname(out: object): number;
  /** Called with what was read; reading a listening socket is an error, and becomes possible when a visitor waits (tcp(7), epoll). */
  onread?: () => void;
  readStart(): number;
  readStop(): number;
  close(): void;
}

type CreateServerHandle = (
  address: string | null,
  port: number,
  type: number,
  fd?: number,
) => Handle | number;
const {_createServerHandle: createServerHandle} = net as unknown as {_createServerHandle: CreateServerHandle};

export const systemSockets: Sockets = {
  bindPort(port) {
    const action = `bind 127.0.0.1:${port}`;
    return wrap(bound(created(createServerHandle('127.0.0.1', port, 4), action), action));
  },

  bindPath(path) {
    rmSync(path, {force: true});
    return wrap(created(createServerHandle(path, -1, -1), `bind ${path}`));
  },

  // With a descriptor, Node asserts that there is neither address nor port.
  fromDescriptor: (fd) => wrap(created(createServerHandle(null, 0, 4, fd), `use descriptor ${fd}`)),

  async duplicate(socket) {
    return await mirror.copy(handleOf(socket));
  },

  async fetch(pid, fd) {
    try {
      const child = spawn('python3', ['-I', '-c', FETCH, String(pid), String(fd)], {
        env: {PATH: '/usr/bin:/bin:/usr/local/bin'},
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
      return wrap(await nextHandle(child));
    } catch (error) {
      // No python3, an old kernel, or ptrace_scope: the caller goes the slower way and says so.
      if (error instanceof NoHandle || systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  },
};

/**
 * Sends every handle back that it gets. What comes back is a new descriptor of the same socket:
 * Node has no dup(2), but passing a descriptor to another process and back is one.
 */
const MIRROR = "process.on('message', (message, handle) => process.send(message, handle))";

/**
 * The Node that runs us, also when its file was removed since: a version manager does that. It is started as we were, because
 * where writable code is forbidden (`--jitless`) that goes for our children, too.
 */
const OURSELVES = '/proc/self/exe';

/** Opens a process by pidfd and takes a copy of one of its descriptors, then speaks Node's IPC: one JSON line with the descriptor attached. */
const FETCH = `
import array, ctypes, json, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
pidfd = libc.syscall(434, int(sys.argv[1]), 0)
fd = libc.syscall(438, pidfd, int(sys.argv[2]), 0) if pidfd >= 0 else -1
if fd < 0: sys.exit(1)
channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
channel.setblocking(True)
line = json.dumps({"cmd": "NODE_HANDLE", "type": "net.Native", "msg": {}}) + "\\n"
channel.sendmsg([line.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
channel.recv(4096)
`;

/** The other process ended without sending a descriptor. */
class NoHandle extends Error {}

/** One helper process for all the copies that are wanted at the same time; it ends when none is. */
class Mirror {
  #child: ChildProcess | undefined;
  #next = 0;
  readonly #waiting = new Map<
    number,
    {resolve: (socket: RawSocket) => void; reject: (error: Error) => void}
  >();

  async copy(handle: Handle): Promise<RawSocket> {
    const child = (this.#child ??= this.#open());
    const id = this.#next++;
    return await new Promise<RawSocket>((resolve, reject) => {
      this.#waiting.set(id, {resolve, reject});
      // A helper that could not be started (EMFILE) has no channel, and its `error` follows.
      if (!child.connected) return;
      // The typings know only Node's own classes; a bare handle goes as `net.Native`.
      child.send({id}, handle as unknown as net.Socket, (error) => {
        if (error !== null) this.#settle(id)?.reject(error);
      });
    });
  }

  #open(): ChildProcess {
    const child = spawn(OURSELVES, [...process.execArgv, '-e', MIRROR], {
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (message, handle) => {
      const {id} = message as {id: number};
      this.#settle(id)?.resolve(wrap(handle as unknown as Handle));
      if (this.#waiting.size === 0) this.#close(child);
    });
    const failed = (why: string) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      for (const id of [...this.#waiting.keys()])
        this.#settle(id)?.reject(new Error(`cannot copy a socket: ${why}`));
    };
    child.once('error', (error) => failed(error.message));
    child.once('exit', (code, signal) => failed(`the helper ended (${signal ?? code})`));
    return child;
  }

  #close(child: ChildProcess): void {
    this.#child = undefined;
    if (child.connected) child.disconnect();
  }

  #settle(id: number) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

const mirror = new Mirror();

async function nextHandle(child: ChildProcess): Promise<Handle> {
  return await new Promise<Handle>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new NoHandle('no descriptor came')));
    child.once('message', (_message, handle) => resolve(handle as unknown as Handle));
  });
}

const handles = new WeakMap<RawSocket, Handle>();

function handleOf(socket: RawSocket): Handle {
  const handle = handles.get(socket);
  if (handle === undefined) throw new Error('not a socket of this adapter');
  return handle;
}

function wrap(handle: Handle): RawSocket {
  const socket: RawSocket = {
    fd: handle.fd,
    onVisitor(call) {
      handle.onread = () => {
        handle.readStop();
        call();
      };
      const error = handle.readStart();
      if (error !== 0) throw systemError(error, 'wait for visitors');
    },
    serve: (server) => void server.listen(handle),
    close: () => handle.close(),
  };
  handles.set(socket, handle);
  return socket;
}

function created(handle: Handle | number, action: string): Handle {
  if (typeof handle === 'number') throw systemError(handle, action);
  return handle;
}

/** libuv keeps EADDRINUSE back until listen(2) or getsockname(2) is called. */
function bound(handle: Handle, action: string): Handle {
  const error = handle.getsockname({});
  if (error === 0) return handle;
  handle.close();
  throw systemError(error, action);
}

function systemError(number: number, action: string): Error {
  const code = getSystemErrorName(number);
  return Object.assign(new Error(`Cannot ${action}: ${code}`), {code});
}
