import {environment, key} from './keys.ts';

/** The key `env` of a job or a task. Each has its own, so that the reference tells of it in both places. */
export const environmentKey = () =>
  key(environment, {
    description: "Further environment variables, stronger than the app's.",
    defaultNote: 'none',
    example: '{ VERBOSE = "1" }',
    secret: true,
    since: '0.1.0',
  });
