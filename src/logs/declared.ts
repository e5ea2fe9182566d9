import {accessSync, constants, readdirSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';

import {AppsupError, messageOf, systemCode} from '../errors.ts';
import {asDiskError} from '../system/disk-error.ts';
import {readTail, wholeLines} from './tail.ts';
import type {Tail} from './tail.ts';

/** A file that an app's `log_files` means. */
export interface DeclaredFile {
  /** Absolute. */
  readonly file: string;
  /** `api.log`, also of `api.log.1` and `api.log.2.gz`: the log that it is a part of. */
  readonly log: string;
  readonly inode: number;
  readonly bytes: number;
  readonly changedMs: number;
}

/** What the patterns of one directory mean at the moment. */
export interface Declared {
  /** Each log's files together, oldest first. */
  readonly logs: ReadonlyMap<string, readonly DeclaredFile[]>;
  /** Why something of it is not shown: one line for a person. */
  readonly trouble: string | undefined;
}

/** `.3`, `.2024-05-01`, `.2024-05-01_12`, `-20240501`, and `.gz` behind any of them. */
const ROTATED = /(?:[.-](?<part>\d{1,4}|\d{4}-?\d\d-?\d\d(?:[_T-]?\d\d(?:[:-]?\d\d){0,2})?))?(?<gz>\.gz)?$/;
/** Compressed by what Node 20 cannot read. */
const FOREIGN = /\.(?:bz2|xz|zst|lz4|zip|Z)$/;

/**
 * The files of some patterns: absolute, all of one directory, `*` and `?` in the last part.
 *
 * Only plain files: a pipe would be waited for. A file with two names counts once.
 */
export function findDeclared(patterns: readonly string[]): Declared {
  const directory = path.dirname(patterns[0] ?? '/');
  const troubles: string[] = [];
  const names = namesIn(directory, troubles).filter(matcherOf(patterns));
  const seen = withoutTwins(names).flatMap((name) => look(path.join(directory, name), troubles) ?? []);
  const found = [...new Map(seen.map((each) => [each.inode, each])).values()];
  const missing = patterns.filter((pattern) => !names.some(matcherOf([pattern])));
  const [first, ...more] = [...troubles, ...missing.map((pattern) => `There is no ${pattern} yet`)];
  const logs = [...new Set(found.map(({log}) => log))].sort();
  return {
    logs: new Map(
      logs.map((log) => [
        log,
        found.filter((each) => each.log === log).toSorted((a, b) => ageOf(b.file) - ageOf(a.file)),
      ]),
    ),
    trouble: more.length === 0 ? first : `${first} (and ${more.length} more like it)`,
  };
}

/** While a file is being compressed, both are there. */
function withoutTwins(names: readonly string[]): readonly string[] {
  return names.filter((name) => !name.endsWith('.gz') || !names.includes(name.slice(0, -'.gz'.length)));
}

/** As a shell matches base names: `*` means no hidden files. */
export function matcherOf(patterns: readonly string[]): (name: string) => boolean {
  const wholes = patterns.map((pattern) => {
    const last = path.basename(pattern);
    const source = last
      .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return {hidden: last.startsWith('.'), whole: new RegExp(`^${source}$`, 's')};
  });
  return (name) => wholes.some(({hidden, whole}) => whole.test(name) && (hidden || !name.startsWith('.')));
}

/** Compressed files are parts of the past: nobody writes to them. */
export function isCompressed(name: string): boolean {
  return name.endsWith('.gz') || FOREIGN.test(name);
}

/** `api.log.2.gz` → `api.log` */
export function logOf(name: string): string {
  const log = name.replace(ROTATED, '');
  return log === '' ? name : log;
}

/** Whole lines from the end until there are enough of them. @throws AppsupError `DISK` */
export function readDeclared(file: string, enough: (lines: readonly string[]) => boolean): Tail {
  try {
    if (file.endsWith('.gz')) return {lines: wholeLines(gunzipSync(readFileSync(file))), end: 0};
    return readTail(file, enough) ?? {lines: [], end: 0};
  } catch (error) {
    if (systemCode(error)?.startsWith('Z_') !== true) throw asDiskError(error, `read ${file}`);
    throw new AppsupError('DISK', `Cannot read ${file}: it is damaged, or no gzip file`, {cause: error});
  }
}

function namesIn(directory: string, troubles: string[]): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') troubles.push(messageOf(asDiskError(error, `read ${directory}`)));
    return [];
  }
}

function look(file: string, troubles: string[]): DeclaredFile | undefined {
  try {
    const stat = statSync(file);
    accessSync(file, constants.R_OK);
    if (!stat.isFile()) troubles.push(`Cannot show ${file}: it is no plain file`);
    else if (FOREIGN.test(file)) troubles.push(`Cannot show ${file}: it is compressed, but not by gzip`);
    else
      return {
        file,
        log: logOf(path.basename(file)),
        inode: stat.ino,
        bytes: stat.size,
        changedMs: stat.mtimeMs,
      };
  } catch (error) {
    // Renamed since its name was read.
    if (systemCode(error) !== 'ENOENT') troubles.push(messageOf(asDiskError(error, `read ${file}`)));
  }
  return undefined;
}

/** The higher, the older. Of parts with a number the higher one is older, of parts with a date the earlier one. */
export function ageOf(file: string): number {
  const part = ROTATED.exec(path.basename(file))?.groups?.['part'];
  if (part === undefined) return file.endsWith('.gz') ? 0 : -1e15;
  return /^\d{1,4}$/.test(part) ? Number(part) : -Number(part.replaceAll(/\D/g, '').padEnd(14, '0'));
}
