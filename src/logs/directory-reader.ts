import {closeSync, fstatSync, readdirSync, statSync} from 'node:fs';
import type {Stats} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';
import {ageOf, isCompressed, logOf} from './declared.ts';
import {FileReader} from './file-reader.ts';
import type {Reader} from './follow.ts';
import {openIfThere} from './tail.ts';

/** A shell's usual limit leaves room for so many descriptors; of more files the newest count. */
const MOST_FILES = 200;

export interface DirectoryReaderOptions {
  /** Absolute; it may come later. */
  readonly directory: string;
  /** By base name. */
  readonly matches: (name: string) => boolean;
  /** What was read so far: the byte to go on at, by inode. */
  readonly seen: ReadonlyMap<number, number>;
  readonly onLines: (name: string, lines: readonly string[]) => void;
}

/**
 * Reads on in files of a directory that their own program rotates.
 *
 * A file is known by its inode, so one that is renamed is read to its end under its new name, and one that takes its place is
 * read from its beginning. Compressed files are not read: their lines were there before.
 */
export class DirectoryReader implements Reader {
  readonly directory: string;
  readonly #matches: (name: string) => boolean;
  readonly #onLines: (name: string, lines: readonly string[]) => void;
  readonly #seen: Map<number, number>;
  readonly #readers = new Map<number, FileReader>();
  /** Inodes of copies. */
  readonly #copies = new Set<number>();

  constructor({directory, matches, seen, onLines}: DirectoryReaderOptions) {
    this.directory = directory;
    this.#matches = matches;
    this.#onLines = onLines;
    this.#seen = new Map(seen);
    this.#openNew(this.#list());
  }

  concerns(): boolean {
    // A file that is followed may have got any name.
    return true;
  }

  read(): boolean {
    const names = this.#list();
    this.#openNew(names);
    let more = false;
    // Older parts of a log come first: to their end, before the newer ones begin.
    const unfinished = new Set<string>();
    for (const [inode, reader] of this.#readers) {
      const log = logOf(reader.name);
      if (!unfinished.has(log) && !this.#readOne(inode, reader, names)) continue;
      unfinished.add(log);
      more = true;
    }
    return more;
  }

  close(): void {
    for (const reader of this.#readers.values()) reader.close();
    this.#readers.clear();
  }

  #readOne(inode: number, reader: FileReader, names: ReadonlyMap<number, string>): boolean {
    const lines = reader.read();
    if (lines !== undefined) {
      this.#tell(reader, lines);
      return true;
    }
    const name = names.get(inode);
    const replaced = name !== reader.name && [...names.values()].includes(reader.name);
    const gone = name === undefined && reader.isGone;
    if (replaced || gone) this.#tell(reader, reader.flush());
    if (name !== undefined) reader.name = name;
    if (gone) {
      reader.close();
      this.#readers.delete(inode);
    }
    return false;
  }

  #openNew(names: ReadonlyMap<number, string>): void {
    for (const [inode, name] of names) {
      if (this.#readers.has(inode) || this.#copies.has(inode)) continue;
      const fd = this.#openFile(name);
      if (fd === undefined) continue;
      const position = this.#seen.get(inode);
      this.#seen.delete(inode);
      const original = position === undefined ? this.#originalOf(fd, name, names) : undefined;
      if (original === undefined)
        this.#readers.set(inode, new FileReader(fd, name, Math.min(position ?? 0, fstatSync(fd).size)));
      else this.#copies.add(inode);
      original?.setCopy(fd);
    }
  }

  /** What it was copied from: that one has its name still, and is about to be emptied, or was. */
  #originalOf(fd: number, name: string, names: ReadonlyMap<number, string>): FileReader | undefined {
    const unmoved = [...this.#readers].filter(([inode, reader]) => names.get(inode) === reader.name);
    return unmoved.map(([, reader]) => reader).find((reader) => reader.isCopied(fd, name));
  }

  #openFile(name: string): number | undefined {
    try {
      const fd = openIfThere(path.join(this.directory, name));
      if (fd !== undefined && fstatSync(fd).isFile()) return fd;
      if (fd !== undefined) closeSync(fd);
    } catch (error) {
      // Nobody but a person can make it readable; they were told of it at the beginning.
      if (systemCode(error) === undefined) throw error;
    }
    return undefined;
  }

  /** Plain files by inode; of two names of one file, the last one. */
  #list(): ReadonlyMap<number, string> {
    const names = namesIn(this.directory).filter((name) => this.#matches(name) && !isCompressed(name));
    const files = names.flatMap((name) => {
      const stat = statIfThere(path.join(this.directory, name));
      return stat?.isFile() === true ? [{name, inode: stat.ino, changedMs: stat.mtimeMs}] : [];
    });
    const newest = files.toSorted((a, b) => a.changedMs - b.changedMs).slice(-MOST_FILES);
    const oldestFirst = newest.toSorted((a, b) => ageOf(b.name) - ageOf(a.name));
    return new Map(oldestFirst.map(({inode, name}) => [inode, name]));
  }

  #tell(reader: FileReader, lines: readonly string[]): void {
    if (lines.length > 0) this.#onLines(reader.name, lines);
  }
}

/** `undefined` also for what cannot be looked at, such as a link to itself. */
function statIfThere(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}
