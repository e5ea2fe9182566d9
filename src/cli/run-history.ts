import type {JobStatus, JobsReport, RunStatus} from '../control/api.ts';
import type {AppSpec} from '../core/spec.ts';
import {isAppsupError} from '../errors.ts';
import type {Context} from './context.ts';
import {clockTime, took} from './format.ts';
import {oneLine} from './printable.ts';

/** How an app's jobs and tasks went, and when they are due; `undefined` while no supervisor runs, which alone knows. */
export async function runsOf(
  context: Context,
  {name, jobs, tasks}: AppSpec,
): Promise<JobsReport | undefined> {
  if (jobs.length + tasks.length === 0) return undefined;
  try {
    return await context.connect().jobs({apps: [name]});
  } catch (error) {
    // Also of a supervisor that does not know the app yet, because its file is new.
    if (isAppsupError(error)) return undefined;
    throw error;
  }
}

/** `next 03:30, last done 2026-11-20 03:30 in 0.9 s`. Pure but for the time zone. */
export function historyText(
  {running, last, nextAt}: Pick<JobStatus, 'running' | 'last'> & {readonly nextAt?: number | undefined},
  now: number,
): string {
  return [
    ...(nextAt === undefined ? [] : [`next ${clockTime(nextAt, now)}`]),
    ...(running === undefined ? [] : [`running since ${clockTime(running.startedAt, now)}`]),
    last === undefined ? 'no run yet' : `last ${lastText(last, now)}`,
  ].join(', ');
}

function lastText({result, reason, startedAt, ms}: RunStatus, now: number): string {
  const why = result === 'done' || reason === undefined ? '' : ` (${oneLine(reason)})`;
  return `${result}${why} ${clockTime(startedAt, now)}${ms === undefined ? '' : ` in ${took(ms)}`}`;
}
