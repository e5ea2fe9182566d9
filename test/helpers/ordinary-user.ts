import {execFileSync} from 'node:child_process';

/** Debian's and Red Hat's `nobody`. */
const NOBODY = 65_534;

/**
 * Call a synchronous function with the rights of an ordinary user, to whom the directory then belongs.
 *
 * Root may read everything, so a test of "permission denied" would see nothing; an ordinary user is one already.
 * Only the effective uid changes: `process.getuid()` stays.
 */
export function asOrdinaryUser<Result>(directory: string, action: () => Result): Result {
  if (process.getuid?.() !== 0) return action();
  execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, directory]);
  process.seteuid?.(NOBODY);
  try {
    return action();
  } finally {
    process.seteuid?.(0);
  }
}
