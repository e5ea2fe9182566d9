import type {AppSpec} from '../core/spec.ts';
import type {Plan, StepSpec, TaskSpec, TaskWork} from '../core/task-spec.ts';
import {build} from './recipes/build.ts';
import {rebuildVenv} from './recipes/rebuild-venv.ts';
import {update} from './recipes/update.ts';

/** The steps of a task, with those that its settings add. */
export function planOf(app: AppSpec, task: TaskSpec): Plan {
  const {steps, undo} = workPlan(app, task);
  const {stop, finish} = task;
  return {steps: [...(stop ? [STOP] : []), ...steps, ...finishOf(finish), ...(stop ? [START] : [])], undo};
}

const STOP: StepSpec = {name: 'stop', action: {kind: 'stop'}};
const START: StepSpec = {name: 'start', action: {kind: 'start'}};

function workPlan(app: AppSpec, task: TaskSpec): Plan {
  const {work} = task;
  switch (work.kind) {
    case 'steps':
      return {steps: work.steps, undo: []};
    case 'update':
      return update(task, work);
    case 'rebuild-venv':
      return rebuildVenv(app, task, work);
    case 'reset-database':
      return resetDatabase(task, work);
    case 'build':
      return build(task, work);
  }
}

/** There is no way back, so nothing is undone: it goes on when what was wrong is put right. */
function resetDatabase(task: TaskSpec, work: Extract<TaskWork, {kind: 'reset-database'}>): Plan {
  const {database, createdb, dropdb, migrate} = work;
  const step = (...argv: readonly string[]): StepSpec => {
    const {directory, timeoutMs} = task;
    return {
      name: argv.join(' '),
      action: {
        kind: 'command',
        argv,
        directory,
        timeoutMs,
        unless: undefined,
        ifChanged: [],
        withoutPython: false,
      },
    };
  };
  return {
    steps: [step('dropdb', ...dropdb, database), step('createdb', ...createdb, database), ...migrate],
    undo: [],
  };
}

function finishOf(finish: TaskSpec['finish']): readonly StepSpec[] {
  if (finish === undefined) return [];
  return [{name: finish, action: finish === 'restart' ? {kind: 'restart', programs: []} : {kind: 'reload'}}];
}
