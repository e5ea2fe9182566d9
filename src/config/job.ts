import {parseCron} from '../core/cron.ts';
import type {JobSpec, StepAction} from '../core/task-spec.ts';
import {expandPath} from '../system/paths.ts';
import {isZone} from '../system/zone.ts';
import {readCommand, readWords} from './command.ts';
import {eitherOf} from './either.ts';
import {checkEnvironment} from './program.ts';
import type {JobFile} from './schema-job.ts';
import type {Problem} from './validate.ts';
import {joinWords} from './words.ts';
import type {WorkContext} from './work.ts';

const DAY_MS = 86_400_000;

/** A job with every default filled in; `undefined` when it is not known what it does, or when. */
export function readJob(file: JobFile, context: WorkContext): JobSpec | undefined {
  const {name, report} = context;
  checkEnvironment(file.env, ['jobs', name, 'env'], report);
  const schedule = readSchedule(file, context);
  const action = readAction(file, context);
  checkZone(file, context);
  if (schedule === undefined || action === undefined) return undefined;
  return {
    name,
    schedule,
    timezone: file.timezone,
    jitterMs: file.jitter ?? 0,
    overlap: file.overlap ?? 'skip',
    missed: file.missed ?? 'run',
    retries: file.retries ?? 0,
    retryMs: file.retry_after ?? 10_000,
    step: {name: nameOf(action), action},
    env: file.env ?? {},
  };
}

function readSchedule(file: JobFile, {name, report}: WorkContext): string | undefined {
  if (file.schedule === undefined) return undefined; // refused before
  if (file.schedule.trim().toLowerCase() === '@reboot') return '@reboot';
  const cron = parseCron(file.schedule);
  if (cron.ok) return cron.text;
  report({
    path: ['jobs', name, 'schedule'],
    message: `Cannot use the schedule ${JSON.stringify(file.schedule)}: ${cron.problem}`,
    hint: cron.hint,
  });
  return undefined;
}

function checkZone({timezone}: JobFile, {name, report}: WorkContext): void {
  if (timezone === undefined || isZone(timezone)) return;
  report({
    path: ['jobs', name, 'timezone'],
    message: `Expected "timezone" to be a name of the time zone database: got ${JSON.stringify(timezone)}`,
    hint: 'as "Europe/London" or "UTC"',
  });
}

function readAction(file: JobFile, context: WorkContext): StepAction | undefined {
  const {name, report, home, directory} = context;
  const path = ['jobs', name];
  const key = eitherOf(['command', 'restart'], 'command = "...", or restart = "web"', path, context);
  if (key === undefined) return undefined;
  if (key === 'restart') return readRestart(file.restart, [...path, 'restart'], context);
  const argv = readCommand(file.command, {path: [...path, 'command'], home, report});
  if (argv === undefined) return undefined;
  return {
    kind: 'command',
    argv,
    directory: file.directory === undefined ? directory : expandPath(file.directory, home, directory),
    timeoutMs: file.timeout ?? DAY_MS,
    unless: undefined,
    ifChanged: [],
    withoutPython: false,
  };
}

/** Names of programs, as one text or a list. `undefined` after a report. */
export function readRestart(
  value: string | readonly string[] | undefined,
  path: Problem['path'],
  {programs, report}: WorkContext,
): Extract<StepAction, {kind: 'restart'}> | undefined {
  const names = readWords(value, path, report);
  if (names === undefined) return undefined;
  const unknown = names.find((each) => !programs.includes(each));
  if (unknown === undefined && names.length > 0) return {kind: 'restart', programs: names};
  report({
    path,
    message: `No program of this app is called ${JSON.stringify(unknown ?? '')}`,
    hint: `its programs: ${programs.join(', ')}`,
  });
  return undefined;
}

/** What a step is called when nothing was said. */
export function nameOf(action: StepAction): string {
  switch (action.kind) {
    case 'command':
      return joinWords(action.argv);
    case 'restart':
      return ['restart', ...action.programs].join(' ');
    case 'health':
    case 'reload':
    case 'stop':
    case 'start':
      return action.kind;
  }
}
