import type {RunResult} from '../../control/api.ts';
import type {Explanation} from './explanation.ts';

const LOG = ['appsup logs APP:NAME', 'what its last run printed'] as const;
const AGAIN = ['appsup run APP NAME', 'run it now'] as const;

/** How a run of a task or job ended, as `appsup jobs` says it. */
export const RUNS: Readonly<Record<RunResult, Explanation>> = {
  running: {
    meaning: 'It is under way, under the supervisor: it goes on when you log out.',
    causes: [],
    steps: [LOG, ['appsup run APP NAME --cancel', 'end it']],
  },
  done: {meaning: 'All steps went well.', causes: [], steps: [LOG]},
  failed: {
    meaning: 'A step ended with another code than 0, and those behind it were not begun.',
    causes: [
      'the step itself: its last lines are shown',
      'its command is not found in the environment of the app',
    ],
    steps: [LOG, ['appsup run APP NAME --resume', 'go on with the step that failed']],
  },
  timeout: {
    meaning: 'It took longer than its timeout, and was ended with all that it had started.',
    causes: ['more to do than usual', 'it waits for somebody, or for a lock'],
    steps: [LOG, ['appsup help config.timeout', 'more time']],
  },
  cancelled: {
    meaning: 'Somebody ended it.',
    causes: ['Ctrl-C at appsup run', 'appsup run --cancel', 'overlap = "kill", and the next run was due'],
    steps: [LOG, AGAIN],
  },
  interrupted: {
    meaning:
      'The host went down while it ran. How far the step that ran then came is not known, so it is not repeated by itself.',
    causes: ['a reboot or a power failure'],
    steps: [LOG, ['appsup run APP NAME --resume', 'go on with the step that was cut off']],
  },
};
