import {closeSync, fstatSync, mkdirSync, statSync, watch} from 'node:fs';
import type {FSWatcher} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';
import {openIfThere, readAt, withoutReturn} from './tail.ts';

/** Where following begins. */
export interface Start {
  /** Absolute. The file may come later; its directory is made. */
  readonly file: string;
  /** Byte to begin with. */
  readonly from: number;
  /** Of the file that `from` counts in; `undefined`: it did not exist. */
  readonly inode: number | undefined;
}

/** Bytes read at once: a program may print faster than anybody reads. */
const PIECE = 256 * 1024;
/** So much of what was read last is looked for again in a file that has become shorter. */
const KNOWN = 1024;

/**
 * Call back for every whole line that is written to the files, until the signal aborts.
 *
 * The kernel says when there is something (inotify through fs.watch): no polling. A file that is replaced is read to its end, then
 * the new one from its beginning. A file that becomes shorter was emptied, or its head was cut off by rotation: reading goes on
 * behind the bytes that were read last, if they are still in it.
 */
export async function follow(
  starts: readonly Start[],
  onLines: (file: string, lines: readonly string[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const followers = starts.map((start) => new Follower(start, (lines) => onLines(start.file, lines)));
  const watchers = watchDirectories(followers);
  // What was written between the caller's reading and the watch.
  for (const follower of followers) follower.read();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), {once: true});
  });
  for (const watcher of watchers) watcher.close();
  for (const follower of followers) follower.close();
}

/** One watch per directory: it also sees files that come, go and are renamed. */
function watchDirectories(followers: readonly Follower[]): readonly FSWatcher[] {
  const directories = new Set(followers.map(({file}) => path.dirname(file)));
  return [...directories].map((directory) => {
    const inside = followers.filter(({file}) => path.dirname(file) === directory);
    mkdirSync(directory, {recursive: true, mode: 0o700});
    const byName = new Map(inside.map((follower) => [path.basename(follower.file), follower]));
    return watch(directory, (_kind, name) => byName.get(name ?? '')?.read());
  });
}

class Follower {
  readonly file: string;
  readonly #onLines: (lines: readonly string[]) => void;
  #fd: number | undefined;
  #position: number;
  /** Begun, not ended. */
  #partial: Buffer = Buffer.alloc(0);
  #known: Buffer = Buffer.alloc(0);

  constructor({file, from, inode}: Start, onLines: (lines: readonly string[]) => void) {
    this.file = file;
    this.#onLines = onLines;
    this.#fd = openIfThere(file);
    const same = this.#fd !== undefined && fstatSync(this.#fd).ino === inode;
    this.#position = same ? from : 0;
    if (same && this.#fd !== undefined) {
      const length = Math.min(KNOWN, from);
      this.#known = readAt(this.#fd, from - length, length);
    }
  }

  /** Read what is new. */
  read(): void {
    this.#readOpen();
    // Its successor has the same name and another inode.
    while (this.#wasReplaced()) {
      this.close();
      this.#fd = openIfThere(this.file);
      this.#position = 0;
      this.#known = Buffer.alloc(0);
      this.#flush();
      this.#readOpen();
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #readOpen(): void {
    if (this.#fd === undefined) return;
    if (fstatSync(this.#fd).size < this.#position) this.#position = this.#placeInShortened(this.#fd);
    for (;;) {
      const bytes = readAt(this.#fd, this.#position, PIECE);
      if (bytes.length === 0) return;
      this.#position += bytes.length;
      this.#known = Buffer.concat([this.#known, bytes]).subarray(-KNOWN);
      this.#take(bytes);
    }
  }

  /** Behind the bytes that were read last, or the beginning. A few bytes may be there by chance, so they prove nothing. */
  #placeInShortened(fd: number): number {
    const at = this.#known.length < KNOWN ? -1 : readAt(fd, 0, fstatSync(fd).size).indexOf(this.#known);
    if (at >= 0) return at + this.#known.length;
    this.#known = Buffer.alloc(0);
    this.#flush();
    return 0;
  }

  #take(bytes: Buffer): void {
    const all = Buffer.concat([this.#partial, bytes]);
    const end = all.lastIndexOf(10) + 1;
    this.#partial = Buffer.from(all.subarray(end));
    if (end > 0)
      this.#onLines(
        all
          .toString('utf8', 0, end - 1)
          .split('\n')
          .map(withoutReturn),
      );
  }

  /** The rest of a file that is no more is a line, too. */
  #flush(): void {
    if (this.#partial.length > 0) this.#onLines([this.#partial.toString('utf8')]);
    this.#partial = Buffer.alloc(0);
  }

  #wasReplaced(): boolean {
    try {
      const {ino} = statSync(this.file);
      return this.#fd === undefined || fstatSync(this.#fd).ino !== ino;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    }
  }
}
