import {spawn} from 'node:child_process';
import {closeSync, openSync, readSync, watch} from 'node:fs';
import type {FSWatcher} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';
import type {Prepared} from '../launch/prepare.ts';
import type {Processes} from '../system/processes.ts';
import type {ProbeResult} from './probe.ts';

/** Run a check command in the program's own directory and environment; 0 is up. Its output is not kept. */
export async function askCommand(
  argv: readonly string[],
  {env, directory}: Pick<Prepared, 'env' | 'directory'>,
  {
    timeoutMs,
    signal,
    processes,
  }: {
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    readonly processes: Pick<Processes, 'signal'>;
  },
): Promise<ProbeResult> {
  const [file = '', ...args] = argv;
  return await new Promise((resolve) => {
    // A group of its own, so that what it starts ends with it when time is up.
    const child = spawn(file, args, {cwd: directory, env, stdio: 'ignore', detached: true});
    const stop = () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        processes.signal(-child.pid, 'SIGKILL');
    };
    const late = setTimeout(stop, timeoutMs);
    signal.addEventListener('abort', stop, {once: true});
    const done = (result: ProbeResult) => {
      clearTimeout(late);
      signal.removeEventListener('abort', stop);
      resolve(result);
    };
    child.once('error', (error) => done({up: false, refused: false, detail: `${file}: ${error.message}`}));
    child.once('exit', (code, by) => {
      const detail =
        by === null ? `${file} ends with ${code}` : `${file} ended by ${by} (limit ${timeoutMs / 1000} s)`;
      done(code === 0 ? {up: true, detail} : {up: false, refused: false, detail});
    });
  });
}

/** Bytes looked at per event; a line longer than this is matched in pieces. */
const PIECE = 64 * 1024;

/** Resolves when a line of the log after `offset` matches. Rejects when aborted. */
export async function lineInLog(
  logFile: string,
  offset: number,
  pattern: RegExp,
  signal: AbortSignal,
  watching: typeof watch = watch,
): Promise<void> {
  let position = offset;
  let rest = '';
  const fd = openSync(logFile, 'r');
  const bytes = Buffer.alloc(PIECE);
  /** True when the line came. */
  const look = (): boolean => {
    for (;;) {
      const length = readSync(fd, bytes, 0, PIECE, position);
      if (length === 0) return pattern.test(rest);
      position += length;
      const lines = (rest + bytes.toString('utf8', 0, length)).split('\n');
      rest = (lines.pop() ?? '').slice(-PIECE);
      if (lines.some((line) => pattern.test(line))) return true;
    }
  };
  try {
    // First the watch, then the look: a line between the two is not missed.
    let stop: (() => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const again = () => {
          try {
            if (look()) resolve();
          } catch (error) {
            reject(error as Error);
          }
        };
        stop = onChange(path.dirname(logFile), again, watching);
        signal.addEventListener('abort', () => reject(new Error('aborted')), {once: true});
        again();
      });
    } finally {
      stop?.();
    }
  } finally {
    closeSync(fd);
  }
}

/** How often to look where the kernel does not tell: an account may have used up its inotify instances (inotify(7)). */
const LOOK_MS = 250;

/** By the kernel's word; by looking, where that is not to be had. */
function onChange(directory: string, call: () => void, watching: typeof watch): () => void {
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  const look = () => (timer ??= setInterval(call, LOOK_MS));
  try {
    watcher = watching(directory);
    watcher.on('change', call);
    watcher.on('error', look);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    look();
  }
  return () => {
    watcher?.close();
    clearInterval(timer);
  };
}
