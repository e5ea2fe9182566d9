import {closeSync, fstatSync, statSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';
import {compareRanks, parseBeside} from './archive.ts';
import type {Rank} from './archive.ts';
import type {Reader} from './follow.ts';
import {alike, bytesOf, layoutOf, lookAt, readPart} from './look.ts';
import type {Look, Part} from './look.ts';
import type {Place} from './parts.ts';
import {Lines, openIfThere, readAt} from './tail.ts';

/** Bytes read at once: a program may print faster than anybody reads. */
const PIECE = 256 * 1024;
/** So much of what was read last is looked for again before reading goes on. */
const KNOWN = 1024;
/** So much of the beginning tells the archive of what was being read from another one. */
const HEAD = 256;

/**
 * Reads on in the log of a process while it is rotated under the reader: no line is left out or read twice.
 *
 * The place is «so many bytes behind archive R», which a rotation does not change. When the next archive is there, what is
 * missing is read from it, and the place becomes one behind it:
 *
 * ```
 *  R | aaaa bbbb cccc            place: R + 12
 *  R | aaaa bbbb | S | cccc      place: S + 2 (not S + 0: `c` was read by half)
 * ```
 *
 * A read counts only if the traces of a rotation (the archives' names, its mark and note at the head of the log) were the same
 * before and after it.
 */
export class LogReader implements Reader {
  readonly directory: string;
  readonly #file: string;
  readonly #onLines: (lines: readonly string[]) => void;
  #fd: number | undefined;
  #rank: Rank | undefined;
  #offset: number;
  #known: Buffer = Buffer.alloc(0);
  #head: Buffer = Buffer.alloc(0);
  readonly #lines = new Lines();

  constructor(file: string, {inode, rank, offset}: Place, onLines: (lines: readonly string[]) => void) {
    this.directory = path.dirname(file);
    this.#file = file;
    this.#onLines = onLines;
    this.#rank = rank;
    this.#fd = openIfThere(file);
    this.#offset = this.#fd !== undefined && fstatSync(this.#fd).ino === inode ? offset : 0;
  }

  concerns(name: string): boolean {
    const log = path.basename(this.#file);
    return name === log || parseBeside(log, name) !== undefined;
  }

  read(): boolean {
    this.#fd ??= openIfThere(this.#file);
    try {
      const look = lookAt(this.#file, this.#fd);
      const take = this.#next(look);
      // Something was moved meanwhile: what was read may be anything.
      return alike(lookAt(this.#file, this.#fd), look) ? take() : true;
    } catch (error) {
      // An archive was compressed since its name was read.
      if (systemCode(error) === 'ENOENT') return true;
      throw error;
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** Read; what it means is done by the function that is returned, if the read counts. */
  #next(look: Look): () => boolean {
    const newer = look.archives.find(
      ({rank}) => this.#rank === undefined || compareRanks(rank, this.#rank) > 0,
    );
    if (newer !== undefined) return this.#fromArchive(newer);
    return this.#fd === undefined ? () => false : this.#fromLog(this.#fd, look);
  }

  #fromArchive(part: Part): () => boolean {
    const head = this.#head.length === 0 || part.gzip ? this.#head : readPart(part, 0, this.#head.length);
    // Others were in between, which went as surplus before anybody read them; or the log was emptied by hand.
    if (!head.equals(this.#head)) return () => this.#startOver();
    const size = bytesOf(part);
    const bytes = this.#offset < size ? readPart(part, this.#offset, PIECE) : Buffer.alloc(0);
    if (bytes.length > 0) return () => this.#take(bytes);
    return () => {
      this.#offset = Math.max(0, this.#offset - size);
      this.#rank = part.rank;
      this.#head = Buffer.alloc(0);
      return true;
    };
  }

  #fromLog(fd: number, look: Look): () => boolean {
    const {moved, from} = layoutOf(this.#file, look);
    const behind = moved === undefined ? this.#offset : this.#offset - moved.bytes;
    if (moved !== undefined && behind < 0) {
      const bytes = readPart({...moved, gzip: false}, this.#offset, Math.min(PIECE, -behind));
      return () => this.#take(bytes);
    }
    const at = from + behind;
    const known = this.#known.length === 0 ? knownBefore(fd, at, behind) : this.#known;
    const check = known.subarray(Math.max(0, known.length - behind));
    const piece = readAt(fd, at - check.length, check.length + PIECE);
    if (!piece.subarray(0, check.length).equals(check) || fstatSync(fd).size < at)
      return () => this.#offset > 0 && this.#startOver();
    const head = moved === undefined && this.#head.length < HEAD ? readAt(fd, from, HEAD) : this.#head;
    const bytes = piece.subarray(check.length);
    return () => {
      this.#head = head;
      this.#known = known;
      return bytes.length > 0 ? this.#take(bytes) : this.#openSuccessor(fd);
    };
  }

  #take(bytes: Buffer): boolean {
    this.#offset += bytes.length;
    this.#known = Buffer.concat([this.#known, bytes]).subarray(-KNOWN);
    this.#tell(this.#lines.push(bytes));
    return true;
  }

  #startOver(): boolean {
    this.#tell(this.#lines.flush());
    this.#offset = 0;
    this.#known = Buffer.alloc(0);
    this.#head = Buffer.alloc(0);
    return true;
  }

  /** At the end. Was the file replaced by another of the same name? */
  #openSuccessor(fd: number): boolean {
    try {
      if (statSync(this.#file).ino === fstatSync(fd).ino) return false;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    }
    this.close();
    return this.#startOver();
  }

  #tell(lines: readonly string[]): void {
    if (lines.length > 0) this.#onLines(lines);
  }
}

function knownBefore(fd: number, at: number, most: number): Buffer {
  const length = Math.min(KNOWN, most);
  return readAt(fd, at - length, length);
}
