import type {CommandInfo} from './info.ts';
import {TARGETS, MANY} from './info.ts';

const WAITING = {
  wait: {summary: 'return when it is done (the default)'},
  'no-wait': {summary: 'return as soon as it is noted; it is done, or tried, all the same'},
  timeout: {
    value: 'DURATION',
    summary: 'stop waiting after so long ("30s", "2m"), exit 124, and say what goes on; it goes on',
  },
} as const;

/** Verbs for what runs: programs, tasks and jobs. */
export const RUNNING = {
  start: {
    synopsis: `${TARGETS} [--no-wait] [--timeout DURATION]`,
    summary: 'start, and start again after every reboot; returns when it answers',
    words: [1, MANY],
    options: WAITING,
    examples: [
      ['start flasktasks', 'all programs of an app'],
      ['start flasktasks:web spectral', 'one program, and another app'],
    ],
  },
  stop: {
    synopsis: `${TARGETS} [--no-wait] [--timeout DURATION]`,
    summary: 'stop, and keep stopped over reboots; the port answers 503 meanwhile',
    words: [1, MANY],
    options: WAITING,
    examples: [['stop flasktasks', 'the whole app, with everything that it started']],
  },
  restart: {
    synopsis: `${TARGETS} [--no-wait] [--timeout DURATION]`,
    summary: 'start anew, with new code, file and environment; no visitor is refused',
    words: [1, MANY],
    options: WAITING,
    examples: [
      ['restart flasktasks', 'after git pull'],
      ['restart all --json', 'one JSON line per process'],
    ],
  },
  reload: {
    synopsis: `${TARGETS} [--no-wait] [--timeout DURATION]`,
    summary: 'let the running process take up new code by itself, once another one has proven it',
    words: [1, MANY],
    options: WAITING,
    examples: [['reload flasktasks', 'sends gunicorn HUP; what knows no such signal is restarted']],
  },
  scale: {
    synopsis: 'APP[:PROGRAM]=N... [--no-wait] [--timeout DURATION]',
    summary: 'have a program with so many workers, or run it so many times; kept in its file',
    words: [1, MANY],
    options: WAITING,
    details: [
      'It changes "workers" of a server or a queue, which is restarted, with no visitor refused; of a command, or where "numprocs" is more than 1, it changes that: copies are started before others are stopped, and the rest go on as they are. All else in the file stays as you wrote it.',
    ],
    examples: [
      ['scale flasktasks:web=4', 'four workers of gunicorn'],
      ['scale spectral:queue=2 flasktasks=3', 'of an app alone, the program that serves'],
    ],
  },
  signal: {
    synopsis: `SIGNAL ${TARGETS} [--group]`,
    summary: 'send a signal to what runs; what is wished stays, so what ends by it may be started again',
    words: [2, MANY],
    options: {group: {summary: 'to the whole process group; else to the main process alone'}},
    details: [
      'A signal is named with or without SIG, or by its number. Of an app, or of all, only what runs gets it.',
    ],
    examples: [
      ['signal USR2 flasktasks:web', 'whatever the program makes of it'],
      ['signal TTIN flasktasks', 'one more worker of gunicorn, until the next restart'],
      ['signal --group USR1 flasktasks:queue', 'to what a start script runs, too'],
    ],
  },
  status: {
    synopsis: '[APP[:PROGRAM]... | all] [--no-memory]',
    summary: 'what runs, since when, and why not; exits 3 when something is not running',
    words: [0, MANY],
    options: {'no-memory': {summary: 'leave the memory out, which is the slow part with many processes'}},
    examples: [
      ['status', 'everything'],
      ['status flasktasks --json', 'for a script'],
    ],
  },
  logs: {
    synopsis: '[APP[:NAME]... | all] [-f] [-n LINES] [--since DURATION] [--grep REGEX]',
    summary: 'what the programs printed, and the log files of the app’s own, merged by time',
    words: [0, MANY],
    options: {
      follow: {short: 'f', summary: 'go on as lines are printed'},
      lines: {short: 'n', value: 'LINES', summary: 'so many of the last lines; else 50, or all with --since'},
      since: {
        value: 'DURATION',
        summary: 'only lines of so long ago, e.g. "10s"; for lines that begin with a time',
      },
      grep: {value: 'REGEX', summary: 'only lines that match, as a regular expression of JavaScript'},
      raw: {summary: 'pass control characters on, colours too'},
    },
    examples: [
      ['logs flasktasks', 'the last 50 lines of all its programs'],
      ['logs flasktasks:update', 'what the last run of a task or job printed'],
      ['logs -f flasktasks:web spectral', 'follow several'],
      ['logs flasktasks --since 1h --grep "ERROR|Traceback"', 'what went wrong lately'],
    ],
    details: [
      'Archives and rotated files are read as far back as it takes. Files that the app writes by itself are shown when its file names them: log_files = ["logs/api.log*"].',
    ],
  },
  run: {
    synopsis: 'APP [TASK | JOB] [--resume] [--dry-run] [--cancel] [--yes --confirm TEXT]',
    summary:
      'run a task or a job of an app now; shows each step, and ends with the code of the one that failed',
    words: [1, 2],
    options: {
      resume: {summary: 'go on with the step that failed last time'},
      'dry-run': {summary: 'say what it would do, and do nothing'},
      cancel: {summary: 'end the run that is under way'},
      yes: {short: 'y', summary: 'do not ask; a task that has to be confirmed needs --confirm as well'},
      confirm: {value: 'TEXT', summary: 'what the task wants to have typed before it begins'},
    },
    examples: [
      ['run backscope', 'its tasks and jobs'],
      ['run backscope update', 'Ctrl-C ends it; a lost connection does not'],
      ['run backscope update --resume', 'after what was wrong is put right'],
    ],
    details: [
      'The supervisor does it, so it goes on when you log out. What it prints is in the log that is named at the end.',
    ],
  },
  jobs: {
    synopsis: '[APP... | all]',
    summary: 'jobs: when they are due, and how their last runs ended',
    words: [0, MANY],
    options: {},
    examples: [
      ['jobs', 'of all apps'],
      ['jobs flasktasks --json', 'with the log of each last run'],
    ],
  },
  events: {
    synopsis: '[APP[:PROGRAM]... | all] [-f] [-n COUNT] [--since DURATION]',
    summary: 'what happened: starts, crashes, replaced versions, health, files',
    words: [0, MANY],
    options: {
      follow: {short: 'f', summary: 'go on as things happen'},
      lines: {
        short: 'n',
        value: 'COUNT',
        summary: 'so many of the last events; else 50, or all with --since',
      },
      since: {value: 'DURATION', summary: 'only events of so long ago, e.g. "12h"'},
    },
    examples: [
      ['events --since 12h', 'what happened last night'],
      ['events -f flasktasks --json', 'one JSON text per event, as it happens'],
    ],
  },
  open: {
    synopsis: 'APP... | all',
    summary: 'print the address of an app, and show it in your browser where there is a display',
    words: [1, MANY],
    options: {},
    details: [
      'It is the address that "appsup verify" found last, else that of base_url, else the one on this host. Over ssh it says how to reach the app from your own machine. The browser is that of $BROWSER, else xdg-open.',
    ],
    examples: [
      ['open flasktasks', ''],
      ['open all --json', 'addresses, and the lines for ssh'],
    ],
  },
  top: {
    synopsis: '',
    summary: 'all apps on one screen: states, use of the machine, logs, and keys to act on them; q quits',
    words: [0, 0],
    options: {},
    examples: [
      ['top', 'with ? for its keys'],
      ['top --json', 'the same as: appsup status --json'],
    ],
    details: [
      'Without a terminal, on TERM=dumb and in a window smaller than 40 x 8 it prints the table of appsup status.',
      'Colours as everywhere (NO_COLOR); frames and graphs in ASCII where the locale is not UTF-8.',
    ],
  },
} as const satisfies Readonly<Record<string, CommandInfo>>;
