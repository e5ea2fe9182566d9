import type {RunRequest, RunStatus, StepStatus, SupervisorApi, SupervisorEvent} from '../../control/api.ts';
import type {AppSpec} from '../../core/spec.ts';
import {AppsupError, isAppsupError} from '../../errors.ts';
import type {Invocation} from '../args.ts';
import {usage} from '../args.ts';
import {configOf, specNamed} from '../apps.ts';
import {columns} from '../columns.ts';
import type {Command, Context} from '../context.ts';
import {tilde, took} from '../format.ts';
import type {Result} from '../output.ts';
import {oneLine, printable} from '../printable.ts';
import {waiting} from '../progress.ts';
import {checkedTargets} from '../targets.ts';

/** `appsup run APP NAME` → `POST /v1/run`; the supervisor does it, and this shows it. */
export const run: Command = async (context, invocation) => {
  const {words, options} = invocation;
  const [app = '', name] = checkedTargets('run', words);
  if (name === undefined) return list(specNamed(configOf(context), 'run', app));
  if (options.has('confirm') && !options.has('yes'))
    throw usage('Cannot understand "--confirm" alone: with it, nobody is asked', {hint: 'add --yes'});
  const api = await context.summon();
  if (options.has('cancel')) return await cancel(api, app, name);
  const plan = await api.run({app, name, dryRun: true}, () => {});
  if (options.has('dry-run')) return dryRun(plan, invocation.json);
  const confirm = options.value('confirm');
  const request: RunRequest = {
    app,
    name,
    resume: options.has('resume'),
    ...(confirm === undefined ? {} : {confirm}),
  };
  return await watch(context, api, request, plan, invocation);
};

/** What there is to run. */
function list({name: app, tasks, jobs}: AppSpec): Result {
  const rows = [
    ...tasks.map((task) => ({
      name: task.name,
      kind: 'task',
      what: task.work.kind === 'steps' ? `${task.work.steps.length} steps` : task.work.kind,
    })),
    ...jobs.map((job) => ({name: job.name, kind: 'job', what: `${job.schedule}  ${job.step.name}`})),
  ];
  return {
    text: columns(rows.map(({name, kind, what}) => [name, kind, what])).join('\n'),
    json: rows.map((row) => ({app, ...row})),
    hints:
      rows.length === 0
        ? [`${app} has no task and no job: docs/config.md shows [tasks.NAME]`]
        : [`appsup run ${app} NAME`],
  };
}

async function cancel(api: SupervisorApi, app: string, name: string): Promise<Result> {
  const {cancelled} = await api.cancel({app, name});
  return {
    text: cancelled ? `${app}:${name} is being ended` : `${app}:${name} does not run`,
    json: [{app, name, cancelled}],
  };
}

function dryRun({app, name, steps, undo}: RunStatus, json: boolean): Result {
  const line = (step: StepStatus, place: string) => [place, oneLine(step.name), step.note ?? ''];
  const rows = [
    ...steps.map((step, index) => line(step, `${index + 1}/${steps.length}`)),
    ...undo.map((step) => line(step, 'if it fails')),
  ];
  return {
    text: columns(rows).join('\n'),
    json: [{app, name, steps: steps.map(stepJson), undo: undo.map(stepJson)}],
    hints: json ? [] : ['nothing was done'],
  };
}

async function watch(
  context: Context,
  api: SupervisorApi,
  request: RunRequest,
  plan: RunStatus,
  {json}: Invocation,
): Promise<Result> {
  const {terminal} = context;
  const width = Math.min(
    50,
    Math.max(...[...plan.steps, ...plan.undo].map(({name}) => oneLine(name).length)),
  );
  const wait = waiting(context, `${request.name} of ${request.app}`);
  const leave = endOnInterrupt(context, api, request);
  const show = (event: SupervisorEvent): void => {
    if (event.type !== 'run' || event.step === undefined) return;
    const {step, phase} = event;
    const place = phase === 'undo' ? ' undo' : ` ${step.place}/${step.count}`;
    if (json)
      terminal.out(
        `${JSON.stringify({app: event.app, name: event.name, phase, place: step.place, count: step.count, step: stepJson(step)})}\n`,
      );
    else if (step.state === 'running') wait.tell(`${place}  ${step.name}`);
    else terminal.out(`${stepLine(place, step, width, terminal.style)}\n`);
  };
  try {
    return resultOf(context, await confirmed(context, api, request, show));
  } finally {
    leave();
    wait.end();
  }
}

