import {isAppsupError, systemCode} from '../errors.ts';
import type {AppsupError} from '../errors.ts';
import {asDiskError} from '../system/files.ts';

/**
 * What a person can mend, out of anything that was thrown.
 *
 * @param action - As in «Cannot archive /x/web.log».
 * @throws What is neither ours nor the system's: a bug keeps its stack.
 */
export function asTrouble(error: unknown, action: string): AppsupError {
  const trouble = systemCode(error) === undefined ? error : asDiskError(error, action);
  if (!isAppsupError(trouble)) throw trouble;
  return trouble;
}

/** Tells of each trouble with a file once, until it is over or another. */
export class Troubles {
  readonly #told = new Map<string, string>();
  readonly #tell: (message: string, facts: Readonly<Record<string, unknown>>) => void;

  constructor(tell: (message: string, facts: Readonly<Record<string, unknown>>) => void) {
    this.#tell = tell;
  }

  tell(file: string, {message, hint}: {readonly message: string; readonly hint?: string | undefined}): void {
    if (this.#told.get(file) === message) return;
    this.#told.set(file, message);
    this.#tell(message, {file, ...(hint === undefined ? {} : {hint})});
  }

  /** @param message - Only if it was this one. */
  over(file: string, message?: string): void {
    if (message === undefined || this.#told.get(file) === message) this.#told.delete(file);
  }
}
