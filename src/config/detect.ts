import {statSync} from 'node:fs';
import path from 'node:path';

import {isName, nameFrom} from '../core/names.ts';
import {AppsupError, systemCode} from '../errors.ts';
import {findCandidates} from './detect/candidates.ts';
import type {Candidate} from './detect/candidates.ts';
import {findCompanions} from './detect/companions.ts';
import type {Companion} from './detect/companions.ts';
import {Folder} from './detect/folder.ts';
import {findInterpreters, interpreterAt} from './detect/interpreter.ts';
import type {Interpreter} from './detect/interpreter.ts';

/** What a directory holds, for `appsup add`. Lists are best first. */
export interface Detection {
  /** Absolute. */
  readonly directory: string;
  /** `undefined` when nothing of the directory's name can be one. */
  readonly name: string | undefined;
  readonly interpreters: readonly Interpreter[];
  /** Ways to run the program that listens. */
  readonly candidates: readonly Candidate[];
  /** Programs beside it: further lines of a Procfile, and queue workers. */
  readonly companions: readonly Companion[];
  readonly envFile: EnvFile | undefined;
  /** Files that we may not read, absolute: something may have been missed. */
  readonly unreadable: readonly string[];
}

export interface EnvFile {
  /** Absolute. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly keys: number;
  /** True when others can read or write it: then it is refused until `chmod 600`. */
  readonly exposed: boolean;
}

export interface DetectOptions {
  /** Absolute. */
  readonly home: string;
  /** A prefix or interpreter that the user named, absolute; it replaces those that are found. */
  readonly python?: string;
}

/**
 * Look at a directory with somebody's web app: what it is called, what runs it, where to begin.
 *
 * Everything is read, nothing is run or imported: code that is only being looked at must not act.
 *
 * @throws AppsupError `NOT_FOUND` when it is no directory or cannot be read.
 */
export function detect(directory: string, options: DetectOptions): Detection {
  checkDirectory(directory);
  const folder = new Folder(directory);
  const interpreters = interpretersFor(folder, options);
  return {
    directory,
    name: nameOf(directory, interpreters[0]),
    interpreters,
    candidates: findCandidates(folder, interpreters[0]?.packages),
    companions: findCompanions(folder),
    envFile: envFileOf(folder),
    unreadable: folder.unreadable,
  };
}

function checkDirectory(directory: string): void {
  try {
    if (statSync(directory).isDirectory()) return;
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const reason =
      code === 'ENOENT' ? 'there is no such directory' : code === 'EACCES' ? 'permission denied' : code;
    throw new AppsupError('NOT_FOUND', `Cannot look at ${JSON.stringify(directory)}: ${reason}`, {
      hint: 'give the directory that holds the code',
      cause: error,
    });
  }
  throw new AppsupError('NOT_FOUND', `Cannot look at ${JSON.stringify(directory)}: it is no directory`, {
    hint: 'give the directory that holds the code',
  });
}

function interpretersFor(folder: Folder, {home, python}: DetectOptions): readonly Interpreter[] {
  if (python === undefined) return findInterpreters(folder, home);
  const named = interpreterAt(python);
  return named === undefined ? [] : [named];
}

/** A conda environment that differs from the directory by its hyphens only is what its owner calls the app. */
function nameOf(directory: string, interpreter: Interpreter | undefined): string | undefined {
  const base = path.basename(directory);
  const conda = interpreter?.kind === 'conda' ? path.basename(interpreter.prefix) : undefined;
  const bare = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (conda !== undefined && isName(conda) && bare(conda) === bare(base)) return conda.toLowerCase();
  return nameFrom(base);
}

function envFileOf(folder: Folder): EnvFile | undefined {
  const mode = folder.mode('.env');
  if (mode === undefined) return undefined;
  const keys = (folder.read('.env') ?? '')
    .split('\n')
    .filter((line) => /^\s*(export\s+)?[A-Za-z_]\w*\s*=/.test(line)).length;
  return {path: path.join(folder.path, '.env'), mode, keys, exposed: (mode & 0o077) !== 0};
}
