import * as v from 'valibot';

import {OVERLAPS} from '../core/task-spec.ts';
import {choice, duration, filePath, key, text, wholeNumber, words} from './keys.ts';
import {environmentKey} from './schema-work.ts';

const SINCE = {since: '0.1.0'} as const;

/** `[jobs.NAME]` of an app. */
export const jobSchema = v.object({
  schedule: key(text, {
    description:
      'When: minute, hour, day of the month, month and day of the week as in a crontab, with a sixth field in front for seconds; or @hourly, @daily, @weekly, @monthly, @yearly, @reboot.',
    example: '"30 3 * * *"',
    required: true,
    ...SINCE,
  }),
  command: key(words, {
    description: 'What to run, as the command of a program: without a shell.',
    example: '"python manage.py clearsessions"',
    ...SINCE,
  }),
  restart: key(words, {
    description:
      'Instead of a command: restart these programs, as appsup restart does. What you have stopped stays stopped.',
    example: '"web"',
    ...SINCE,
  }),
  timezone: key(text, {
    description: 'The time zone of the schedule.',
    defaultNote: "the host's",
    example: '"Europe/London"',
    ...SINCE,
  }),
  jitter: key(duration('5m'), {
    description: 'It starts up to so much later, so that not all jobs of a host begin at the full hour.',
    unit: 'duration',
    default: '0s',
    example: '"5m"',
    ...SINCE,
  }),
  overlap: key(choice(OVERLAPS), {
    description:
      'When it is due while its last run goes on: "skip" leaves it out, "queue" has one wait, "kill" ends the old run first.',
    default: 'skip',
    example: '"queue"',
    ...SINCE,
  }),
  missed: key(choice(['run', 'skip']), {
    description:
      'What was due while no supervisor ran: "run" does it once when one is back, "skip" leaves it out.',
    default: 'run',
    example: '"skip"',
    ...SINCE,
  }),
  timeout: key(duration('10m', 1000), {
    description: 'A run that takes longer is ended, with everything that it started.',
    unit: 'duration',
    default: '1d',
    example: '"10m"',
    ...SINCE,
  }),
  retries: key(wholeNumber(0, 100), {
    description: 'Further tries after a failure.',
    default: 0,
    example: '2',
    ...SINCE,
  }),
  retry_after: key(duration('1m'), {
    description: 'The wait before a further try.',
    unit: 'duration',
    default: '10s',
    example: '"1m"',
    ...SINCE,
  }),
  directory: key(filePath, {
    description: 'Where it runs.',
    defaultNote: "the app's directory",
    example: '"scripts"',
    ...SINCE,
  }),
  env: environmentKey(),
});

export type JobFile = v.InferOutput<typeof jobSchema>;
