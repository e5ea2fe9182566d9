import {spawnSync} from 'node:child_process';
import {lstatSync, mkdirSync, readFileSync, rmSync} from 'node:fs';
import path from 'node:path';

import {AppsupError} from '../errors.ts';
import {writeAtomically} from '../system/files.ts';
import {takeLock} from '../system/lock.ts';
import type {LiveServer, Said} from './live-server.ts';
import {whyUnsafePlace} from './safe-place.ts';

/**
 * What is installed now; `undefined`: nothing.
 *
 * @throws AppsupError `UNSAFE_MODE` when somebody else than root could have written it
 */
export function installedText(file: string): string | undefined {
  const stat = lstatSync(file, {throwIfNoEntry: false});
  if (stat === undefined) return undefined;
  const why = !stat.isFile()
    ? 'it is no regular file'
    : stat.uid !== 0
      ? `it belongs to uid ${stat.uid}, not to root`
      : (stat.mode & 0o022) !== 0
        ? 'others can write it'
        : undefined;
  if (why !== undefined)
    throw new AppsupError('UNSAFE_MODE', `Cannot use ${file}: ${why}`, {
      hint: `see ls -l ${file}, or --output`,
    });
  return readFileSync(file, 'utf8');
}

/** A unified diff from what is installed; `''`: the same. By diff(1). */
export function diffOf(file: string, installed: string | undefined, text: string): string {
  const labels = ['--label', `${file} (installed)`, '--label', `${file} (collected)`];
  const from = installed === undefined ? '/dev/null' : file;
  const {status, stdout, error} = spawnSync('diff', ['-u', ...labels, '--', from, '-'], {
    input: text,
    encoding: 'utf8',
    env: {PATH: '/usr/bin:/bin', LC_ALL: 'C'},
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status === 0 || status === 1) return stdout;
  throw new AppsupError(
    'NOT_FOUND',
    `Cannot compare with ${file}: diff(1) says ${error?.message ?? String(status)}`,
    {
      hint: 'it belongs to the package diffutils',
    },
  );
}

/**
 * Put the file in place if the server, with all of its configuration, agrees; else everything is as it was before.
 *
 * The previous one stays beside it as `FILE.previous`, to go back to by hand.
 *
 * @throws AppsupError `UNSAFE_MODE` when the place is not root's alone; `FRONT_END` with the server's words; `DISK`
 */
export async function install(
  file: string,
  {text, previous}: {readonly text: string; readonly previous: string | undefined},
  server: LiveServer,
): Promise<void> {
  mkdirSync(path.dirname(file), {recursive: true, mode: 0o755});
  const why = whyUnsafePlace(file);
  if (why !== undefined)
    throw new AppsupError('UNSAFE_MODE', `Cannot write ${file}: ${why}`, {
      hint: '--output FILE, in a directory of root’s',
    });
  const lock = takeLock(`${file}.lock`);
  if (lock === undefined)
    throw new AppsupError('TIMEOUT', `Cannot write ${file}: another "appsup admin collect" is at it`);
  try {
    if (installedText(file) !== previous)
      throw new AppsupError('TIMEOUT', `Cannot write ${file}: somebody else has just written it`, {
        hint: 'do it once more: appsup admin collect',
      });
    // A configuration that leads to a file which is not there yet is broken before, and in order afterwards.
    const before = await server.test();
    if (!before.ok && previous !== undefined) throw refused(file, before, 'was broken before');
    const release = holdSignals();
    try {
      writeAtomically(file, text, 0o644);
      const after = await server.test();
      if (after.ok)
        return void (previous !== undefined && writeAtomically(`${file}.previous`, previous, 0o644));
      if (previous === undefined) rmSync(file);
      else writeAtomically(file, previous, 0o644);
      throw refused(file, after, before.ok ? 'is as before' : 'was broken before, and is as before');
    } finally {
      release();
    }
  } finally {
    lock.release();
  }
}

function refused(file: string, {message}: Said, state: string): AppsupError {
  return new AppsupError(
    'FRONT_END',
    `Cannot apply ${file}: the server refuses its configuration: ${message}`,
    {
      hint: `the configuration ${state}; nothing was reloaded`,
      details: {file, message},
    },
  );
}

/** Between the swap and the verdict, Ctrl-C must not leave an untested file behind. */
function holdSignals(): () => void {
  const hold = (): void => undefined;
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, hold);
  return () => {
    for (const signal of signals) process.off(signal, hold);
  };
}
