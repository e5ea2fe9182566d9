import {setTimeout as sleep} from 'node:timers/promises';

export interface WaitOptions {
  /** @defaultValue 30_000 */
  readonly timeoutMs?: number;
  /** @defaultValue 25 */
  readonly everyMs?: number;
  /** What the failure adds to its message: the log that tells why, for example. */
  readonly onTimeout?: () => string;
}

/**
 * Wait until something has happened that can only be looked at: a file, a process of another user.
 *
 * @param what - The event, as in «the supervisor is gone»; for the message when it does not happen.
 * @returns What `predicate` returned, once that is neither `undefined` nor `false`.
 */
export async function waitUntil<Value>(
  what: string,
  predicate: () => Value | undefined | false | Promise<Value | undefined | false>,
  {timeoutMs = 30_000, everyMs = 25, onTimeout}: WaitOptions = {},
): Promise<Value> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = await predicate();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) {
      throw new Error(
        `Waited ${timeoutMs / 1000} s in vain: ${what}${onTimeout === undefined ? '' : `\n${onTimeout()}`}`,
      );
    }
    await sleep(everyMs);
  }
}
