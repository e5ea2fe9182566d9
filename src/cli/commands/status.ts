import type {AppStatus, ProcessStatus, StateName, StatusReport} from '../../control/api.ts';
import {isAppsupError} from '../../errors.ts';
import type {Command, Context} from '../context.ts';
import {columns} from '../columns.ts';
import type {Cell} from '../columns.ts';
import {EXIT, statusExit} from '../exit-codes.ts';
import {age, clockTime, counted, megabytes} from '../format.ts';
import {existsSync} from 'node:fs';
import type {Result} from '../output.ts';
import {refusedBy} from '../refused.ts';
import {appFileNames, checkedTargets} from '../targets.ts';
import type {Style} from '../terminal.ts';

/** A shorter absence is a restart of its own, and no news. */
const NOTICEABLE_MS = 1000;
/** For so long, `status` tells of the supervisor's absence. */
const REMEMBER_MS = 24 * 3600 * 1000;
const HEADER = ['APP', 'PROGRAM', 'STATE', 'SINCE', 'RESTARTS', 'PID', 'MEM', 'WHERE'];

/** `appsup status [APP[:PROGRAM]...]` → `GET /v1/status` */
export const status: Command = async (context, {words, options}) => {
  const targets = checkedTargets('show', words).filter((word) => word !== 'all');
  try {
    const report = await context.connect().status({targets, memory: !options.has('no-memory')});
    return {
      text: statusTable(report.apps, {
        now: context.clock.wall(),
        width: context.terminal.width,
        style: context.terminal.style,
      }),
      json: [jsonOf(report)],
      hints: [...statusHints(report, context.clock.wall()), ...bootHint(context)],
      exitCode: statusExit(report.apps),
    };
  } catch (error) {
    if (isAppsupError(error) && error.code === 'SUPERVISOR_GONE' && error.details['reached'] === false)
      return nobody(context, targets);
    throw error;
  }
};

/** With every field, whatever its state: what is not known is `null`. */
function jsonOf({supervisor, apps}: StatusReport): unknown {
  const {goneMs = null, cameBackAt = null} = supervisor;
  return {
    supervisor: {...supervisor, goneMs, cameBackAt},
    apps: apps.map((app) => {
      const {port = null, where = null} = app;
      return {...app, port, where, processes: app.processes.map(processJson)};
    }),
  };
}

function processJson(process: ProcessStatus): unknown {
  const {
    pid = null,
    memory = null,
    reason = null,
    nextTryAt = null,
    lastChangeFailed = null,
    health = null,
    change = null,
  } = process;
  return {...process, pid, memory, reason, nextTryAt, lastChangeFailed, health, change};
}

/** What is known of every process, in columns. Pure. */
export function statusTable(
  apps: readonly AppStatus[],
  {now, width, style}: {readonly now: number; readonly width?: number | undefined; readonly style: Style},
): string {
  const rows = apps.flatMap((app) =>
    app.processes.map((process, at) => [
      at === 0 ? app.app : '',
      ...processCells(app, process, at, now, style),
    ]),
  );
  // An app without processes must not vanish: its file never was right, or it has no programs.
  const empty = apps
    .filter((app) => app.processes.length === 0)
    .map((app) => [
      app.app,
      '-',
      app.problems.length === 0 ? '-' : paint('unknown', style),
      '-',
      '-',
      '-',
      '-',
      app.problems[0] ?? 'no programs: the front end serves its files',
    ]);
  if (rows.length + empty.length === 0) return '';
  return columns([HEADER.map((text) => ({text, paint: style.dim})), ...rows, ...empty], width).join('\n');
}

function processCells(
  app: AppStatus,
  process: ProcessStatus,
  at: number,
  now: number,
  style: Style,
): (Cell | string)[] {
  const living = process.pid !== undefined;
  return [
    process.process,
    paint(process.state, style),
    age(now - process.since),
    living || process.restarts > 0 ? String(process.restarts) : '-',
    living ? String(process.pid) : '-',
    process.memory === undefined ? '-' : megabytes(process.memory),
    whereCell(app, process, at, now),
  ];
}

/** The address of what serves, the reason of what does not run. */
function whereCell(app: AppStatus, process: ProcessStatus, at: number, now: number): string {
  const serves = process.serves ?? at === 0;
  if (process.state === 'running') return (serves ? address(app, now) : undefined) ?? '-';
  const reason = process.reason ?? '-';
  return process.state === 'stopped' && process.dormant !== true && serves && app.port !== undefined
    ? `${reason}; its port answers 503`
    : reason;
}

function address({where, front}: AppStatus, now: number): string | undefined {
  const {verified} = front ?? {};
  if (verified === undefined || verified.notOk > 0) return where;
  return `${verified.url}  verified ${age(now - verified.at)} ago`;
}

