import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  watch,
} from 'node:fs';

import {systemCode} from '../errors.ts';

/** What a rotation asks of the system beyond reading and writing, handed in. */
export interface LogFiles {
  /**
   * Cut so many bytes off the head of a file while others append to it: whole blocks, not all of it. Only if it begins with
   * `token`, so that a cut is made once, whoever asks again: the token goes with the head.
   *
   * @returns `refused` when the file system cannot (tmpfs, NFS, btrfs), or there is no fallocate(1).
   */
  collapse(file: string, bytes: number, token: string): Promise<'done' | 'refused'>;
  /** Processes, without ourselves, that have the file open for writing, also when its name is gone. Only those that we may look into. */
  writers(file: string): readonly number[];
  /** True when no thread of the process runs: then none is inside a write(2). True also when it is gone. */
  isStopped(pid: number): boolean;
  /** Have the processes continued when we die, whatever of. As long as the guard lives, it has `record` open for writing. */
  guard(pids: readonly number[], record: string): Guard;
  /** Call back at changes in a directory. `undefined` when the system has no watch left. */
  watch(directory: string, onChange: (name: string | undefined) => void): Watch | undefined;
}

/** A process that continues others as soon as its stdin ends. */
export interface Guard {
  /** Nothing is left to be continued. */
  release(): void;
}

export interface Watch {
  close(): void;
}

/**
 * The lock makes looking and cutting one step: a predecessor's child that was left behind by a SIGKILL may want the same cut.
 *
 * Descriptor 3 is opened for this alone, so it stands at the beginning, and its lock ends with the script and with us.
 */
const COLLAPSE = `
flock 3 || exit 1
[ "$(head -c 32 <&3)" = "$1" ] || exit 0
exec fallocate --collapse-range --offset 0 --length "$2" /proc/self/fd/3
`;
const GUARD = 'read -r word && exit; kill -CONT "$@"';
const ENVIRONMENT = {PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C'};

export const systemLogFiles: LogFiles = {
  async collapse(file, bytes, token) {
    const fd = openSync(file, constants.O_RDWR | constants.O_NOFOLLOW);
    try {
      const child = spawn('/bin/sh', ['-c', COLLAPSE, 'appsup', token, String(bytes)], {
        env: ENVIRONMENT,
        stdio: ['ignore', 'ignore', 'ignore', fd],
      });
      return (await exitOf(child)) === 0 ? 'done' : 'refused';
    } finally {
      closeSync(fd);
    }
  },
  writers: writersOf,
  isStopped: (pid) => threadStates(pid).every((state) => 'TtZX'.includes(state)),
  guard(pids, record) {
    const fd = openSync(record, constants.O_RDWR | constants.O_NOFOLLOW);
    try {
      const child = spawn('/bin/sh', ['-c', GUARD, 'appsup', ...pids.map(String)], {
        env: ENVIRONMENT,
        // Out of our group: what is sent to all of us must not take the guard first.
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore', fd],
      });
      // It may be killed before us; then the record is what is left.
      child.once('error', () => undefined);
      child.stdin?.on('error', () => undefined);
      child.unref();
      return {release: () => void child.stdin?.end('\n')};
    } finally {
      closeSync(fd);
    }
  },
  watch(directory, onChange) {
    try {
      const watcher = watch(directory, {persistent: false}, (_kind, name) => onChange(name ?? undefined));
      watcher.on('error', () => onChange(undefined));
      return watcher;
    } catch (error) {
      // inotify's watches are shared by all programs of a user: ENOSPC, EMFILE. The directory may be gone as well.
      if (systemCode(error) === undefined) throw error;
      return undefined;
    }
  },
};

async function exitOf(child: ChildProcess): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? undefined));
  });
}

/** By the links of `/proc/PID/fd`; a name that is gone has ` (deleted)` behind it. */
function writersOf(file: string): readonly number[] {
  const real = realPathOf(file);
  const isIt = (target: string | undefined): boolean => target === real || target === `${real} (deleted)`;
  return numbersIn('/proc').filter(
    (pid) =>
      pid !== process.pid &&
      numbersIn(`/proc/${pid}/fd`).some((fd) => isIt(linkOf(`/proc/${pid}/fd/${fd}`)) && isWritable(pid, fd)),
  );
}

/** The log may be gone; its directory as well. */
function realPathOf(file: string): string {
  try {
    return realpathSync(file);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    const slash = file.lastIndexOf('/');
    return slash <= 0 ? file : `${realPathOf(file.slice(0, slash))}${file.slice(slash)}`;
  }
}

/** `flags` of `/proc/PID/fdinfo/FD`, proc(5): octal. Whoever only reads need not be stopped. */
function isWritable(pid: number, fd: number): boolean {
  const flags = /^flags:\s+([0-7]+)/m.exec(textOf(`/proc/${pid}/fdinfo/${fd}`) ?? '')?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== constants.O_RDONLY;
}

/** States of a process's threads: `/proc/PID/stat` tells of the leader alone, and another thread may still be writing. */
function threadStates(pid: number): readonly string[] {
  return numbersIn(`/proc/${pid}/task`).flatMap((tid) => {
    const text = textOf(`/proc/${pid}/task/${tid}/stat`);
    return text === undefined ? [] : [text.charAt(text.lastIndexOf(')') + 2)];
  });
}

// A process may be gone between two looks, and another user's is not ours to see: both are «nothing there».

function numbersIn(directory: string): readonly number[] {
  try {
    return readdirSync(directory)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function linkOf(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