/** Ask for the word that a task wants to hear, where there is somebody to ask. */
async function confirmed(
  context: Context,
  api: SupervisorApi,
  request: RunRequest,
  show: (event: SupervisorEvent) => void,
): Promise<RunStatus> {
  try {
    return await api.run(request, show);
  } catch (error) {
    if (!isAppsupError(error) || error.code !== 'NOT_CONFIRMED' || request.confirm !== undefined) throw error;
    const word = String(error.details['confirm']);
    const answer = await context.ask(
      `${request.name} of ${request.app} cannot be taken back. Type ${JSON.stringify(word)} to go on: `,
    );
    if (answer === undefined) throw error;
    if (answer.trim() !== word)
      throw new AppsupError(
        'NOT_CONFIRMED',
        `Cannot run "${request.name}" of ${request.app}: what was typed is not ${JSON.stringify(word)}`,
      );
    return await api.run({...request, confirm: word}, show);
  }
}

/** The first Ctrl-C ends the run, the second one only this command. A hang-up ends neither task nor job. */
function endOnInterrupt({terminal}: Context, api: SupervisorApi, {app, name}: RunRequest): () => void {
  const onInterrupt = (): void => {
    terminal.err(`! ending ${name} of ${app}; once more leaves it alone\n`);
    // What it was answers the question that is open; a supervisor that is gone cannot be told.
    api.cancel({app, name}).catch(() => {});
  };
  process.once('SIGINT', onInterrupt);
  return () => process.off('SIGINT', onInterrupt);
}

function stepLine(
  place: string,
  step: StepStatus,
  width: number,
  style: Context['terminal']['style'],
): string {
  const {state, ms, note} = step;
  const name = oneLine(step.name);
  const shown = name.length > width ? `${name.slice(0, width - 1)}…` : name.padEnd(width);
  const time =
    state === 'skipped'
      ? 'skipped'
      : state === 'failed'
        ? style.bad('failed'.padEnd(7))
        : took(ms ?? 0).padEnd(7);
  return `${place}  ${shown}  ${time}  ${oneLine(note ?? '')}`.trimEnd();
}

function resultOf({terminal, paths}: Context, status: RunStatus): Result {
  const {app, name, result, ms, code, log, reason, output, steps, stopped, undo} = status;
  const json = [{ok: result === 'done', ...status, steps: steps.map(stepJson), undo: undo.map(stepJson)}];
  if (result === 'done') {
    return {text: `${terminal.style.good('done')}  ${name} of ${app} in ${took(ms ?? 0)}`, json};
  }
  const at = steps.findIndex(({state}) => state === 'failed');
  const step = steps[at];
  const where = step === undefined ? '' : ` at step ${at + 1} of ${steps.length}, ${oneLine(step.name)}`;
  const undone = undo.some(({state}) => state === 'done');
  return {
    text: '',
    json,
    failures: [
      `Cannot finish "${name}" of ${app}: ${result}${where}: ${printable(reason ?? '')}`,
      ...output.map((line) => `  ${printable(line)}`),
    ],
    hints: [
      ...(stopped.length === 0 ? [] : [`${app} is left stopped (${stopped.join(', ')})`]),
      undone ? 'what it had done was undone' : `when it is put right: appsup run ${app} ${name} --resume`,
      `all that it printed: appsup logs ${app}:${name}, or ${tilde(log, paths.home)}`,
    ],
    exitCode: code === undefined || code === 0 ? 1 : code,
  };
}

function stepJson({name, state, startedAt = null, ms = null, code = null, note = null}: Shown): unknown {
  return {name, state, startedAt, ms, code, note};
}

type Shown = {
  readonly [Key in keyof StepStatus]: undefined extends StepStatus[Key]
    ? StepStatus[Key] | null
    : StepStatus[Key];
};
