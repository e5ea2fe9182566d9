import {closeSync, constants, fstatSync, openSync, readFileSync} from 'node:fs';
import type {Stats} from 'node:fs';

import {AppsupError, systemCode} from '../errors.ts';
import {parseEnv} from './env-text.ts';
import {shown, typed} from './trouble.ts';

/** The variables of one env file. */
export interface EnvFile {
  readonly file: string;
  readonly values: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

/**
 * The variables of an env file that is ours alone.
 *
 * Checked on the open file, so that nobody can exchange it in between; of a symbolic link, its target counts.
 *
 * @throws AppsupError `ENV_FILE` when others may read or write it, when it is another user's, or when a line is broken.
 */
export function readEnvFile(
  file: string,
  {home, uid}: {readonly home: string; readonly uid: number},
): EnvFile {
  const text = contents(file, home, uid);
  const read = parseEnv(text);
  if (!read.ok) {
    throw refusal(
      file,
      home,
      `line ${read.line}: ${read.problem}`,
      'write NAME=value, one to a line; quote a value that has blanks, # or line breaks',
      read.line,
    );
  }
  return {
    file,
    values: read.values,
    warnings: read.warnings.map((warning) => `${shown(file, home)}: ${warning}`),
  };
}

function contents(file: string, home: string, uid: number): string {
  try {
    // Not blocking: a named pipe without a writer would hold us for ever.
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile())
        throw refusal(file, home, 'it is not a file', 'env_file takes files of NAME=value lines');
      checkOwner(stat, file, home, uid);
      return new TextDecoder('utf-8', {fatal: true}).decode(readFileSync(fd));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof AppsupError) throw error;
    if (error instanceof TypeError)
      throw refusal(file, home, 'it is not UTF-8 text', `see: file ${typed(file, home)}`);
    const code = systemCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT') {
      throw refusal(
        file,
        home,
        'there is no such file',
        `make it: install -m 600 /dev/null ${typed(file, home)}`,
      );
    }
    throw refusal(file, home, `it cannot be read (${code})`, `see: ls -l ${typed(file, home)}`);
  }
}

function checkOwner(stat: Stats, file: string, home: string, uid: number): void {
  const name = typed(file, home);
  if (stat.uid !== uid) {
    const copy = typed(`${file}.own`, home);
    throw refusal(
      file,
      home,
      `it belongs to uid ${stat.uid}`,
      `take a copy of your own: install -m 600 ${name} ${copy} && mv -f ${copy} ${name}`,
    );
  }
  const open = stat.mode & 0o077;
  if (open === 0) return;
  const verb = (open & 0o044) !== 0 ? 'read' : (open & 0o022) !== 0 ? 'write' : 'run';
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  throw refusal(file, home, `other users of this host can ${verb} it (mode ${mode})`, `chmod 600 ${name}`);
}

function refusal(file: string, home: string, problem: string, hint: string, line?: number): AppsupError {
  return new AppsupError('ENV_FILE', `Cannot use ${shown(file, home)}: ${problem}`, {
    hint,
    details: line === undefined ? {file} : {file, line},
  });
}
