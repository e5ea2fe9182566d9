import path from 'node:path';

import type {RunStatus, StepStatus} from '../control/api.ts';
import {didYouMean} from '../core/unknown-name.ts';
import type {AppSpec} from '../core/spec.ts';
import type {Plan, StepSpec, TaskSpec} from '../core/task-spec.ts';
import {AppsupError} from '../errors.ts';
import {freshSteps, statusOf} from './run.ts';
import type {RunRecord} from './run-records.ts';

/** What is to be run under a name. */
export interface Work {
  readonly kind: 'task' | 'job';
  readonly plan: Plan;
  /** What the user has to say before it begins; `undefined`: nothing. */
  readonly confirm: string | undefined;
}

/** @throws AppsupError `NO_SUCH_RUN` */
export function workOf(spec: AppSpec, name: string, planOf: (app: AppSpec, task: TaskSpec) => Plan): Work {
  const task = spec.tasks.find((each) => each.name === name);
  if (task !== undefined) return {kind: 'task', plan: planOf(spec, task), confirm: task.confirm};
  const job = spec.jobs.find((each) => each.name === name);
  if (job !== undefined) return {kind: 'job', plan: {steps: [job.step], undo: []}, confirm: undefined};
  throw noSuchRun(spec, name);
}

/** A run of which nothing is done yet. */
export function newRun(
  {kind, plan}: Work,
  facts: Pick<RunRecord, 'app' | 'name' | 'trigger' | 'startedAt' | 'log' | 'bootId'>,
): RunRecord {
  return {
    ...facts,
    kind,
    result: 'running',
    ms: undefined,
    attempt: 1,
    ...freshSteps(plan),
    code: undefined,
    reason: undefined,
    output: [],
    stopped: [],
    plan,
    list: 'steps',
    index: 0,
    process: undefined,
  };
}

/** The record of a run that goes on where the last one failed. @throws AppsupError `NOT_FOUND` */
export function resumedRun(record: RunRecord, last: RunStatus | undefined): RunRecord {
  const {app, name, steps} = record;
  const unfinished: readonly StepStatus['state'][] = ['failed', 'running', 'waiting'];
  const at = last?.steps.findIndex(({state}) => unfinished.includes(state)) ?? -1;
  const refuse = (problem: string) =>
    new AppsupError('NOT_FOUND', `Cannot resume "${name}" of ${app}: ${problem}`, {
      hint: `run all of it: appsup run ${app} ${name}`,
    });
  if (last === undefined || last.result === 'done' || at < 0) throw refuse('its last run did not fail');
  if (last.undo.some(({state}) => state === 'done')) throw refuse('what its last run did was undone');
  const before = last.steps.slice(0, at);
  if (!before.every((step, index) => step.name === steps[index]?.name))
    throw refuse('its steps have changed');
  return {
    ...record,
    steps: steps.map((step, index) => before[index] ?? step),
    index: at,
    stopped: last.stopped,
  };
}

/** What it would do, in the form of a run that has not begun. */
export function dryRun(record: RunRecord): RunStatus {
  const explained = (steps: readonly StepStatus[], specs: readonly StepSpec[]) =>
    steps.map((step, index) => ({...step, note: explain(specs[index])}));
  const {plan, steps, undo} = record;
  return {
    ...statusOf(record),
    result: 'done',
    steps: explained(steps, plan.steps),
    undo: explained(undo, plan.undo),
  };
}

function explain(step: StepSpec | undefined): string | undefined {
  if (step?.action.kind !== 'command') return undefined;
  const {ifChanged, unless} = step.action;
  if (ifChanged.length > 0)
    return `only when ${ifChanged.map((file) => path.basename(file)).join(', ')} has changed`;
  return unless === undefined ? undefined : `unless ${unless.join(' ')} ends well`;
}

function noSuchRun({name: app, tasks, jobs}: AppSpec, name: string): AppsupError {
  const names = [...tasks, ...jobs].map((each) => each.name);
  const known =
    names.length === 0
      ? `it has none; docs/config.md shows [tasks.NAME] and [jobs.NAME]`
      : `known: ${names.join(', ')}`;
  return new AppsupError('NO_SUCH_RUN', `Cannot run "${name}": ${app} has no task or job of that name`, {
    hint: didYouMean(name, names, known),
    details: {app, name},
  });
}
