import type {RunRequest} from '../control/api.ts';
import {AppsupError} from '../errors.ts';
import type {RunRecord} from './run-records.ts';

/** Another run of the app is in the way. @param now - Wall clock. */
export function busyWith(record: RunRecord, name: string, now: number): AppsupError {
  const {app, list, index, startedAt} = record;
  const step = record[list][index];
  const where = step === undefined ? '' : ` (step ${index + 1} of ${record[list].length}: ${step.name})`;
  return new AppsupError(
    'RUN_BUSY',
    `Cannot run "${name}": "${record.name}" of ${app} runs since ${sinceText(now - startedAt)}${where}`,
    {
      hint: `wait for it, or end it: appsup run ${app} ${record.name} --cancel`,
      details: {app, name: record.name, startedAt},
    },
  );
}

export function notConfirmed({app, name}: RunRequest, confirm: string): AppsupError {
  return new AppsupError('NOT_CONFIRMED', `Cannot run "${name}" of ${app}: it was not confirmed`, {
    hint: `appsup run ${app} ${name} --yes --confirm ${JSON.stringify(confirm)}`,
    details: {app, name, confirm},
  });
}

function sinceText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
