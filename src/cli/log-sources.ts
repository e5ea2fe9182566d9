import path from 'node:path';

import {isAppsupError} from '../errors.ts';
import {findDeclared, isCompressed, logOf, matcherOf, readDeclared} from '../logs/declared.ts';
import type {DeclaredFile} from '../logs/declared.ts';
import {DirectoryReader} from '../logs/directory-reader.ts';
import type {Reader} from '../logs/follow.ts';
import {LogReader} from '../logs/log-reader.ts';
import {readLog} from '../logs/parts.ts';
import {asDiskError} from '../system/disk-error.ts';
import {tilde} from './format.ts';

/** Whose lines they are. */
export interface LogSource {
  /** `app:process`, or `app:logs/api.log` */
  readonly name: string;
  readonly app: string;
  /** `undefined`: it is a file of the app's own. */
  readonly process: string | undefined;
  /** Absolute. */
  readonly file: string;
}

type OnLines = (source: LogSource, lines: readonly string[]) => void;

/** What was read, and how to read on behind it. */
export interface OpenLogs {
  readonly logs: readonly {readonly source: LogSource; readonly lines: readonly string[]}[];
  readonly follow: (onLines: OnLines) => Reader;
  /** Why something is not shown. */
  readonly trouble: string | undefined;
}

/** Says when what was read so far is enough. */
export type Enough = (lines: readonly string[]) => boolean;

/** What a process printed. */
export function openProcessLog(source: LogSource, enough: Enough): OpenLogs {
  try {
    const {lines, place} = readLog(source.file, enough);
    return {
      logs: [{source, lines}],
      follow: (onLines) => new LogReader(source.file, place, (more) => onLines(source, more)),
      trouble: undefined,
    };
  } catch (error) {
    throw asDiskError(error, `read ${source.file}`);
  }
}

/** Whose `log_files` they are. */
export interface Owner {
  readonly app: string;
  /** Absolute; names below it are shown without it. */
  readonly directory: string;
  readonly home: string;
}

/** Logs that the app writes by itself. */
export function openDeclaredLogs(
  owner: Owner,
  patterns: readonly string[],
  enough: Enough,
): readonly OpenLogs[] {
  const directories = [...new Set(patterns.map((pattern) => path.dirname(pattern)))];
  return directories.map((directory) => {
    const inside = patterns.filter((pattern) => path.dirname(pattern) === directory);
    return openDirectory(owner, directory, inside, enough);
  });
}

function openDirectory(
  owner: Owner,
  directory: string,
  patterns: readonly string[],
  enough: Enough,
): OpenLogs {
  const {logs, trouble} = findDeclared(patterns);
  const seen = new Map<number, number>();
  const troubles = trouble === undefined ? [] : [trouble];
  const read = [...logs].map(([log, files]) => ({
    source: sourceOf(owner, path.join(directory, log)),
    lines: readFiles(files, enough, seen, troubles),
  }));
  return {
    logs: read,
    follow: (onLines) =>
      new DirectoryReader({
        directory,
        matches: matcherOf(patterns),
        seen,
        onLines: (name, lines) => onLines(sourceOf(owner, path.join(directory, logOf(name))), lines),
      }),
    trouble: troubles[0] === undefined ? undefined : `${troubles[0]}: see log_files of ${owner.app}`,
  };
}

/** From the newest one backwards, until there are enough lines. */
function readFiles(
  files: readonly DeclaredFile[],
  enough: Enough,
  seen: Map<number, number>,
  troubles: string[],
): readonly string[] {
  let lines: readonly string[] = [];
  for (const {file, inode, bytes} of files.toReversed()) {
    if (!isCompressed(file)) seen.set(inode, bytes);
    if (enough(lines)) continue;
    try {
      const tail = readDeclared(file, enough);
      if (!isCompressed(file)) seen.set(inode, tail.end);
      lines = [...tail.lines, ...lines];
    } catch (error) {
      if (!isAppsupError(error)) throw error;
      troubles.push(error.message);
    }
  }
  return lines;
}

function sourceOf({app, directory, home}: Owner, file: string): LogSource {
  const below = path.relative(directory, file);
  const shown = below.startsWith('..') ? tilde(file, home) : below;
  return {name: `${app}:${shown}`, app, process: undefined, file};
}
