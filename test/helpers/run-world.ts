import type {JobSpec, StepSpec} from '../../src/core/task-spec.ts';

/** A command step that is never really run. */
export function stepSpec(name: string): StepSpec {
  const action = {
    kind: 'command',
    argv: [name],
    directory: '/',
    timeoutMs: 1000,
    unless: undefined,
    ifChanged: [],
    withoutPython: false,
  } as const;
  return {name, action};
}

export function jobSpec(fields: Partial<JobSpec> = {}): JobSpec {
  return {
    name: 'tidy',
    schedule: '@reboot',
    timezone: undefined,
    jitterMs: 0,
    overlap: 'skip',
    missed: 'run',
    retries: 0,
    retryMs: 0,
    step: stepSpec('tidy'),
    env: {},
    ...fields,
  };
}
