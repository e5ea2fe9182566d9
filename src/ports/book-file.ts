import {closeSync, constants, copyFileSync, fsyncSync, openSync, readdirSync} from 'node:fs';
import path from 'node:path';

import lockfile from 'proper-lockfile';

import {isName} from '../core/names.ts';
import {AppsupError, systemCode} from '../errors.ts';
import {asDiskError, ensurePrivateDirectory, readIfThere, writeAtomically} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';
import {EMPTY_BOOK, formatBook, isLeasable, parseBook, salvage} from './book.ts';
import type {Book, Retired} from './book.ts';

/** Where the leases are, and where else the ports of apps are written down. */
export type BookPaths = Pick<Paths, 'leases' | 'apps' | 'requests' | 'processes'>;

/** A book as it was found. */
export interface Reading {
  readonly book: Book;
  /** One sentence each, without a final period: what was damaged, and what was done about it. */
  readonly warnings: readonly string[];
}

/**
 * The book as it is, without taking the lock and without writing.
 *
 * A damaged or lost `ports.json` is answered from `ports.json.copy`; when that is damaged too, from what can still be
 * read in either, and from the ports that the apps' other files mention.
 *
 * @throws AppsupError `VERSION_MISMATCH` when a later appsup wrote it, `DISK` when it cannot be read.
 */
export function readBook(paths: BookPaths): Reading {
  const {book, warnings} = examine(paths);
  return {book, warnings};
}

/**
 * Read the book, let `change` decide, write what it gives back; one process of this user at a time.
 *
 * @param change - Gives the same book back when there is nothing to write. It may be called again when this process
 *   was frozen for so long that another one took the lock.
 * @throws AppsupError `TIMEOUT` when the lock stays taken, `DISK`, `VERSION_MISMATCH`, and what `change` throws.
 */
export async function changeBook<Result>(
  paths: BookPaths,
  change: (book: Book) => Promise<{readonly book: Book; readonly result: Result}>,
): Promise<{readonly result: Result; readonly warnings: readonly string[]}> {
  for (let tries = 0; ; tries++) {
    try {
      return await changeOnce(paths, change);
    } catch (error) {
      if (!(error instanceof Overtaken) || tries >= 5) throw error;
    }
  }
}

/** Another process took the lock from us while we were frozen (SIGSTOP, suspend): what we know is old. */
class Overtaken extends Error {}

async function changeOnce<Result>(
  paths: BookPaths,
  change: (book: Book) => Promise<{readonly book: Book; readonly result: Result}>,
): Promise<{readonly result: Result; readonly warnings: readonly string[]}> {
  ensurePrivateDirectory(path.dirname(paths.leases));
  const lock = await takeLock(paths.leases);
  try {
    const found = examine(paths);
    const {book, result} = await change(found.book);
    if (book !== found.book || found.damaged) {
      // The lock's own watch looks every few seconds only; a thawed process is here before it.
      if (lock.lost() || readIfThere(paths.leases) !== found.text) throw new Overtaken('the lock was lost');
      const aside = found.damaged && found.text !== undefined ? [setAside(paths.leases)] : [];
      writeBook(paths.leases, book);
      return {result, warnings: [...found.warnings, ...aside]};
    }
    return {result, warnings: found.warnings};
  } finally {
    await lock.release();
  }
}

interface Examination extends Reading {
  /** Of `ports.json`, as it is on the disk. */
  readonly text: string | undefined;
  /** True when the book differs from that text. */
  readonly damaged: boolean;
}

function examine(paths: BookPaths): Examination {
  const text = readIfThere(paths.leases);
  const book = text === undefined ? undefined : parse(paths.leases, text);
  if (book !== undefined) return {book, warnings: [], text, damaged: false};
  const copyText = readIfThere(copyOf(paths.leases));
  if (text === undefined && copyText === undefined)
    return {book: EMPTY_BOOK, warnings: [], text, damaged: false};

  const what = `${paths.leases} ${text === undefined ? 'is gone' : 'is damaged'}`;
  const copy = copyText === undefined ? undefined : parse(copyOf(paths.leases), copyText);
  if (copy !== undefined) {
    return {book: copy, warnings: [`${what}: the leases were taken from its copy`], text, damaged: true};
  }
  const leases = salvage(`${text ?? ''}\n${copyText ?? ''}`);
  const had = new Set(leases.map(({port}) => port));
  const retired = mentions(paths).filter(({port}) => !had.has(port));
  const warning =
    `${what}, and so is its copy: ${leases.length} leases could be read, ` +
    `${retired.length} ports were found in files of apps and are kept for these`;
  return {book: {leases, retired}, warnings: [warning], text, damaged: true};
}

