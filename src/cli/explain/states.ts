import type {StateName} from '../../control/api.ts';
import type {Explanation} from './explanation.ts';

/** A state of `appsup status`; `dormant` is shown as stopped, with `dormant` in `--json`. */
export type ExplainedState = StateName | 'dormant';

const LOOK = ['appsup logs APP:PROGRAM', 'what it printed last'] as const;
const HISTORY = ['appsup events APP --since 1h', 'how it came to this'] as const;

/** Every state, in the order in which a program meets them. */
export const STATES: Readonly<Record<ExplainedState, Explanation>> = {
  stopped: {
    meaning: 'You have stopped it, or it was never started. It stays so over a reboot; its port answers 503.',
    causes: ['appsup stop', 'the app was added and not started yet'],
    steps: [['appsup start APP', 'start it, also after every reboot']],
  },
  dormant: {
    meaning: 'A lazy program that sleeps until the next visitor comes, who waits for it. Nothing is wrong.',
    causes: ['lazy = true in its file', 'nobody came for as long as idle_stop says'],
    steps: [
      ['appsup start APP', 'wake it now'],
      ['appsup help config.lazy', 'what the key does'],
    ],
  },
  starting: {
    meaning:
      'Its process runs and has not proven yet that it is ready: it has not answered, or has not stayed up for start_time.',
    causes: [
      'it loads its code, which takes as long as it takes',
      'it waits for what stands in "after"',
      'it listens somewhere else than where it was told to',
    ],
    steps: [
      LOOK,
      ['appsup show APP', 'how it is asked (health), and how long it may take (ready_timeout)'],
      ['appsup env APP:PROGRAM', 'the PORT and HOST that it was given'],
    ],
  },
  running: {
    meaning: 'It is up, and where it can be asked it has answered.',
    causes: [],
    steps: [
      ['appsup verify APP', 'whether visitors reach it, too'],
      ['appsup help config.health', 'have it asked again and again'],
    ],
  },
  backoff: {
    meaning:
      'It ended too soon, or did not become ready, and is started again after a pause that doubles each time.',
    causes: [
      'a mistake in its code, or a package that is not installed',
      'a variable or a secret that it needs is not set',
      'a database or a queue that it needs is not there yet',
    ],
    steps: [
      LOOK,
      ['appsup start APP:PROGRAM', 'try at once, without the pause'],
      ['appsup explain exit 1', 'what the number in the reason means; also: signal 9'],
      ['appsup help config.after', 'wait for what it needs instead of failing'],
    ],
  },
  stopping: {
    meaning:
      'It was asked to stop and finishes what it does. After stop_timeout it is killed, with all that it started.',
    causes: ['requests or jobs are still under way', 'it ignores its stop signal'],
    steps: [
      LOOK,
      ['appsup help config.stop_signal', 'another signal, for programs that do not know TERM'],
      ['appsup help config.stop_timeout', 'more or less time'],
    ],
  },
  exited: {
    meaning: 'It ended by itself, and its file says that it is not started again for that.',
    causes: ['restart = "never"', 'restart = "on-failure", and it ended with 0'],
    steps: [
      LOOK,
      ['appsup start APP:PROGRAM', 'run it once more'],
      ['appsup help config.restart', 'the three ways'],
    ],
  },
  fatal: {
    meaning:
      'It failed so often in a row that it is left alone (give_up), or it cannot be started at all. Its port answers 503.',
    causes: [
      'a mistake in its code, or a package that is not installed',
      'its environment is gone: a venv or conda environment that was moved or deleted',
      'its env file cannot be read, or can be read by others',
    ],
    steps: [
      LOOK,
      HISTORY,
      ['appsup check APP', 'mistakes in its file'],
      ['appsup start APP:PROGRAM', 'try again, when the cause is put right'],
    ],
  },
  unknown: {
    meaning:
      'An app whose file has mistakes, and of which nothing runs: nobody can say what its programs are.',
    causes: ['a mistake in its file', 'the file cannot be read, or can be written by others'],
    steps: [
      ['appsup check APP', 'every mistake with its place'],
      ['appsup edit APP', 'open the file'],
    ],
  },
};
