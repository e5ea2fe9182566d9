import type {JobStatus, RunStatus} from '../../control/api.ts';
import {columns} from '../columns.ts';
import type {Command} from '../context.ts';
import {clockTime, took} from '../format.ts';
import {checkedTargets} from '../targets.ts';
import type {Style} from '../terminal.ts';

/** `appsup jobs [APP...]` → `POST /v1/jobs` */
export const jobs: Command = async (context, {words}) => {
  const {terminal, clock} = context;
  const apps = checkedTargets('show the jobs of', words).filter((word) => word !== 'all');
  const report = await (await context.summon()).jobs({apps});
  const now = clock.wall();
  const head = ['APP', 'JOB', 'SCHEDULE', 'NEXT', 'LAST', 'TOOK', 'RESULT'];
  const rows = report.jobs.map((job) => rowOf(job, now, terminal.style));
  return {
    text: rows.length === 0 ? '' : columns([head, ...rows], terminal.width).join('\n'),
    json: report.jobs.map(jsonOf),
    hints:
      rows.length === 0 ? ['there are no jobs: docs/config.md shows [jobs.NAME]'] : failures(report.jobs),
  };
};

function rowOf(
  {app, job, schedule, timezone, nextAt, reason, running, last}: JobStatus,
  now: number,
  style: Style,
): readonly (string | {readonly text: string; readonly paint: (text: string) => string})[] {
  const next = nextAt === undefined ? (reason ?? '-') : clockTime(nextAt, now);
  const shown = running ?? last;
  const failed = running === undefined && last !== undefined && last.result !== 'done';
  return [
    app,
    job,
    timezone === undefined ? schedule : `${schedule} (${timezone})`,
    reason !== undefined && nextAt !== undefined ? reason : next,
    shown === undefined ? '-' : clockTime(shown.startedAt, now),
    shown === undefined ? '-' : took(shown.ms ?? now - shown.startedAt),
    {text: running === undefined ? resultText(last) : 'running', paint: failed ? style.bad : style.good},
  ];
}

function resultText(last: RunStatus | undefined): string {
  if (last === undefined) return '-';
  return last.result === 'done' ? 'done' : (last.reason ?? last.result);
}

function failures(all: readonly JobStatus[]): readonly string[] {
  return all.flatMap(({last, running}) =>
    last === undefined || last.result === 'done' || running !== undefined
      ? []
      : [`${last.app}:${last.name} ${last.result}: all that it printed is in ${last.log}`],
  );
}

/** Every field in every line; what is not there is null. */
function jsonOf({
  nextAt = null,
  reason = null,
  timezone = null,
  running = null,
  last = null,
  ...job
}: Nullable<JobStatus>): unknown {
  return {...job, timezone, nextAt, reason, running, last};
}

type Nullable<T> = {readonly [Key in keyof T]: undefined extends T[Key] ? T[Key] | null : T[Key]};
