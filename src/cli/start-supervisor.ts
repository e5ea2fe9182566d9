import {spawn} from 'node:child_process';
import {closeSync, constants, existsSync, fstatSync, openSync, readFileSync} from 'node:fs';
import path from 'node:path';
import type {Readable} from 'node:stream';

import {parseEnvelope} from '../control/protocol.ts';
import {AppsupError, messageOf} from '../errors.ts';
import {asDiskError, ensurePrivateDirectory} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';

/** Descriptor on which the supervisor says how its start went. */
const READY_FD = 3;

export interface StartOptions {
  readonly paths: Pick<Paths, 'state' | 'home'>;
  /** The program to run: `dist/appsupd.cjs`. */
  readonly daemon: string;
  /** From supervisor-environment.ts. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds until it has to answer; its first start may take in many apps. @defaultValue 60_000 */
  readonly limitMs?: number;
}

/**
 * Start a supervisor that outlives this command and this terminal; resolves when it answers.
 *
 * It says `ready` or `error {…}` on a pipe; a supervisor that ends without a word is told from its last words in `boot.log`.
 *
 * @throws AppsupError its own, e.g. `SUPERVISOR_RUNS`; else `SUPERVISOR_START`.
 */
export async function startSupervisor({paths, daemon, env, limitMs = 60_000}: StartOptions): Promise<void> {
  if (!existsSync(daemon)) {
    throw new AppsupError('SUPERVISOR_START', `Cannot start the supervisor: there is no ${daemon}`, {
      hint: 'install appsup again',
    });
  }
  ensurePrivateDirectory(paths.state);
  const log = path.join(paths.state, 'boot.log');
  const {fd, size} = openLog(log);
  try {
    // A session of its own: no terminal, no logout and no Ctrl-C reaches it.
    const child = spawn(process.execPath, [daemon], {
      detached: true,
      cwd: existsSync(paths.home) ? paths.home : '/',
      env: {...env, APPSUP_READY_FD: String(READY_FD)},
      stdio: ['ignore', fd, fd, 'pipe'],
    });
    const failed = new Promise<never>((_resolve, reject) => {
      child.once('error', (error) => reject(cannotStart(messageOf(error), error)));
    });
    const pipe = child.stdio[READY_FD] as Readable;
    try {
      const line = await Promise.race([firstLine(pipe, limitMs), failed]);
      if (line === 'ready') return;
      if (line?.startsWith('error ')) throw refusal(line.slice('error '.length));
      throw cannotStart(lastWords(log, size) ?? 'it ended without a word');
    } finally {
      pipe.destroy();
      child.unref();
    }
  } finally {
    closeSync(fd);
  }
}

function openLog(log: string): {readonly fd: number; readonly size: number} {
  try {
    const fd = openSync(
      log,
      constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW,
      0o600,
    );
    return {fd, size: fstatSync(fd).size};
  } catch (error) {
    throw asDiskError(error, `write ${log}`);
  }
}

/** `undefined` when the pipe ends before a line does. */
async function firstLine(pipe: Readable, limitMs: number): Promise<string | undefined> {
  return await new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(cannotStart(`not ready within ${limitMs / 1000} s`)), limitMs);
    const done = (line: string | undefined): void => {
      clearTimeout(timer);
      resolve(line);
    };
    pipe.setEncoding('utf8');
    pipe.on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\n');
      if (end >= 0) done(text.slice(0, end));
    });
    pipe.once('close', () => done(undefined));
    pipe.once('error', () => done(undefined));
  });
}

function refusal(record: string): AppsupError {
  const envelope = parseEnvelope(`{"error":${record}}`);
  return 'error' in envelope ? AppsupError.fromRecord(envelope.error) : cannotStart(record);
}

/** What was written to the log since this start began: of a stack trace, the line that says what. */
function lastWords(log: string, from: number): string | undefined {
  const lines = readFileSync(log)
    .subarray(from)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1);
}

function cannotStart(why: string, cause?: unknown): AppsupError {
  return new AppsupError('SUPERVISOR_START', `Cannot start the supervisor: ${why}`, {
    hint: 'appsup daemon run shows what it says; boot.log in the state directory has it, too',
    cause,
  });
}
