/** One option of a command. */
export interface OptionInfo {
  /** What follows it, in capitals; none: a switch. */
  readonly value?: string;
  /** At the end of the line it may stand without its value. */
  readonly optional?: boolean;
  readonly short?: string;
  /** The values that there are, when they are few. */
  readonly choices?: readonly string[];
  /** May be given several times. */
  readonly multiple?: boolean;
  readonly summary: string;
}

/** One verb: what is parsed, and what `--help` says of it. */
export interface CommandInfo {
  /** Behind `appsup VERB`. */
  readonly synopsis: string;
  /** One line, no period. */
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionInfo>>;
  /** Command line and what it does. The first word of the line is left out: it is `appsup`. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Least and most words behind the verb. */
  readonly words: readonly [number, number];
  /** Words that may come first, when there is a fixed set of them. */
  readonly subcommands?: readonly string[];
  /** Paragraphs for `--help`. */
  readonly details?: readonly string[];
  /** The words are a command line of their own: from the first on, options are not ours. */
  readonly command?: boolean;
}

/** Known to every command. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionInfo>> = {
  json: {summary: 'print JSON: one value per line, errors as {"ok":false,"error":{"code",…}}'},
  help: {short: 'h', summary: 'explain the command'},
};

const WAITING = {
  wait: {summary: 'return when it is done (the default)'},
  'no-wait': {summary: 'return as soon as it is noted; it is done, or tried, all the same'},
  timeout: {
    value: 'DURATION',
    summary: 'stop waiting after so long ("30s", "2m"), exit 124, and say what goes on; it goes on',
  },
} as const;

const TARGETS = 'APP[:PROGRAM]... | all';
const MANY = Infinity;

/** Every verb of the command line, in the order of `appsup help`. */
export const COMMANDS = {
  add: {
    synopsis: 'DIR [OPTION]...',
    summary:
      'make an app of a directory: takes its appsup.toml or finds what to run, leases a port, writes its file',
    words: [1, 1],
    options: {
      name: {value: 'NAME', summary: 'name of the app; else that of the directory'},
      gunicorn: {value: 'MODULE:CALLABLE', summary: 'serve it with gunicorn'},
      uvicorn: {value: 'MODULE:CALLABLE', summary: 'serve it with uvicorn'},
      command: {value: 'COMMAND', summary: 'run this; it finds its address in $HOST and $PORT'},
      python: {
        value: 'PREFIX',
        summary: 'venv or conda environment to run it in; else the one beside the code',
      },
      mount: {value: '/PATH', summary: 'public path; else /USER_NAME'},
      port: {value: 'PORT', summary: 'a port of your choice; else one is leased from your range'},
      transport: {
        value: 'tcp|unix',
        summary: 'port or Unix socket for the front end; else a socket where the web server can reach one',
      },
      'web-user': {value: 'NAME', summary: 'account of the web server, for Unix sockets; else found'},
      dotenv: {
        value: 'FILE',
        multiple: true,
        summary: 'file of KEY=value lines; else .env, where there is one',
      },
    },
    examples: [
      ['add ~/flask-tasks', 'finds wsgi.py, the conda environment and .env'],
      ['add ~/api --uvicorn main:app --mount /alice_api', 'says it all'],
      ['add ~/board --command "node server.js"', 'anything that listens on $PORT'],
    ],
  },
  import: {
    synopsis: 'FILE... [--name APP] [--mount /PATH] [--dry-run]',
    summary:
      'make apps of the programs in a supervisord.conf, of systemd units or of a script; starts nothing, overwrites nothing',
    words: [1, MANY],
    options: {
      name: {
        value: 'NAME',
        summary: 'name of the app, where there is one only; else that of the program, group or unit',
      },
      mount: {
        value: '/PATH',
        summary: 'public path, where there is one app only; else SCRIPT_NAME, or /USER_NAME',
      },
      'dry-run': {summary: 'print the report and the files, and write nothing'},
    },
    details: [
      'Each line of the report names one of theirs and what became of it: taken, changed, dropped, refused or unknown.',
      'Values that look secret go into an env file that only you may read.',
    ],
    examples: [
      ['import ~/etc/supervisord.conf --dry-run', 'what would be made of it'],
      ['import supervisord.conf conf.d/*.conf', 'with what it includes'],
      ['import production.sh', 'a script that installs and then runs a server'],
      ['import web.service web.socket /etc/tmpfiles.d/web.conf', 'a unit with its socket and directories'],
    ],
  },
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
  list: {
    synopsis: '',
    summary: 'the apps that have a file, with port and mount',
    words: [0, 0],
    options: {},
    examples: [['list', 'also when no supervisor is running']],
  },
  show: {
    synopsis: 'APP... | all',
    summary: 'an app with every default filled in',
    words: [1, MANY],
    options: {},
    examples: [['show flasktasks', 'what appsup makes of its file']],
  },
  edit: {
    synopsis: 'APP... | all',
    summary: "open the app's file in $VISUAL or $EDITOR, and check it afterwards",
    words: [1, MANY],
    options: {},
    examples: [['edit flasktasks', 'then: appsup restart flasktasks']],
  },
  check: {
    synopsis: '[APP... | all]',
    summary: 'look for mistakes in the files, and for settings that are none for visitors; changes nothing',
    words: [0, MANY],
    options: {},
    examples: [
      ['check', 'all files'],
      ['check spectral', 'one app'],
    ],
  },
  env: {
    synopsis: 'APP[:PROGRAM]... | all',
    summary: 'the environment that a program is started with; secret values are hidden',
    words: [1, MANY],
    options: {},
    examples: [['env flasktasks:web', 'secrets are shown as ***']],
  },
  exec: {
    synopsis: 'APP[:PROGRAM] [--] [COMMAND...]',
    summary: "run a command, or a shell, in the app's own directory, interpreter and environment",
    words: [1, MANY],
    command: true,
    options: {},
    details: [
      'As at a start: env files are read and values computed anew, and no secret stands in a command line. It needs no supervisor, and ends with the exit code of the command. Of several programs it takes the one that serves.',
      'Without a command, at a terminal, it is your shell, which reads none of its start files: those would change PATH.',
    ],
    examples: [
      ['exec flasktasks flask db upgrade', "with the app's flask"],
      ['exec flasktasks:queue -- python -c "import os; print(os.environ)"', 'as this program sees it'],
      ['exec flasktasks', 'a shell'],
    ],
  },
  secret: {
    synopsis: 'APP KEY [--generate [N] | --stdin] [--file FILE] [--force] [--show]',
    summary: 'write a secret into a file that only you can read; what is there already stays',
    words: [2, 2],
    options: {
      generate: {
        value: 'N',
        optional: true,
        summary: 'make one up, of N letters and digits (64); kept if it is there',
      },
      stdin: {summary: 'take the value from stdin; else you are asked for it, and it is not shown'},
      file: {
        value: 'FILE',
        summary: "a file of the app's directory: .env, secrets.json, config.py; else its env file",
      },
      force: {summary: 'replace what is there'},
      show: {summary: 'print the value'},
    },
    examples: [
      ['secret flasktasks SECRET_KEY --generate 64', 'made once; run again, it stays'],
      ['secret flasktasks DB_PASSWORD', 'asks for it'],
      ['secret ktyper SECRET_KEY --file config/secrets.json --generate', 'into a JSON object'],
      ['secret ktyper DEPLOY_KEY --stdin', 'takes it from a pipe or "<key.pem", with all its line breaks'],
    ],
  },
  ports: {
    synopsis: '[move APP]',
    summary: 'your port range, the leases, and who listens on them',
    words: [0, 2],
    subcommands: ['move'],
    options: {},
    examples: [
      ['ports', 'range, leases, foreign listeners'],
      ['ports move reading', 'lease another port; the front end needs its new lines then'],
    ],
  },
  snippet: {
    synopsis: 'APP... | all [--front apache|apache-minimal|htaccess|nginx] [--httpd-version N]',
    summary: "the lines for the host's web server; on stdout nothing else",
    words: [1, MANY],
    options: {
      front: {
        value: 'KIND',
        choices: ['apache', 'apache-minimal', 'htaccess', 'nginx'],
        summary: 'apache (default), apache-minimal (two lines), htaccess (a file of yours) or nginx',
      },
      'httpd-version': {value: 'N', summary: 'for an older Apache, as 2.4.6; else as the one of this host'},
    },
    examples: [
      ['snippet flasktasks > flasktasks.conf', 'to send to the administrators'],
      ['snippet all --front nginx', 'of all your apps, in the right order'],
    ],
  },
  request: {
    synopsis: 'APP... | all [--front KIND] [--mail [--yes]]',
    summary: 'the letter to the administrators: the lines, what they need, how to test and undo them',
    words: [1, MANY],
    options: {
      front: {
        value: 'KIND',
        choices: ['apache', 'apache-minimal', 'htaccess', 'nginx'],
        summary: 'as for snippet; else what seems to be installed here',
      },
      mail: {summary: 'send it to the helpdesk (after a question), as [notify] sends mail'},
      yes: {short: 'y', summary: 'do not ask'},
    },
    examples: [
      ['request flasktasks', 'to be copied into a mail; it is kept, and status says when it is out of date'],
      ['request flasktasks spectral --mail', 'one letter for both, sent to the helpdesk'],
    ],
  },
  preview: {
    synopsis: 'APP [--port PORT]',
    summary: 'serve an app on a port of 127.0.0.1 as the front end would, until Ctrl-C',
    words: [1, 1],
    options: {port: {value: 'PORT', summary: 'a port of your choice; else any'}},
    examples: [
      ['preview flasktasks', 'mount, prefix, headers, cookies and static files as visitors will see them'],
      ['preview flasktasks --port 8080', 'for ssh -L 8080:127.0.0.1:8080 from your own machine'],
    ],
  },
  gateway: {
    synopsis: 'enable [--mount /PATH] [--port PORT] | status',
    summary:
      'one place at the front end for all your apps: they come and go behind it without an administrator',
    words: [0, 1],
    subcommands: ['enable', 'status'],
    options: {
      mount: {value: '/PATH', summary: 'its public path; else /USER, or as the host has it'},
      port: {value: 'PORT', summary: 'a port of your choice; else one is leased from your range'},
    },
    examples: [
      ['gateway enable', 'then, once: appsup request gateway'],
      ['gateway enable --mount "/~alice"', 'where the host gives you that path'],
      ['gateway status', 'what is reached through it'],
    ],
    details: [
      'It serves every app whose mount is below its own: /alice/tasks behind /alice. New apps get such a mount. It is an app like any other: appsup restart gateway drops no visitor, appsup logs gateway is its access log, appsup remove gateway ends it.',
    ],
  },
  verify: {
    synopsis: 'APP... | all [--url URL] [--front URL] [--timeout DURATION]',
    summary: 'whether the public address leads to this very app, and what the front end makes of requests',
    words: [1, MANY],
    options: {
      url: {value: 'URL', summary: 'the public address, with or without the mount; else base_url'},
      front: {
        value: 'URL',
        summary: 'connect there, in the name of the public host: to try a front end that is not public',
      },
      timeout: {value: 'DURATION', summary: 'how long a page may take; else 10s'},
    },
    examples: [
      ['verify flasktasks', 'one line per fact; exits 1 when something needs attention'],
      ['verify flasktasks --front http://127.0.0.1:8080', 'a front end for a test; the result is not kept'],
    ],
    details: [
      'A token that only your supervisor knows proves that the answer comes from this app. The app itself is asked for its start page, the files that this uses, and a few addresses that do not exist: nothing is changed in it.',
    ],
  },
  boot: {
    synopsis: 'install | remove | status',
    summary: 'whether and how your apps start after a reboot: by two lines in your crontab',
    words: [0, 1],
    subcommands: ['install', 'remove', 'status'],
    options: {},
    examples: [
      ['boot install', 'at reboot, and a look every minute'],
      ['boot status', 'is it there, and in order?'],
    ],
  },
  doctor: {
    synopsis: '[SUBJECT...] [--verbose]',
    summary:
      'what on this machine stands in the way, what to type, and whom to ask; exits 1 when something is broken',
    words: [0, MANY],
    options: {verbose: {short: 'v', summary: 'also what is well, and what cannot be seen from here'}},
    examples: [
      ['doctor', 'everything; one line when all is well'],
      ['doctor boot cron', 'after a reboot that brought nothing back'],
      ['doctor --json', 'each finding with its id and level: ok, warning, broken, unseen'],
    ],
    details: [
      'Subjects: programs, supervisor, boot, cron, logout, files, disk, limits, clock, settings, ports, apps, front-end, leftovers. It changes nothing and starts nothing.',
    ],
  },
  report: {
    synopsis: '[--output FILE | --print]',
    summary:
      'write a file for a bug report: versions, doctor, status, settings, events and logs, with secrets masked',
    words: [0, 0],
    options: {
      output: {value: 'FILE', summary: 'a new file; else appsup-report-HOST-TIME.txt here'},
      print: {summary: 'print it, and keep nothing'},
    },
    examples: [
      ['report', 'then read it, and send it'],
      ['report --print | less', 'what would be in it'],
    ],
    details: [
      'It is one text, so that you can read it before you send it; only you can open it (0600). Masked are all values of env files and env tables, what running programs have in their environment, and whatever looks like a password, token or key. What an app prints in words of its own nobody can know: read it.',
    ],
  },
  remove: {
    synopsis: 'APP... | all [--yes] [--purge]',
    summary: 'stop an app and forget it; its code stays, and its logs unless told otherwise',
    words: [1, MANY],
    options: {
      yes: {short: 'y', summary: 'do not ask'},
      purge: {summary: 'delete its logs, too'},
    },
    examples: [
      ['remove reading', 'asks first'],
      ['remove reading --yes --purge', 'in a script'],
    ],
  },
  daemon: {
    synopsis: 'start | stop [--keep-apps] | restart | status | run',
    summary: 'the supervisor itself; it starts by itself when it is needed',
    words: [0, 1],
    subcommands: ['start', 'stop', 'restart', 'status', 'run'],
    options: {'keep-apps': {summary: 'stop: leave the apps running; the next supervisor takes them over'}},
    examples: [
      ['daemon restart', 'the apps go on; after an update of appsup'],
      ['daemon stop', 'and the apps; it stays away until you start something, or the host reboots'],
    ],
  },
  admin: {
    synopsis: 'check [FILE] | collect [--apply [--reload]] [OPTION]...',
    summary: "for administrators: check the host's file; put all users' requests before visitors",
    words: [1, 2],
    subcommands: ['check', 'collect'],
    options: {
      apply: {summary: 'collect: write the file, if the server with all of its configuration agrees'},
      reload: {summary: 'collect: and have the server take it up'},
      front: {
        value: 'KIND',
        choices: ['apache', 'nginx'],
        summary: 'collect: apache or nginx; else the one that is here',
      },
      output: {value: 'FILE', summary: 'collect: else /etc/appsup/KIND.conf'},
      users: {value: 'NAME,...', summary: 'collect: of these users, and of no others'},
      'server-config': {
        value: 'FILE',
        summary: "collect: the server's main file, where it has an unusual place",
      },
    },
    examples: [
      ['admin check', '/etc/appsup/site.toml, against the accounts and ports of this host'],
      ['admin collect', 'as root: what users ask for, what is refused, and what would change'],
      ['admin collect --apply --reload', 'and put it in force'],
    ],
  },
  version: {
    synopsis: '',
    summary: 'of this command and of the supervisor',
    words: [0, 0],
    options: {},
    examples: [['version', '']],
  },
  completion: {
    synopsis: 'bash | zsh | fish | install [SHELL] | uninstall [SHELL]',
    summary: 'have TAB complete verbs, options, apps, programs, tasks, jobs and topics',
    words: [1, 2],
    subcommands: ['bash', 'zsh', 'fish', 'install', 'uninstall'],
    options: {},
    examples: [
      ['completion install', 'for your login shell; counts from the next shell on'],
      ['completion zsh', 'prints the script, for a place of your choice'],
    ],
    details: [
      'TAB starts nothing: the shell reads the names of apps, programs, tasks and jobs from their files itself. After an update of appsup: install it again.',
    ],
  },
  explain: {
    synopsis: '[STATE | ERROR-CODE | EXIT-CODE | SIGNAL]',
    summary: 'what a word of appsup means, what usually leads to it, and what to type',
    words: [0, MANY],
    options: {},
    examples: [
      ['explain', 'all that can be explained'],
      ['explain fatal', 'a state'],
      ['explain PORT_TAKEN', 'the code of an error, as --json has it'],
      ['explain exit 3', 'what a program ended with; also 137, signal 9, SIGKILL'],
    ],
  },
  help: {
    synopsis: '[VERB | TOPIC]',
    summary: 'this, more of one verb, or a text about a topic',
    words: [0, 1],
    options: {},
    examples: [
      ['help start', 'the same as: appsup start --help'],
      ['help exit-codes', 'what $? means'],
    ],
  },
} as const satisfies Readonly<Record<string, CommandInfo>>;

export type Verb = keyof typeof COMMANDS;

/** Verbs that only say what appsup knows by itself: they need neither a supervisor nor the files. */
export const READING = ['help', 'explain', 'completion'] as const satisfies readonly Verb[];
export type Reading = (typeof READING)[number];

/** True for a verb of {@link READING}. */
export function isReading(word: string): word is Reading {
  return (READING as readonly string[]).includes(word);
}

/** What the table says of a verb. */
export function commandInfo(verb: Verb): CommandInfo {
  return COMMANDS[verb];
}

/** True for a word that is a verb. */
export function isVerb(word: string): word is Verb {
  return Object.hasOwn(COMMANDS, word);
}
