import {closeSync, fstatSync} from 'node:fs';

import {Lines, readAt} from './tail.ts';

/** Bytes read at once: a program may print faster than anybody reads. */
const PIECE = 256 * 1024;
/** So much of what was read last is looked for again before reading goes on. */
const KNOWN = 1024;
/** So much of the beginning tells a copy of a file from another one. */
const HEAD = 256;

/**
 * Reads on in one open file that somebody else rotates, under whatever name it has.
 *
 * A file that was emptied after it had been copied (logrotate's `copytruncate`) is read to its end in the copy.
 */
export class FileReader {
  /** Base name, as it was at the last look. */
  name: string;
  readonly #fd: number;
  #position: number;
  #head: Buffer = Buffer.alloc(0);
  #known: Buffer;
  #copy: number | undefined;
  readonly #lines = new Lines();

  constructor(fd: number, name: string, position: number) {
    this.name = name;
    this.#fd = fd;
    this.#position = position;
    const length = Math.min(KNOWN, position);
    this.#known = readAt(fd, position - length, length);
    this.#rememberHead();
  }

  /** Is that file a copy of this one, made to empty this one? */
  isCopied(fd: number, name: string): boolean {
    if (this.#head.length === 0 || name === this.name || !name.startsWith(this.name)) return false;
    return readAt(fd, 0, this.#head.length).equals(this.#head);
  }

  /** The descriptor is ours from now on. */
  setCopy(fd: number): void {
    if (this.#copy !== undefined) closeSync(this.#copy);
    this.#copy = fd;
  }

  /** Some of the new lines; `undefined`: there is nothing more. */
  read(): readonly string[] | undefined {
    const piece = readAt(this.#fd, this.#position - this.#known.length, this.#known.length + PIECE);
    if (!piece.subarray(0, this.#known.length).equals(this.#known)) return this.#startOver();
    const bytes = piece.subarray(this.#known.length);
    if (bytes.length === 0) return undefined;
    this.#position += bytes.length;
    this.#known = Buffer.from(piece.subarray(-KNOWN));
    this.#rememberHead();
    return this.#lines.push(bytes);
  }

  /** The line that nobody will end. */
  flush(): readonly string[] {
    return this.#lines.flush();
  }

  /** No name leads to it any more. */
  get isGone(): boolean {
    return fstatSync(this.#fd).nlink === 0;
  }

  close(): void {
    closeSync(this.#fd);
    if (this.#copy !== undefined) closeSync(this.#copy);
  }

  #startOver(): readonly string[] {
    const rest = this.#copy === undefined ? Buffer.alloc(0) : restOf(this.#copy, this.#position);
    if (this.#copy !== undefined) closeSync(this.#copy);
    this.#copy = undefined;
    this.#position = 0;
    this.#known = Buffer.alloc(0);
    this.#head = Buffer.alloc(0);
    return [...this.#lines.push(rest), ...this.#lines.flush()];
  }

  #rememberHead(): void {
    if (this.#head.length < HEAD) this.#head = readAt(this.#fd, 0, HEAD);
  }
}

function restOf(fd: number, from: number): Buffer {
  return readAt(fd, from, Math.max(0, fstatSync(fd).size - from));
}
