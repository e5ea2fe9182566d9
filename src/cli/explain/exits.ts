import {EXIT_CODES} from '../exit-codes.ts';
import type {Explanation} from './explanation.ts';

const LOOK = ['appsup logs APP:PROGRAM --since 10m', 'what it printed last'] as const;
const CHECK = ['appsup show APP', 'the command, and where it runs'] as const;

/** How this command itself ends, in more words than `appsup help exit-codes`. */
export const OWN_EXITS: ReadonlyMap<number, Explanation> = new Map(
  EXIT_CODES.map(([code, meaning]) => [
    code,
    {
      meaning: `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}.`,
      causes: [],
      steps: [['appsup help exit-codes', 'all of them']],
    },
  ]),
);

/** With what a program ended, of its own will. What is not here has the meaning that the program gives it. */
export const PROGRAM_EXITS: ReadonlyMap<number, Explanation> = new Map([
  [
    0,
    {
      meaning:
        'It ended without complaint. A server is not expected to, so it is started again, unless restart says otherwise.',
      causes: [
        'the command puts its server into the background',
        'it has done its work: restart = "on-failure"',
      ],
      steps: [LOOK, ['appsup help config.restart', 'when an end is final']],
    },
  ],
  [
    1,
    {
      meaning: 'The general failure. Python ends so after a traceback, Node after an uncaught error.',
      causes: [
        'a mistake in the code, or a missing package',
        'a database, a queue or a variable that is not there',
        'gunicorn could not listen: its address is in use',
      ],
      steps: [LOOK, ['appsup env APP:PROGRAM', 'its variables, with secrets hidden']],
    },
  ],
  [
    2,
    {
      meaning: 'Usually: its own command line is wrong.',
      causes: ['an option that it does not know, in args or command', 'python: the file to run is not there'],
      steps: [LOOK, CHECK],
    },
  ],
  [
    3,
    {
      meaning: 'gunicorn: a worker could not start, so the master gave up.',
      causes: [
        'the application fails while it is imported: a traceback stands in the log',
        'a mistake in gunicorn.conf.py',
      ],
      steps: [LOOK, ['appsup restart APP', 'when it is put right']],
    },
  ],
  [
    4,
    {
      meaning: 'gunicorn: the application was not found.',
      causes: [
        'the module or the name behind the colon is misspelt',
        'the app runs in another directory than the module lies in',
      ],
      steps: [LOOK, CHECK, ['appsup edit APP', 'gunicorn = "MODULE:CALLABLE"']],
    },
  ],
  [
    126,
    {
      meaning: 'What should be run was found, and may not be run.',
      causes: [
        'it is not executable',
        'its first line (#!) names an interpreter that may not be run',
        'a file system with noexec',
      ],
      steps: [CHECK, ['chmod +x FILE', 'make it executable']],
    },
  ],
  [
    127,
    {
      meaning: 'What should be run was not found.',
      causes: [
        'a slip of the finger in command',
        'it is installed in an environment that the app does not use',
        'it is found by your shell only: programs get a PATH of their own',
      ],
      steps: [
        ['appsup env APP:PROGRAM', 'the PATH that it gets'],
        CHECK,
        ['appsup help config.python', 'the environment'],
      ],
    },
  ],
] satisfies readonly (readonly [number, Explanation])[]);

/** What else a program may end with. */
export const OF_ITS_OWN: Explanation = {
  meaning: 'A code that only this program can explain: no convention gives it a meaning.',
  causes: ['its own sys.exit() or process.exit()'],
  steps: [LOOK],
};

