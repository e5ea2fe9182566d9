import type {ProcessStatus, SupervisorApi} from '../control/api.ts';
import {AppsupError, isAppsupError} from '../errors.ts';
import {EXIT} from './exit-codes.ts';

/**
 * The error of an action: of one that was not done within `--timeout`, with what is still going on.
 *
 * @throws AppsupError `TIMEOUT` with `pending` and exit code 124; any other error as it is
 */
export async function late(
  connect: () => SupervisorApi,
  error: unknown,
  targets: readonly string[],
): Promise<never> {
  if (!isAppsupError(error) || error.code !== 'TIMEOUT' || error.details['limitMs'] === undefined)
    throw error;
  const seen = await connect()
    .status({targets: targets.includes('all') ? [] : targets, memory: false})
    // A supervisor that has gone meanwhile says nothing of what goes on.
    .catch(() => undefined);
  const pending = (seen?.apps ?? []).flatMap(({processes}) => processes).filter(isPending);
  throw new AppsupError('TIMEOUT', [error.message, ...pending.map(goingOn)].join('; '), {
    hint: `the supervisor goes on with it: appsup status ${targets.join(' ')}`,
    details: {
      ...error.details,
      pending: pending.map(({app, process, state, change = null, reason = null}) => {
        return {app, process, state, change, reason};
      }),
    },
    exitCode: EXIT.late,
    cause: error,
  });
}

/** On its way to what is wished. */
export function isPending({state, desired, dormant, change}: ProcessStatus): boolean {
  if (change !== undefined || state === 'stopping') return true;
  if (desired === 'stopped') return state === 'running' || state === 'starting';
  return !(state === 'running' || state === 'fatal' || state === 'exited' || dormant === true);
}

const BESIDE = {
  proving: 'its new version is starting',
  abandoning: 'its new version did not become ready and is being ended',
  leaving: 'the old one has requests to finish',
} as const;

/** `hello:web is starting`. Pure. */
function goingOn({app, process, state, change, reason}: ProcessStatus): string {
  const name = `${app}:${process}`;
  if (change !== undefined) return `${name}: ${BESIDE[change]}`;
  return `${name} is ${state}${reason === undefined ? '' : `, ${reason}`}`;
}
