import {closeSync, constants, fstatSync, openSync, opendirSync, readSync} from 'node:fs';
import type {Dirent} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../../errors.ts';

/** Sources are read up to here: what makes an app stands near the top, and a file may be endless. */
const MAX_BYTES = 256 * 1024;
/** A directory of uploads must not hold up `appsup add`. */
const MAX_ENTRIES = 2000;

/**
 * A directory of somebody's code, looked at without trust: nothing is run, and nothing that lies there can hang or break the look.
 *
 * Errors become absence; `unreadable` keeps what permission denied.
 */
export class Folder {
  readonly path: string;
  readonly #unreadable: string[];

  constructor(directory: string, unreadable: string[] = []) {
    this.path = directory;
    this.#unreadable = unreadable;
  }

  /** What was there but not for us, absolute. */
  get unreadable(): readonly string[] {
    return this.#unreadable;
  }

  /** Names of entries in alphabetical order; links count as what they are named for and are seen through by {@link Folder.read}. */
  files(): readonly string[] {
    return this.#entries()
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name);
  }

  folders(): readonly string[] {
    return this.#entries()
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  }

  inside(name: string): Folder {
    return new Folder(path.join(this.path, name), this.#unreadable);
  }

  /** The text of a regular file, cut at 256 KiB; `undefined` for anything else and for binary data. */
  read(name: string): string | undefined {
    return this.#try(name, (fd) => {
      if (!fstatSync(fd).isFile()) return undefined;
      const buffer = Buffer.alloc(MAX_BYTES);
      const length = readSync(fd, buffer, 0, MAX_BYTES, 0);
      const bytes = buffer.subarray(0, length);
      return bytes.includes(0) ? undefined : bytes.toString('utf8');
    });
  }

  /** Permission bits of a regular file. */
  mode(name: string): number | undefined {
    return this.#try(name, (fd) => {
      const stat = fstatSync(fd);
      return stat.isFile() ? stat.mode & 0o777 : undefined;
    });
  }

  /** True when there is anything under the name, links seen through. */
  has(name: string): boolean {
    return this.#try(name, () => true) ?? false;
  }

  #try<Result>(name: string, look: (fd: number) => Result): Result | undefined {
    const file = path.join(this.path, name);
    let fd: number | undefined;
    try {
      // O_NONBLOCK: a named pipe without a writer would wait for ever.
      fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
      return look(fd);
    } catch (error) {
      this.#note(error, file);
      return undefined;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  #entries(): readonly Dirent[] {
    const found: Dirent[] = [];
    try {
      const directory = opendirSync(this.path);
      try {
        for (
          let entry = directory.readSync();
          entry !== null && found.length < MAX_ENTRIES;
          entry = directory.readSync()
        ) {
          found.push(entry);
        }
      } finally {
        directory.closeSync();
      }
    } catch (error) {
      this.#note(error, this.path);
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** A system error is the answer "not there"; all else is a bug. */
  #note(error: unknown, file: string): void {
    const code = systemCode(error);
    if (code === undefined) throw error;
    if ((code === 'EACCES' || code === 'EPERM') && !this.#unreadable.includes(file))
      this.#unreadable.push(file);
  }
}
