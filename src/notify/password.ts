import {closeSync, constants, fstatSync, openSync, readFileSync} from 'node:fs';

import {AppsupError, systemCode} from '../errors.ts';

const MOST_BYTES = 4096;

/**
 * The first line of a file that is ours alone. Checked on the open file, so that nobody can exchange it in between.
 *
 * @throws AppsupError `UNSAFE_MODE` when others may read or write it, `NOT_FOUND` when it cannot be read or is empty.
 */
export function readPassword(file: string): string {
  const fd = open(file);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > MOST_BYTES)
      throw refusal('NOT_FOUND', file, 'it is no file with a password');
    if (stat.uid !== process.getuid?.()) throw refusal('UNSAFE_MODE', file, `it belongs to uid ${stat.uid}`);
    if ((stat.mode & 0o077) !== 0)
      throw refusal(
        'UNSAFE_MODE',
        file,
        'other users of this host can read or write it',
        `chmod 600 ${file}`,
      );
    const [line = ''] = readFileSync(fd, 'utf8').split(/\r?\n/, 1);
    if (line === '') throw refusal('NOT_FOUND', file, 'its first line is empty');
    return line;
  } finally {
    closeSync(fd);
  }
}

function open(file: string): number {
  try {
    // Not blocking: a named pipe without a writer would hold us for ever.
    return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw refusal(
      'NOT_FOUND',
      file,
      code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`,
    );
  }
}

function refusal(
  code: 'NOT_FOUND' | 'UNSAFE_MODE',
  file: string,
  problem: string,
  hint?: string,
): AppsupError {
  return new AppsupError(code, `Cannot use ${file}: ${problem}`, hint === undefined ? {} : {hint});
}
