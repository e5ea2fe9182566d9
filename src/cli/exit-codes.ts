import {isAppsupError} from '../errors.ts';
import type {ActRequest, ActResult, AppStatus} from '../control/api.ts';

/**
 * What the command line ends with: the convention of init scripts (LSB), as supervisorctl uses it.
 *
 * `status` has numbers of its own: 3 for something that does not run, 4 for something that nobody knows.
 */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notRunningStatus: 3,
  unknownStatus: 4,
  notRunning: 7,
  late: 124,
} as const;

/** For `appsup help exit-codes`. */
export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [EXIT.ok, 'done; also when there was nothing to do (it ran already, it was stopped already)'],
  [EXIT.failed, 'it failed; of a restart: the old process still serves'],
  [EXIT.usage, 'the command line is wrong, or names several things where one is needed'],
  [EXIT.notRunningStatus, '"status" only: something that it shows is not running'],
  [EXIT.unknownStatus, '"status" only: there is no such app or program'],
  [EXIT.notRunning, '"start", "restart", "signal": it is not running now'],
  [EXIT.late, 'with "--timeout": time was up first, and the supervisor goes on with it (as timeout(1) ends)'],
];

/** Of `status`: every process that is shown has to be running, or asleep until somebody comes. */
export function statusExit(apps: readonly AppStatus[]): number {
  const processes = apps.flatMap((app) => app.processes);
  return processes.every(({state, dormant}) => state === 'running' || dormant === true)
    ? EXIT.ok
    : EXIT.notRunningStatus;
}

/** Of `start`, `stop`, `restart`: the last failure counts, as with supervisorctl. */
export function actExit(action: ActRequest['action'], results: readonly ActResult[]): number {
  const failure = results.findLast(({ok}) => !ok);
  if (failure === undefined) return EXIT.ok;
  return action === 'stop' || failure.state === 'running' ? EXIT.failed : EXIT.notRunning;
}

/** Of anything that was thrown. */
export function errorExit(error: unknown, verb?: string): number {
  if (!isAppsupError(error)) return EXIT.failed;
  const unknown = error.code === 'NO_SUCH_APP' || error.code === 'NO_SUCH_PROGRAM';
  return verb === 'status' && unknown ? EXIT.unknownStatus : error.exitCode;
}
