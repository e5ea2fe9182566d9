import path from 'node:path';

import {lock} from 'proper-lockfile';

import {AppsupError, systemCode} from '../errors.ts';
import {asDiskError} from '../system/files.ts';

/** A holder that was killed is followed after this long; a living one renews its hold every few seconds. */
const STALE_MS = 15_000;

/**
 * Do something while no other appsup of this user edits the crontab. Short things only.
 *
 * The lock lies in the home and not in a state directory: a user with several state directories has one crontab.
 *
 * @param action - Calls its argument right before it changes something: it throws when the hold was lost meanwhile
 * (a machine that slept), because then somebody else may be at it.
 * @throws AppsupError `TIMEOUT` when others hold it for half a minute, `DISK` when the home is not writable.
 */
export async function alone<Result>(
  home: string,
  action: (stillAlone: () => void) => Promise<Result>,
): Promise<Result> {
  let lost: Error | undefined;
  const release = await take(home, (error) => (lost = error));
  try {
    return await action(() => {
      if (lost !== undefined) throw busy(lost);
    });
  } finally {
    // A hold that was lost is not ours to release.
    if (lost === undefined) await release();
  }
}

async function take(home: string, onCompromised: (error: Error) => void): Promise<() => Promise<void>> {
  try {
    return await lock(home, {
      lockfilePath: path.join(home, '.appsup-crontab.lock'),
      realpath: false,
      stale: STALE_MS,
      // Together well over STALE_MS.
      retries: {retries: 80, factor: 1.3, minTimeout: 20, maxTimeout: 500, randomize: true},
      onCompromised,
    });
  } catch (error) {
    throw systemCode(error) === 'ELOCKED' ? busy(error) : asDiskError(error, `make a lock in ${home}`);
  }
}

function busy(cause: unknown): AppsupError {
  return new AppsupError('TIMEOUT', 'Cannot edit your crontab: another appsup is editing it', {
    hint: 'nothing was changed; try again',
    cause,
  });
}