/** By which signal a program was ended. A shell and a task’s step report 128 and the number. */
export const SIGNALS: ReadonlyMap<string, Explanation & {readonly number: number}> = new Map([
  [
    'SIGKILL',
    {
      number: 9,
      meaning:
        'Killed at once: nothing could be finished or said. Nearly always the host was out of memory, or a limit was.',
      causes: [
        'the kernel’s OOM killer, when memory runs out: its log says "Out of memory: Killed process"',
        'appsup itself: it did not stop within stop_timeout, or was above limits.memory (then events say so)',
        'a memory limit of the host for your account, or an administrator',
      ],
      steps: [
        ['appsup events APP --since 1h', 'whether appsup did it, and why'],
        ['appsup status', 'memory; fewer workers need less'],
        ['free -m', 'memory of the host'],
        [
          'journalctl -k -g "Out of memory"',
          'the kernel’s word, where you may read it; else ask the administrators',
        ],
        ['appsup help config.limits', 'a bound of your own, before the host’s'],
      ],
    },
  ],
  [
    'SIGTERM',
    {
      number: 15,
      meaning: 'Asked to end, and did so at once.',
      causes: [
        'appsup stop or restart',
        'somebody’s kill, or the host going down',
        'a gunicorn worker whose master ended',
      ],
      steps: [['appsup events APP --since 1h', 'who asked']],
    },
  ],
  [
    'SIGINT',
    {
      number: 2,
      meaning: 'Interrupted, as by Ctrl-C.',
      causes: ['stop_signal = "INT", which is the default of huey', 'somebody’s kill -INT'],
      steps: [['appsup events APP --since 1h', 'who asked']],
    },
  ],
  [
    'SIGHUP',
    {
      number: 1,
      meaning: 'Hung up: a program that does not know this signal ends by it.',
      causes: [
        'reload_signal = "HUP" for a program that does not reload by it',
        'it was started by hand in a terminal that was closed',
      ],
      steps: [['appsup help config.reload_signal', 'another signal, or "none"']],
    },
  ],
  [
    'SIGSEGV',
    {
      number: 11,
      meaning:
        'It touched memory that is not its own: a mistake in compiled code, not in Python or JavaScript.',
      causes: [
        'a package with compiled parts that was built for another version',
        'two packages that bring the same library',
        'a stack that is too small',
      ],
      steps: [LOOK, ['appsup edit APP', 'env = { PYTHONFAULTHANDLER = "1" } shows where']],
    },
  ],
  [
    'SIGABRT',
    {
      number: 6,
      meaning: 'It gave up by itself, usually in compiled code.',
      causes: [
        'Node is out of heap ("JavaScript heap out of memory")',
        'gunicorn killed a worker that did not answer in time',
        'an assertion failed',
      ],
      steps: [LOOK, ['appsup help config.args', '--timeout of gunicorn']],
    },
  ],
  [
    'SIGBUS',
    {
      number: 7,
      meaning: 'A file that it had mapped became shorter, or could not be read.',
      causes: [
        'the disk or a shared memory is full',
        'a package was replaced while it was in use',
        'a home on NFS that went away',
      ],
      steps: [
        ['df -h ~ /dev/shm', 'space'],
        ['appsup restart APP', 'after a change of packages'],
      ],
    },
  ],
  [
    'SIGILL',
    {
      number: 4,
      meaning: 'It has instructions that this processor does not know.',
      causes: ['a package that was built on a newer machine'],
      steps: [['pip install --force-reinstall --no-cache-dir PACKAGE', 'build it here']],
    },
  ],
  [
    'SIGTRAP',
    {
      number: 5,
      meaning: 'A trap. Of Node: it may not make memory executable, which its compiler needs.',
      causes: ['started below a service with MemoryDenyWriteExecute, as cron is on some hosts'],
      steps: [['appsup boot status', 'whether the boot script falls back to node --jitless']],
    },
  ],
  [
    'SIGPIPE',
    {
      number: 13,
      meaning: 'It wrote to somebody who no longer reads.',
      causes: ['a command of your own that pipes into another one'],
      steps: [LOOK],
    },
  ],
  [
    'SIGXCPU',
    {
      number: 24,
      meaning: 'It used more CPU time than your account may.',
      causes: ['a limit of the host for each process'],
      steps: [
        ['ulimit -t', 'the limit in seconds'],
        ['appsup help config.limits', 'lifetime: be replaced before that'],
      ],
    },
  ],
  [
    'SIGXFSZ',
    {
      number: 25,
      meaning: 'It wrote a file larger than your account may have one.',
      causes: ['a limit of the host'],
      steps: [['ulimit -f', 'the limit']],
    },
  ],
  [
    'SIGSYS',
    {
      number: 31,
      meaning: 'It asked the kernel for something that is forbidden here.',
      causes: ['a filter of the service that started the supervisor, or of a container'],
      steps: [['appsup daemon restart', 'from a login shell, which has no such filter']],
    },
  ],
  [
    'SIGUSR1',
    {
      number: 10,
      meaning: 'A signal for the program’s own use, which it does not know.',
      causes: ['reload_signal or stop_signal in its file', 'a log rotation of the host'],
      steps: [CHECK],
    },
  ],
  [
    'SIGUSR2',
    {
      number: 12,
      meaning: 'A signal for the program’s own use, which it does not know.',
      causes: ['reload_signal or stop_signal in its file'],
      steps: [CHECK],
    },
  ],
  [
    'SIGQUIT',
    {
      number: 3,
      meaning: 'Told to quit at once; without a handler with a core dump.',
      causes: ['stop_signal = "QUIT"; gunicorn then cuts its requests', 'Ctrl-\\ in a terminal'],
      steps: [CHECK],
    },
  ],
] satisfies readonly (readonly [string, Explanation & {readonly number: number}])[]);