function paint(state: StateName, style: Style): Cell {
  const paints: Readonly<Record<StateName, (text: string) => string>> = {
    running: style.good,
    starting: style.care,
    backoff: style.care,
    stopping: style.care,
    exited: style.care,
    fatal: style.bad,
    unknown: style.bad,
    stopped: style.dim,
  };
  return {text: state, paint: paints[state]};
}

/** What the table cannot say. Pure. */
export function statusHints({supervisor, apps}: StatusReport, now: number): readonly string[] {
  const processes = apps.flatMap((app) => app.processes);
  return [
    ...apps.flatMap(({app, problems}) => problems.map((problem) => `${app}: ${problem}`)),
    ...apps.flatMap((app) => frontHints(app, now)),
    ...processes.flatMap((process) => processHints(process, now)),
    ...absenceHint(supervisor, processes, now),
  ];
}

function frontHints({app, front}: AppStatus, now: number): readonly string[] {
  const {verified} = front ?? {};
  const failed =
    verified === undefined || verified.notOk === 0
      ? []
      : [
          `${app}: ${verified.notOk} of ${verified.notOk + verified.ok} facts about ${verified.url} need attention, as of ${age(now - verified.at)} ago: appsup verify ${app}`,
        ];
  if (front?.stale === undefined) return failed;
  return [
    `${app}: the administrators' lines of ${front.requestedAt} are out of date (${front.stale}): send them the new ones, appsup request ${app}`,
  ];
}

function processHints(process: ProcessStatus, now: number): readonly string[] {
  const name = `${process.app}:${process.process}`;
  const hints: string[] = [];
  if (process.nextTryAt !== undefined)
    hints.push(`${name}  next try in ${age(process.nextTryAt - now)}${remedy(process)}`);
  if (process.state === 'fatal')
    hints.push(`${name}  was given up: appsup logs ${name}, then appsup start ${name}`);
  if (process.lastChangeFailed !== undefined) {
    hints.push(
      `${name}  the last restart came to nothing, the older process still serves: ${process.lastChangeFailed}`,
    );
  }
  if (process.health === 'unhealthy')
    hints.push(`${name}  does not pass its health checks: appsup logs ${name}`);
  if (process.outdated)
    hints.push(`${name}  its file has changed since it was started: appsup restart ${name}`);
  return hints;
}

/** What is known to help a program that is tried again. */
function remedy({app, process, reason}: ProcessStatus): string {
  const missing = refusedBy(reason ?? '');
  return missing === undefined
    ? `: appsup logs ${app}:${process}`
    : `; waits for ${missing} if you say so: after = ["${missing}"]`;
}

function absenceHint(
  {goneMs, cameBackAt, adopted}: StatusReport['supervisor'],
  processes: readonly ProcessStatus[],
  now: number,
) {
  if (
    goneMs === undefined ||
    goneMs < NOTICEABLE_MS ||
    cameBackAt === undefined ||
    now - cameBackAt > REMEMBER_MS
  )
    return [];
  const wanted = processes.filter(({desired}) => desired === 'running');
  const untouched = wanted.length > 0 && wanted.every((process) => process.adopted && process.restarts === 0);
  return [
    `the supervisor was gone for ${age(goneMs)} and came back at ${clockTime(cameBackAt, now)}; ` +
      `${counted(adopted, 'program')} ${adopted === 1 ? 'was' : 'were'} adopted${untouched ? ', none was restarted' : ''}`,
  ];
}

/** The crontab names the boot script: without it, nothing starts after a reboot. */
function bootHint({paths}: Context): readonly string[] {
  return existsSync(paths.bootScript)
    ? []
    : ['appsup will not start after a reboot yet: appsup boot install'];
}

/** No supervisor: what is configured is known, what runs is not. */
function nobody(context: Context, targets: readonly string[]): Result {
  const {paths, terminal} = context;
  const known = appFileNames(paths.apps);
  const wanted = new Set(targets.map((target) => target.split(':')[0]));
  const names = wanted.size === 0 ? known : known.filter((name) => wanted.has(name));
  const rows = names.map((name) => [name, '-', paint('unknown', terminal.style), '-', '-', '-', '-', '-']);
  const start = existsSync(paths.asleep) ? 'it was sent away with "appsup daemon stop": ' : '';
  return {
    text:
      names.length === 0
        ? ''
        : columns([HEADER.map((text) => ({text, paint: terminal.style.dim})), ...rows], terminal.width).join(
            '\n',
          ),
    json: [{supervisor: null, apps: names.map((app) => ({app, processes: []}))}],
    hints: [
      `no supervisor is running: ${start}${names.length === 0 ? 'appsup add DIRECTORY makes an app' : 'appsup start all, or appsup daemon start'}`,
    ],
    exitCode: EXIT.notRunningStatus,
  };
}
