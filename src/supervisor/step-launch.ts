import {existsSync} from 'node:fs';

import {NO_LIMITS} from '../core/program-spec.ts';
import type {ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec} from '../core/spec.ts';
import type {ActionOf} from './run.ts';
import type {StepProcess} from './run-records.ts';
import type {roomFiles} from './step-process.ts';

const SYSTEM_PYTHON = '/usr';

/** The app as a step sees it: one that may change the app's interpreter must not run by it, where there is another. */
export function appForStep(app: AppSpec, {withoutPython}: ActionOf<'command'>): AppSpec {
  const own = !withoutPython || !existsSync(`${SYSTEM_PYTHON}/bin/python3`);
  return own ? app : {...app, python: SYSTEM_PYTHON};
}

/** A step is started as a program is that serves nothing. */
export function programForStep(
  app: AppSpec,
  name: string,
  {argv, unless, directory}: ActionOf<'command'>,
  phase: StepProcess['phase'],
): ProgramSpec {
  const work = app.jobs.find((job) => job.name === name) ?? app.tasks.find((task) => task.name === name);
  return {
    name,
    launch: {kind: 'command', argv: phase === 'unless' ? (unless ?? []) : argv},
    listen: 'none',
    numprocs: 1,
    restart: 'never',
    startMs: 0,
    readyMs: 0,
    readiness: {kind: 'none'},
    health: undefined,
    giveUp: 1,
    backoffMs: 0,
    backoffCapMs: 0,
    stopSignal: 'TERM',
    stopMs: 0,
    overlap: false,
    sockets: {},
    lazy: false,
    idleStopMs: undefined,
    after: [],
    needs: [],
    directory,
    env: work?.env ?? {},
    umask: 0o027,
    limits: NO_LIMITS,
    reloadSignal: undefined,
  };
}

/** What a step finds in its environment. Nobody is there to be asked, so nothing may ask. */
export function stepEnvironment(
  env: Readonly<Record<string, string>>,
  {note, scratch}: ReturnType<typeof roomFiles>,
): Readonly<Record<string, string>> {
  return {
    GIT_TERMINAL_PROMPT: '0',
    // Stronger than a helper in the user's settings that opens a window.
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS_REQUIRE: 'never',
    PIP_NO_INPUT: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    ...env,
    GIT_SSH_COMMAND: inBatchMode(env['GIT_SSH_COMMAND']),
    APPSUP_NOTE: note,
    APPSUP_SCRATCH: scratch,
  };
}

/** ssh that asks nothing. Another program in its place may not know the option. */
function inBatchMode(command = 'ssh'): string {
  const [first = ''] = command.split(/\s/);
  return /(^|\/)ssh$/.test(first) && !/BatchMode/i.test(command) ? `${command} -o BatchMode=yes` : command;
}
