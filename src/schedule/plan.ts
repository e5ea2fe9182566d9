import type {AppSpec, StepSpec, TaskSpec} from '../core/spec.ts';

/** What a run will do. */
export interface Plan {
  readonly steps: readonly StepSpec[];
  /** After a step has failed, all of them. */
  readonly undo: readonly StepSpec[];
}

/** The steps of a task, with those that its settings add. */
export function planOf(_app: AppSpec, {work, stop, finish}: TaskSpec): Plan {
  if (work.kind !== 'steps') return {steps: [], undo: []};
  const {steps} = work;
  return {
    steps: [...(stop ? [STOP] : []), ...steps, ...finishOf(finish), ...(stop ? [START] : [])],
    undo: [],
  };
}

const STOP: StepSpec = {name: 'stop', action: {kind: 'stop'}};
const START: StepSpec = {name: 'start', action: {kind: 'start'}};

function finishOf(finish: TaskSpec['finish']): readonly StepSpec[] {
  if (finish === undefined) return [];
  return [{name: finish, action: finish === 'restart' ? {kind: 'restart', programs: []} : {kind: 'reload'}}];
}
