import {appendFileSync, chmodSync, renameSync, statSync} from 'node:fs';

import {messageOf} from '../errors.ts';

export type Level = 'info' | 'warn' | 'error';

/** Writes a line into the supervisor's own log. */
export type Log = (level: Level, message: string, facts?: Readonly<Record<string, unknown>>) => void;

/** Above this many bytes the log becomes `<file>.1`, and that one goes. */
const MOST_BYTES = 5 * 1024 * 1024;

/**
 * The supervisor's own log: one JSON object per line, `{"at":"2026-11-20T14:02:11.120Z","level":"info","message":...}`.
 *
 * Only the supervisor writes it, so a rename rotates it.
 */
export class OwnLog {
  readonly #file: string;
  #bytes: number;

  constructor(file: string) {
    this.#file = file;
    this.#bytes = statSync(file, {throwIfNoEntry: false})?.size ?? 0;
  }

  write(level: Level, message: string, facts: Readonly<Record<string, unknown>> = {}): void {
    const line = `${JSON.stringify({at: new Date().toISOString(), level, message, ...facts})}\n`;
    try {
      if (this.#bytes > MOST_BYTES) this.#rotate();
      appendFileSync(this.#file, line, {mode: 0o600});
      this.#bytes += Buffer.byteLength(line);
    } catch (error) {
      // A log that cannot be written (full disk, read-only home) must not end what it tells of; stderr is the boot log.
      process.stderr.write(`${messageOf(error)}: ${line}`);
    }
  }

  #rotate(): void {
    renameSync(this.#file, `${this.#file}.1`);
    chmodSync(`${this.#file}.1`, 0o600);
    this.#bytes = 0;
  }
}
