import {controlClient} from '../control/client.ts';
import type {SupervisorApi} from '../control/api.ts';
import {AppsupError, isAppsupError} from '../errors.ts';
import type {Limits} from './context.ts';

export interface ConnectOptions {
  readonly socket: string;
  readonly version: string;
  /** Told once when the supervisor is of another version. */
  readonly onVersion: (theirs: string) => void;
}

/** The supervisor behind the socket, whether it runs or not. */
export function connector(options: ConnectOptions): (limits?: Limits) => SupervisorApi {
  let told = false;
  return (limits = {}) =>
    controlClient({
      ...options,
      ...limits,
      onVersion(theirs) {
        if (!told) options.onVersion(theirs);
        told = true;
      },
    });
}

/**
 * The supervisor, started first when none runs.
 *
 * Two commands at once may both find none: only one of the two supervisors gets the lock, and both commands end connected to it.
 *
 * @param start - Start a supervisor; resolves when it answers, rejects with `SUPERVISOR_RUNS` when another one was faster.
 */
export async function summonSupervisor(
  connect: () => SupervisorApi,
  start: () => Promise<void>,
  pause: (ms: number) => Promise<void>,
): Promise<SupervisorApi> {
  const api = connect();
  if (await answers(api)) return api;
  try {
    await start();
  } catch (error) {
    if (!isAppsupError(error) || error.code !== 'SUPERVISOR_RUNS') throw error;
    // It has the lock, and may need a moment until it has its socket.
    for (let waited = 0; !(await answers(api)); waited += 50) {
      if (waited > 60_000) throw silentSupervisor(error);
      await pause(50);
    }
  }
  return api;
}

async function answers(api: SupervisorApi): Promise<boolean> {
  try {
    await api.info();
    return true;
  } catch (error) {
    if (isAppsupError(error) && error.code === 'SUPERVISOR_GONE') return false;
    throw error;
  }
}

function silentSupervisor(cause: unknown): AppsupError {
  return new AppsupError(
    'SUPERVISOR_START',
    'Cannot reach the supervisor: one holds the lock, but none answers at the socket',
    {
      hint: 'appsup daemon status shows its pid; appsup daemon restart replaces it',
      cause,
    },
  );
}
