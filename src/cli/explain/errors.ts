import type {ErrorCode} from '../../errors.ts';
import type {Explanation} from './explanation.ts';

const STATUS = ['appsup status', 'what runs, and what does not'] as const;
const NAMES = ['appsup list', 'the apps that have a file'] as const;
const REPEAT = ['appsup status', 'the state now; then do it once more'] as const;
const SUPERVISOR_LOG = ['appsup daemon run', 'start it in this terminal, and see what it says'] as const;
const BY_HAND = ['appsup daemon start', 'after a reboot, as long as cron does not do it'] as const;

/** Every code of an error: `error.code` with `--json`. The message itself says which thing it is about, and its hint what to type. */
export const ERRORS: Readonly<Record<ErrorCode, Explanation>> = {
  USAGE: {
    meaning: 'The command line is wrong; nothing was done.',
    causes: ['a misspelt verb or option', 'a name or a value is missing, or one too many'],
    steps: [
      ['appsup VERB --help', 'its options and examples'],
      ['appsup help', 'all verbs'],
    ],
  },
  CONFIG: {
    meaning: 'A file of yours has mistakes. What runs of the app goes on with the last good version.',
    causes: ['a misspelt key or value', 'a file that others may write, which is not trusted'],
    steps: [
      ['appsup check APP', 'every mistake with its place'],
      ['appsup edit APP', 'open the file'],
      ['appsup help config', 'every key'],
    ],
  },
  NO_SUCH_APP: {
    meaning: 'There is no app of that name.',
    causes: ['a slip of the finger', 'it was not added on this host, or not by this user'],
    steps: [NAMES, ['appsup add DIR', 'make an app of a directory']],
  },
  NO_SUCH_PROGRAM: {
    meaning: 'The app has no program of that name.',
    causes: ['a slip of the finger', 'the program was renamed in the file'],
    steps: [['appsup show APP', 'its programs']],
  },
  NO_SUCH_RUN: {
    meaning: 'The app has no task or job of that name.',
    causes: ['a slip of the finger', 'it is in the file, which has mistakes elsewhere'],
    steps: [
      ['appsup run APP', 'its tasks and jobs'],
      ['appsup check APP', 'mistakes in its file'],
    ],
  },
  RUN_BUSY: {
    meaning:
      'Another task of the app, or the same job, is under way. One at a time, so that they do not get in each other’s way.',
    causes: ['somebody else runs it', 'a connection was lost while it ran: it goes on'],
    steps: [
      ['appsup jobs APP', 'what runs, and since when'],
      ['appsup run APP TASK --cancel', 'end it'],
    ],
  },
  NOT_CONFIRMED: {
    meaning: 'The task does what cannot be taken back, so a word has to be typed first.',
    causes: ['it runs in a script, where nobody can be asked', 'something else was typed'],
    steps: [['appsup run APP TASK --yes --confirm TEXT', 'for scripts; the hint names the text']],
  },
  APP_EXISTS: {
    meaning: 'There is an app of that name already; nothing was changed.',
    causes: ['it was added before', 'two directories have the same name'],
    steps: [
      ['appsup show APP', 'what it is'],
      ['appsup add DIR --name NAME', 'call the new one otherwise'],
    ],
  },
  MOUNT_TAKEN: {
    meaning: 'Another app of yours is served under that path.',
    causes: ['both files say the same mount', 'two names give the same default'],
    steps: [NAMES, ['appsup add DIR --mount /PATH', 'another path']],
  },
  BAD_NAME: {
    meaning:
      'The name or value could be read as something else by a shell, a crontab or a web server. Names have letters, digits, "-" and "_".',
    causes: ['a path where a name is wanted', 'blanks, dots or other signs in a name'],
    steps: [NAMES, ['appsup add DIR --name NAME', 'choose a name for a directory']],
  },
  NOT_FOUND: {
    meaning: 'A file, a directory or a program that is needed is not there.',
    causes: [
      'a slip of the finger in a path',
      'it was moved or deleted',
      'a package of the system is not installed',
    ],
    steps: [
      ['appsup show APP', 'the paths that the app uses, written out'],
      ['appsup edit APP', 'correct them'],
    ],
  },
  NOT_AN_APP: {
    meaning: 'There is nothing to run in the directory, or nothing of the app serves visitors.',
    causes: ['the code lies one directory deeper', 'it has an unusual start file'],
    steps: [
      ['appsup add DIR --gunicorn MODULE:CALLABLE', 'say what serves it; also --uvicorn'],
      ['appsup add DIR --command COMMAND', 'anything that listens on $PORT'],
    ],
  },
  AMBIGUOUS: {
    meaning: 'There are several things to run, and you have to choose.',
    causes: ['wsgi.py and app.py both hold an application', 'a Procfile with several lines that could serve'],
    steps: [['appsup add DIR --gunicorn MODULE:CALLABLE', 'one of those that the message names']],
  },
  NO_INTERPRETER: {
    meaning: 'The Python environment of the app is not there, or broken.',
    causes: [
      'the venv or conda environment was moved or deleted',
      'the Python that it was made with is gone after an update of the host',
      'python in the file names something else',
    ],
    steps: [
      ['python3 -m venv .venv', 'make it anew; then install its packages'],
      ['appsup help config.python', 'where it is looked for'],
    ],
  },
  ENV_FILE: {
    meaning: 'An env file was refused. Nothing was started with half of its variables; what runs goes on.',
    causes: [
      'other users of the host can read it',
      'a line is not NAME=value',
      'it is a link, or belongs to somebody else',
    ],
    steps: [
      ['chmod 600 FILE', 'close it'],
      ['appsup env APP', 'what a program is given, with secrets hidden'],
      ['appsup help environment', 'how such files are read'],
    ],
  },
  NO_VALUE: {
    meaning: 'A variable is what a command prints, and the command failed.',
    causes: ['the command is not found in the directory of the app', 'it took longer than ten seconds'],
    steps: [
      ['appsup show APP', 'the variable and its command'],
      ['appsup help environment', 'how and where it is run'],
    ],
  },
  KEPT: {
    meaning: 'What is there already stays; nothing was changed.',
    causes: ['the secret was written before', 'a file of that name is not of appsup’s making'],
    steps: [['appsup secret APP KEY --force', 'replace a secret; what is signed with it becomes invalid']],
  },
  PORT_TAKEN: {
    meaning: 'Somebody else listens on the port of the app.',
    causes: [
      'a server of yours that was started by hand, or by another supervisor',
      'another user of the host; the message names them',
    ],
    steps: [
      ['appsup ports', 'who listens on your ports'],
      ['appsup ports move APP', 'lease another port; the front end needs its new lines then'],
    ],
  },
  PORTS_EXHAUSTED: {
    meaning: 'No port of your range is free.',
    causes: ['more apps than ports', 'other users listen on ports of your range'],
    steps: [
      ['appsup ports', 'the range, and who has what'],
      ['appsup remove APP', 'give one back'],
      ['appsup help ports', 'where the range comes from'],
    ],
  },
  PORT_RANGE: {
    meaning: 'A port or a port range cannot be used.',
    causes: ['it is below 1024, or above 65535', 'the kernel hands these ports out for outgoing connections'],
    steps: [
      ['appsup ports', 'the range, and where it comes from'],
      ['appsup help ports', 'how it is chosen'],
    ],
  },
  NOT_READY: {
    meaning:
      'It was started and did not become ready. After a restart the old version still serves; nobody was refused.',
    causes: [
      'a mistake in the new code: the message shows its last words',
      'it takes longer than ready_timeout',
      'it answers 500 at the page that is asked, or listens elsewhere',
    ],
    steps: [
      ['appsup logs APP --since 10m', 'what it printed'],
      ['appsup restart APP', 'when the cause is put right'],
      ['appsup help config.health', 'ask another page'],
    ],
  },
  NOT_RUNNING: {
    meaning: 'The app has to run for that, and does not.',
    causes: ['it is stopped', 'it failed'],
    steps: [STATUS, ['appsup start APP', 'start it']],
  },
  START_FAILED: {
    meaning: 'The process could not be made at all.',
    causes: [
      'the program is not there, or may not be run',
      'its directory is gone',
      'a limit of your account: too many processes or open files',
    ],
    steps: [
      ['appsup show APP', 'the command and the directory'],
      ['ulimit -a', 'the limits of your account'],
    ],
  },
  SUPERVISOR_GONE: {
    meaning: 'No supervisor answers. Apps that ran go on without one.',
    causes: ['it was never started', 'it was killed; the line in the crontab brings it back within a minute'],
    steps: [
      ['appsup daemon start', 'start it; it takes over what runs'],
      ['appsup boot status', 'whether it comes back by itself'],
    ],
  },
  SUPERVISOR_START: {
    meaning: 'The supervisor could not be started.',
    causes: [
      'the state directory cannot be written',
      'appsup was moved or half installed',
      'another one hangs',
    ],
    steps: [SUPERVISOR_LOG, ['appsup daemon status', 'whether one lives']],
  },
  SUPERVISOR_RUNS: {
    meaning: 'There is one supervisor for each user and host, and it runs already.',
    causes: ['the crontab or another terminal started it'],
    steps: [['appsup daemon status', 'its pid and version']],
  },
  VERSION_MISMATCH: {
    meaning: 'A file was written by another version of appsup.',
    causes: ['an update, or a step back to an older version', 'two installations on one host'],
    steps: [
      ['appsup version', 'of this command and of the supervisor'],
      ['appsup daemon restart', 'one version for both; the apps go on'],
      ['appsup boot install', 'write the boot script anew'],
    ],
  },
  PROTOCOL: {
    meaning: 'This command and what answers at the control socket do not understand each other.',
    causes: [
      'a supervisor of another version',
      'a request of your own that is not as the supervisor expects it',
    ],
    steps: [['appsup daemon restart', 'one version for both; the apps go on']],
  },
  INTERNAL: {
    meaning: 'A mistake of appsup itself. The apps go on.',
    causes: ['a case that nobody has met'],
    steps: [
      ['appsup daemon status', 'where its log is: appsupd.log has the stack'],
      ['appsup daemon restart', 'a fresh supervisor takes the apps over'],
    ],
  },
  TIMEOUT: {
    meaning: 'It was not done in the time for it. What the supervisor has begun goes on.',
    causes: [
      'the app takes long to start or to stop',
      'the supervisor is stopped (SIGSTOP), or the host is very busy',
    ],
    steps: [REPEAT, ['appsup daemon status', 'whether the supervisor answers']],
  },
  NOT_PERMITTED: {
    meaning: 'Another account would be needed for that.',
    causes: ['a state directory that belongs to somebody else', 'the verb is for administrators'],
    steps: [['appsup help administrators', 'what root may do']],
  },
  UNSAFE_MODE: {
    meaning:
      'A file or directory belongs to somebody else, or can be changed or read by others, so it is not used.',
    causes: ['it was made by sudo', 'a umask of 000 or 002', 'a copy that lost its mode'],
    steps: [
      ['ls -ld FILE', 'whose it is, and who may do what'],
      ['chmod go-rwx FILE', 'close it'],
    ],
  },
  DISK: {
    meaning: 'A file could not be read or written. What was there before is untouched.',
    causes: [
      'the disk or your quota is full',
      'a home that is read-only, or not mounted',
      'a directory where a file should be',
    ],
    steps: [
      ['df -h ~', 'space'],
      ['quota -s', 'your quota'],
    ],
  },
  PATH_TOO_LONG: {
    meaning: 'A path is longer than a socket or a crontab line may have it (108 bytes for a socket).',
    causes: ['a deep home directory', 'a long host name'],
    steps: [['export APPSUP_STATE_DIR=~/.appsup', 'a shorter place; also in your shell’s profile']],
  },
  CRON_DENIED: {
    meaning: 'cron is not allowed for your account, so nothing starts by itself after a reboot.',
    causes: ['/etc/cron.allow exists and does not name you', '/etc/cron.deny names you'],
    steps: [BY_HAND, ['appsup help boot', 'what is asked of the administrators']],
  },
  CRON_MISSING: {
    meaning: 'There is no crontab program on this host.',
    causes: ['cron is not installed'],
    steps: [BY_HAND, ['appsup help boot', 'what is asked of the administrators']],
  },
  CRON_FAILED: {
    meaning: 'The crontab could not be read or written. It is as it was.',
    causes: [
      'another program edits it at the same time',
      'a path that cannot stand in a crontab',
      'a full disk in /var',
    ],
    steps: [
      ['crontab -l', 'what is in it'],
      ['appsup boot install', 'once more'],
    ],
  },
  CRONTAB_DAMAGED: {
    meaning:
      'The block of appsup in the crontab was edited so that its end cannot be told. Nothing was changed.',
    causes: ['one of its two marks was deleted'],
    steps: [
      ['crontab -e', 'delete what is left of the block, with its marks'],
      ['appsup boot install', 'write it anew'],
    ],
  },
  FRONT_END: {
    meaning: 'The web server would not take the lines.',
    causes: [
      'a module is not loaded',
      'the rest of its configuration has a mistake',
      'the form cannot do what the app needs',
    ],
    steps: [
      ['appsup snippet APP --front KIND', 'another form'],
      ['appsup help front-ends', 'what each form can do'],
    ],
  },
  MAIL_FAILED: {
    meaning: 'A letter could not be handed to a mailer.',
    causes: ['no sendmail on this host, and no smtp in config.toml', 'no address of the helpdesk is known'],
    steps: [
      ['appsup request APP', 'print it, to send it by hand'],
      ['appsup help config.notify', 'how mail is sent'],
    ],
  },
  CANCELLED: {
    meaning: 'You said no, or nobody was there to be asked. Nothing was changed.',
    causes: ['Ctrl-C or Ctrl-D at a question', 'a script without --yes'],
    steps: [['appsup VERB --help', 'the option that answers beforehand']],
  },
};
