import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  statSync,
} from 'node:fs';

import {systemCode} from '../errors.ts';

/** The result of a look at the file system; what cannot be seen is not there, for somebody who looks for something. */
export function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

/** True for a file, also at the end of a symbolic link. */
export function isFile(file: string): boolean {
  return attempt(() => statSync(file))?.isFile() ?? false;
}

/** True for a file that we may run. */
export function isExecutable(file: string): boolean {
  return isFile(file) && attempt(() => accessSync(file, constants.X_OK) ?? true) === true;
}

/** True when something is there; of a symbolic link, its target. */
export function exists(file: string): boolean {
  return attempt(() => statSync(file)) !== undefined;
}

/** True when a name is there, also that of a link that leads nowhere. */
export function isNamed(file: string): boolean {
  return attempt(() => lstatSync(file)) !== undefined;
}

/** The names in a directory, none when it cannot be read. */
export function entries(directory: string): readonly string[] {
  return attempt(() => readdirSync(directory)) ?? [];
}

/** The text of a file that is there and can be read. */
export function readText(file: string): string | undefined {
  return attempt(() => readFileSync(file, 'utf8'));
}

/** The lines of a file, trimmed; none when it cannot be read. */
export function linesOf(file: string): readonly string[] {
  return (readText(file) ?? '').split('\n').map((line) => line.trim());
}

/** The first 256 bytes, one character each: enough for a `#!` line, and no binary is read as a whole. */
export function headOf(file: string): string {
  const fd = attempt(() => openSync(file, 'r'));
  if (fd === undefined) return '';
  try {
    const bytes = Buffer.alloc(256);
    return bytes.toString('latin1', 0, attempt(() => readSync(fd, bytes)) ?? 0);
  } finally {
    closeSync(fd);
  }
}