function parse(file: string, text: string): Book | undefined {
  const book = parseBook(text);
  if (book !== 'newer') return book;
  throw new AppsupError('VERSION_MISMATCH', `Cannot read ${file}: a later version of appsup wrote it`, {
    hint: 'use that version: appsup version',
  });
}

/**
 * Write the copy, force it to the disk, then the file itself.
 *
 * In this order the copy is never older than the file, and after a power cut, which may leave the file empty
 * although it was renamed whole, the copy is whole. It is a second file and not a second source: nobody reads it
 * while the first one is good. Other sources would not do: an app's file does not name a leased port, and a snippet
 * is in the administrators' hands.
 */
function writeBook(file: string, book: Book): void {
  const text = formatBook(book);
  const copy = copyOf(file);
  writeAtomically(copy, text);
  try {
    const fd = openSync(copy, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw asDiskError(error, `write ${copy}`);
  }
  writeAtomically(file, text);
}

function copyOf(file: string): string {
  return `${file}.copy`;
}

/** Keep the bytes of a damaged file for whoever wants to look. */
function setAside(file: string): string {
  const aside = `${file}.garbled-${new Date().toISOString().replace(/[-:.]/g, '')}`;
  try {
    copyFileSync(file, aside, constants.COPYFILE_EXCL);
  } catch (error) {
    throw asDiskError(error, `keep the damaged ${file}`);
  }
  return `The damaged file was kept as ${aside}`;
}

/** The forms in which a port stands in an app's TOML, in our JSON and in a snippet. */
const MENTION = /(?:"port"\s*:\s*|^\s*port\s*=\s*|127\.0\.0\.1:)(\d{4,5})\b/gm;

/** Ports that files of apps name, each with the app whose file was the first to name it. */
function mentions(paths: BookPaths): readonly Retired[] {
  const found = new Map<number, Retired>();
  for (const folder of [paths.requests, paths.apps, paths.processes]) {
    for (const name of namesIn(folder)) {
      const app = name.split('.')[0] ?? '';
      if (!isName(app)) continue;
      for (const [, digits] of (readIfThere(path.join(folder, name)) ?? '').matchAll(MENTION)) {
        const port = Number(digits);
        if (isLeasable(port) && !found.has(port)) found.set(port, {app, port, at: Date.now(), why: 'found'});
      }
    }
  }
  return [...found.values()];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, {withFileTypes: true})
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw asDiskError(error, `read ${folder}`);
  }
}

/** Of a killed holder's lock, and well above what any change takes. */
const STALE_MS = 15_000;
/** Half a minute in all: longer than a killed holder's lock stays valid. */
const RETRIES = {retries: 130, factor: 1.2, minTimeout: 10, maxTimeout: 250, randomize: true} as const;

async function takeLock(file: string): Promise<{lost(): boolean; release(): Promise<void>}> {
  let lost = false;
  try {
    const release = await lockfile.lock(file, {
      realpath: false,
      stale: STALE_MS,
      retries: RETRIES,
      // The default throws out of a timer and would end the supervisor.
      onCompromised: () => {
        lost = true;
      },
    });
    return {
      lost: () => lost,
      async release() {
        try {
          await release();
        } catch (error) {
          // It was taken from us meanwhile, and is not ours to remove.
          if (systemCode(error) !== 'ERELEASED' && systemCode(error) !== 'ENOTACQUIRED') throw error;
        }
      },
    };
  } catch (error) {
    if (systemCode(error) !== 'ELOCKED') throw asDiskError(error, `lock ${file}`);
    throw new AppsupError(
      'TIMEOUT',
      `Cannot lock ${file}: another appsup of yours has held it for half a minute`,
      {
        hint: `look for it: ps -u "$USER" -o pid,etime,args; if there is none: rmdir ${file}.lock`,
        cause: error,
      },
    );
  }
}
