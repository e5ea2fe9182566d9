import {spawn} from 'node:child_process';
import {closeSync, constants, openSync} from 'node:fs';

import {octal} from '../core/octal.ts';
import type {Limits} from '../core/program-spec.ts';
import type {Exit} from '../core/state.ts';
import {asDiskError, ensurePrivateDirectory} from './files.ts';
import {systemCode} from '../errors.ts';
import path from 'node:path';

export interface SpawnRequest {
  /** The first word is absolute. */
  readonly argv: readonly string[];
  /** Complete: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly umask: number;
  /** Descriptors of listening sockets; the process gets them as 3, 4, ... */
  readonly sockets: readonly number[];
  /** Set `LISTEN_FDS` and `LISTEN_PID` for them (sd_listen_fds(3)). */
  readonly listenFds: boolean;
  /** What they are called, for `LISTEN_FDNAMES`. */
  readonly socketNames?: readonly string[];
  readonly limits: Limits;
  /** Both streams are appended to this file. */
  readonly logFile: string;
}

/** A process that was started: leader of its own session and group. */
export interface Spawned {
  readonly pid: number;
}

/** Starting and signalling, handed in. */
export interface Processes {
  /**
   * Start a process. `onExit` is called once, when the leader has ended.
   *
   * @throws AppsupError `DISK` when the log cannot be opened, `START_FAILED` when the system refuses.
   */
  spawn(request: SpawnRequest, onExit: (exit: Exit) => void): Promise<Spawned>;
  /** Send a signal to a process, or with a negative pid to a group. `false`: there is none, or it is another user's (sudo). */
  signal(pid: number, signal: NodeJS.Signals): boolean;
}

/**
 * The last step before the program, still under the program's pid: mask, sockets' owner, exec.
 *
 * A shell, because LISTEN_PID has to be the pid of the program itself and Node cannot run code between fork and exec.
 */
const LAUNCHER = 'umask "$1"; shift; if [ -n "$LISTEN_FDS" ]; then export LISTEN_PID=$$; fi; exec "$@"';

export const systemProcesses: Processes = {
  async spawn(request, onExit) {
    const log = openLog(request.logFile);
    try {
      const listen = request.listenFds ? listenVariables(request) : {};
      const child = spawn(
        '/bin/sh',
        ['-c', LAUNCHER, 'appsup', octal(request.umask), ...limitWords(request.limits), ...request.argv],
        {
          cwd: request.directory,
          env: {...request.env, ...listen},
          // Its own session and group: what it starts can be found, and ends with it.
          detached: true,
          // Files, never pipes: a dead or stopped supervisor must not be felt by a program that prints.
          stdio: ['ignore', log, log, ...request.sockets],
        },
      );
      child.once('exit', (code, signal) => onExit({code: code ?? undefined, signal: signal ?? undefined}));
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      // The supervisor's own life does not hang on its children's.
      child.unref();
      return {pid: child.pid as number};
    } finally {
      closeSync(log);
    }
  },

  signal(pid, signal) {
    try {
      process.kill(pid, signal);
      return true;
    } catch (error) {
      if (systemCode(error) === 'ESRCH' || systemCode(error) === 'EPERM') return false;
      throw error;
    }
  },
};

/** The pid is the launcher's to say. */
function listenVariables({sockets, socketNames}: SpawnRequest): Readonly<Record<string, string>> {
  return {
    LISTEN_FDS: String(sockets.length),
    ...(socketNames === undefined ? {} : {LISTEN_FDNAMES: socketNames.join(':')}),
  };
}

/**
 * Words in front of a command that limit it: `prlimit` (util-linux) and `nice` set what only the process itself, or
 * root, could.
 */
export function limitWords({nofile, nproc, coreBytes, nice}: Limits): readonly string[] {
  const limits = [
    ...(nofile === undefined ? [] : [`--nofile=${nofile}`]),
    ...(nproc === undefined ? [] : [`--nproc=${nproc}`]),
    ...(coreBytes === undefined ? [] : [`--core=${coreBytes}`]),
  ];
  return [
    ...(limits.length === 0 ? [] : ['/usr/bin/prlimit', ...limits]),
    ...(nice === undefined ? [] : ['/usr/bin/nice', '-n', String(nice)]),
  ];
}

/** Append-only, so that several writers and a rotation never overwrite each other; not followed if it is a link. */
function openLog(file: string): number {
  ensurePrivateDirectory(path.dirname(file));
  try {
    return openSync(
      file,
      constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW,
      0o600,
    );
  } catch (error) {
    throw asDiskError(error, `write ${file}`);
  }
}
