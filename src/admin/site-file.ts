import {closeSync, constants, fstatSync, openSync, readFileSync} from 'node:fs';

import type {Diagnostic} from '../config/diagnostic.ts';
import {AppsupError, systemCode} from '../errors.ts';
import {whyUnsafePlace} from './safe-place.ts';

/** The host's file as text, and what is wrong with how it lies there. */
export interface SiteFileText {
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_BYTES = 256 * 1024;

/**
 * Read the host's file whatever its owner and mode are, and say what keeps users' appsup from believing it.
 *
 * @param installed - It is the file that is in force. A draft elsewhere may be anybody's: that is a warning then.
 * @throws AppsupError `NOT_FOUND`, `DISK`
 */
export function readSiteFile(file: string, installed: boolean): SiteFileText {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw unopened(file, error);
  }
  try {
    const {uid, mode, size} = fstatSync(fd);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || size > MAX_BYTES)
      throw refused(file, `it is no regular file of at most ${MAX_BYTES} bytes`);
    const place = whyUnsafePlace(file);
    const findings = [
      ...(uid === 0 ? [] : [[`It belongs to uid ${uid}, not to root`, `chown root: ${file}`]]),
      ...((mode & 0o022) === 0 ? [] : [['Others can write it', `chmod go-w ${file}`]]),
      ...((mode & 0o004) === 0 ? [['Not everybody can read it', `chmod a+r ${file}`]] : []),
      ...(place === undefined
        ? []
        : [[`Others could put another file in its place: ${place}`, `see namei -l ${file}`]]),
    ];
    const install = `install -o root -g root -m 644 ${file} /etc/appsup/site.toml`;
    return {
      text: readFileSync(fd, 'utf8'),
      diagnostics: findings.map(([message = '', hint = '']) => {
        const severity = installed ? 'error' : 'warning';
        return {file, line: 1, column: 1, length: 1, message, hint: installed ? hint : install, severity};
      }),
    };
  } finally {
    closeSync(fd);
  }
}

function unopened(file: string, error: unknown): AppsupError {
  const code = systemCode(error);
  if (code === undefined) throw error;
  if (code === 'ELOOP') return refused(file, 'it is a symbolic link, which no appsup follows');
  if (code !== 'ENOENT') return refused(file, code);
  return new AppsupError('NOT_FOUND', `Cannot check ${file}: there is none, so the defaults hold`, {
    hint: 'docs/administrators.md has a complete example',
  });
}

function refused(file: string, why: string): AppsupError {
  return new AppsupError('DISK', `Cannot check ${file}: ${why}`);
}
