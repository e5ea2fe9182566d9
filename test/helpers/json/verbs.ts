import type {Verb} from '../../../src/cli/table.ts';
import {bool, byName, int, is, list, num, object, oneOf, open, orNull, text} from './shape.ts';
import type {Shape} from './shape.ts';

/** What a verb prints with `--json`: each line is one of these, or an error. */
export interface Printed {
  /** When, and what each line is about. One sentence or two. */
  readonly about: string;
  readonly lines: readonly Shape[];
}

const moment = (what: string): Shape => int(`${what}; milliseconds since 1970`);
const app = text('name of the app');
const process = text('of the program, or with several processes "queue_00"');
const state = oneOf(
  ['stopped', 'starting', 'running', 'backoff', 'stopping', 'exited', 'fatal', 'unknown'],
  "supervisord's names of states",
);
const pid = orNull(int('of its main process'));

const error = object({
  code: text('stable: "appsup explain CODE" says what it means'),
  message: text(),
  'hint?': text('what to type'),
});
/** Facts of the error stand beside its code. */
const anyError: Shape = {...error, additionalProperties: true};

/** Of every verb, when it could not be done; with several apps, of each that it could not be done for. */
export const FAILED = object({'app?': app, ok: is(false), error: anyError}, 'it could not be done');

const acted: Shape = object(
  {
    app,
    process,
    ok: bool('done as it was told'),
    state,
    pending: bool('not waited for (--no-wait)'),
    unchanged: bool('there was nothing to do'),
    pid,
    previousPid: orNull(int('of the process that was replaced or stopped')),
    readyMs: orNull(int('from the start of the process until it was ready')),
    overlapped: bool('the old one served until the new one was ready'),
    url: orNull(text('the address on this host, of what serves')),
    'error?': anyError,
    'output?': list(text(), 'its last lines, when it failed'),
  },
  'one process',
);

const supervisor = {
  version: text(),
  protocol: int(),
  pid: int(),
  since: moment('its start'),
  adopted: int('processes that it found running and took over'),
};

const processStatus = object({
  app,
  program: text(),
  process,
  state,
  'dormant?': bool('stopped only until somebody comes (lazy = true)'),
  desired: oneOf(['running', 'stopped'], 'what you asked for'),
  since: moment('its state began'),
  restarts: int('not asked for, since the last start that was'),
  pid,
  memory: orNull(int('bytes of it and all that it started; null with --no-memory')),
  reason: orNull(text('why it is in this state')),
  nextTryAt: orNull(moment('of backoff')),
  health: orNull(oneOf(['healthy', 'unhealthy'])),
  adopted: bool('taken over from an earlier supervisor'),
  change: orNull(oneOf(['proving', 'abandoning', 'leaving'], 'what goes on beside the process that serves')),
  lastChangeFailed: orNull(text('why the last restart came to nothing')),
  outdated: bool("the app's file has changed since it was started"),
  serves: bool("it answers under the app's mount"),
});

const status = object({
  supervisor: orNull(
    object({
      ...supervisor,
      goneMs: orNull(num('how long none was there before')),
      cameBackAt: orNull(moment('it came back')),
    }),
  ),
  apps: list(
    object({
      app,
      'file?': text(),
      'port?': orNull(int()),
      'mount?': text(),
      'where?': orNull(text('public address if known, else the one on this host')),
      'problems?': list(text()),
      'front?': object({
        'requestedAt?': text('day of the last request: 2026-11-20'),
        'stale?': text("what has changed since then, so that the administrators' lines are out of date"),
        'verified?': object({at: moment('of the last verify'), url: text(), ok: int(), notOk: int()}),
      }),
      processes: list(processStatus),
    }),
    'without a supervisor with their names only',
  ),
});

const diagnostic = object({
  file: text(),
  line: int('from 1'),
  column: int('from 1, in characters'),
  length: int(),
  message: text(),
  'hint?': text(),
  severity: oneOf(['error', 'warning'], 'a file with an error is not used'),
});

const step = object({
  name: text(),
  state: oneOf(['waiting', 'running', 'done', 'skipped', 'failed']),
  'startedAt?': orNull(moment('its begin')),
  'ms?': orNull(int()),
  'code?': orNull(int('exit code; above 128 a signal')),
  'note?': orNull(text()),
});
const runKind = oneOf(['task', 'job']);
const runResult = oneOf(['running', 'done', 'failed', 'timeout', 'cancelled', 'interrupted']);
const run = {
  app,
  name: text(),
  kind: runKind,
  trigger: oneOf(['user', 'schedule', 'missed', 'boot']),
  result: runResult,
  startedAt: moment('its begin'),
  'ms?': int(),
  attempt: int('from 1'),
  steps: list(step),
  undo: list(step, 'done to undo the steps before one that failed'),
  'code?': int('of the step that failed'),
  'reason?': text(),
  output: list(text(), 'last lines of the step that failed'),
  log: text('file with all that it printed'),
  stopped: list(text(), 'processes that it has stopped and not started again'),
};

const event = {at: moment('it happened'), 'reason?': text(), 'pid?': int()};
const anEvent: readonly Shape[] = [
  object({type: is('state'), app, process, from: state, state, ...event}),
  object({type: is('change'), app, process, phase: oneOf(['proving', 'replaced', 'gave-up']), ...event}),
  object({
    type: is('health'),
    app,
    process,
    health: oneOf(['unhealthy', 'recovered']),
    'detail?': text(),
    at: event.at,
  }),
  object({type: is('config'), app, change: oneOf(['added', 'changed', 'removed', 'broken']), at: event.at}),
  object({type: is('boot'), running: list(text()), missing: list(text()), at: event.at}),
  object({
    type: is('run'),
    app,
    name: text(),
    kind: runKind,
    phase: oneOf(['begun', 'step', 'undo', 'ended']),
    result: runResult,
    'reason?': text(),
    'step?': open('as of "run"'),
    at: event.at,
  }),
];

const check = {
  anyOf: [
    object({
      checked: is(true),
      ok: bool(),
      binary: text(),
      version: text(),
      message: text(),
      'line?': int('of the snippet, from 1'),
    }),
    object({checked: is(false), reason: text()}),
  ],
  description: "what the host's own server says of it",
} as const;
const front = oneOf(['apache', 'apache-minimal', 'htaccess', 'nginx']);
const launch = open('how it is run: "kind", and the settings of that kind');
const holder = object({
  port: int(),
  uid: int(),
  user: text(),
  address: text(),
  ours: bool('of your own account'),
});
const listed = object({synopsis: text(), summary: text()});
const option = object({
  'value?': text('what follows it'),
  'short?': text(),
  'optional?': bool(),
  'multiple?': bool(),
  summary: text(),
});
const explained = object({
  kind: oneOf(['state', 'run', 'error', 'exit', 'program-exit', 'signal']),
  name: text(),
  meaning: text(),
  causes: list(text()),
  steps: list(object({line: text('to type'), what: text()})),
});
const running = object({
  running: bool(),
  'version?': text(),
  'protocol?': int(),
  'pid?': int(),
  'since?': supervisor.since,
  'adopted?': supervisor.adopted,
  'goneMs?': num(),
  'cameBackAt?': moment('it came back'),
});
const actedOn = {about: 'One line for each process.', lines: [acted]};

export const PRINTED: Readonly<Record<Verb, Printed>> = {
  add: {
    about: 'The app that was made.',
    lines: [
      object({
        app,
        ok: is(true),
        file: text('that was written'),
        port: int(),
        directory: text(),
        mount: text(),
        'python?': text(),
        'transport?': oneOf(['tcp', 'unix']),
        'envFiles?': list(text()),
        'webUser?': text(),
        'programs?': list(object({name: text(), launch, 'listen?': text()})),
      }),
    ],
  },
  import: {
    about: 'One line for each app, then one with all remarks.',
    lines: [
      object({
        ok: is(true),
        app,
        file: text(),
        'port?': int(),
        'text?': text('of the file, with --dry-run'),
        variables: list(text(), 'names of what was put into an env file'),
        'envFile?': text(),
      }),
      object({
        remarks: list(
          object({
            file: text(),
            line: int(),
            what: text(),
            fate: oneOf(['taken', 'changed', 'dropped', 'refused', 'unknown']),
            text: text(),
          }),
        ),
      }),
    ],
  },
  start: actedOn,
  stop: actedOn,
  restart: actedOn,
  reload: actedOn,
  scale: {
    about: 'One line for each program.',
    lines: [
      object({
        app,
        program: text(),
        ok: bool(),
        key: oneOf(['workers', 'numprocs'], 'of its file'),
        from: int(),
        to: int(),
        file: text(),
        results: list(acted, 'of what was running'),
      }),
    ],
  },
  signal: {
    about: 'One line for each process.',
    lines: [
      object({
        app,
        process,
        ok: bool('it was sent'),
        signal: text('without SIG'),
        group: bool('to the whole process group'),
        state,
        pid,
        'error?': anyError,
      }),
    ],
  },
  status: {about: 'One line with everything.', lines: [status]},
  top: {about: 'As of "status".', lines: [status]},
  logs: {
    about: 'One line for each line that was printed, as it is found; with -f there is no end.',
    lines: [
      object({
        app,
        'process?': process,
        'file?': text("for a log of the app's own"),
        at: orNull(moment('by its own time')),
        line: text(),
      }),
    ],
  },
  run: {
    about:
      'Without a name one line for each task and job; with one a line for each step as it goes on, and at the end one for the run.',
    lines: [
      object({app, name: text(), kind: runKind, what: text()}),
      object({app, name: text(), phase: oneOf(['step', 'undo']), place: int('from 1'), count: int(), step}),
      object({ok: bool(), ...run}),
      object({app, name: text(), steps: list(step), undo: list(step)}, 'with --dry-run'),
      object({app, name: text(), cancelled: bool()}, 'with --cancel'),
    ],
  },
  jobs: {
    about: 'One line for each job.',
    lines: [
      object({
        app,
        job: text(),
        schedule: text(),
        timezone: orNull(text()),
        nextAt: orNull(moment('it is due')),
        reason: orNull(text('why it is not due, or waits')),
        running: orNull(object(run)),
        last: orNull(object(run)),
      }),
    ],
  },
  events: {about: 'One line for each event, as it happens; with -f there is no end.', lines: anEvent},
  open: {
    about: 'One line for each app. Nothing is opened.',
    lines: [
      object({
        app,
        url: orNull(text('the public address')),
        local: orNull(text('the one on this host')),
        ssh: orNull(text('the line that brings it to your own machine')),
        running: orNull(bool('null: no supervisor is there to say')),
      }),
    ],
  },
  list: {
    about: 'One line for each app that has a file.',
    lines: [
      object({
        app,
        file: text(),
        ok: bool('its file has no mistakes'),
        'port?': int(),
        'mount?': text(),
        programs: list(text()),
        'directory?': text(),
      }),
    ],
  },
  show: {
    about:
      'One line for each app: its settings with all defaults, in milliseconds and bytes. Their names are those of the file (docs/config.md), in camel case.',
    lines: [
      object({
        app,
        leasedPort: orNull(int()),
        namedPorts: byName(int(), 'leased for named sockets'),
        name: text(),
        file: text(),
        directory: text(),
        mount: text(),
        prefix: oneOf(['keep', 'strip', 'none']),
        front: open('[front], static, pass'),
        'port?': int('that the file names'),
        transport: oneOf(['tcp', 'unix']),
        python: text(),
        envFiles: list(text()),
        env: byName(text(), 'secrets are ***'),
        computed: byName(list(text())),
        programs: list(open('a program')),
        jobs: list(open('a job')),
        tasks: list(open('a task')),
        logs: open('[logs]'),
        logFiles: list(text()),
        notify: bool(),
        runs: orNull(open('the last runs of its jobs and tasks; null: no supervisor is there to say')),
      }),
    ],
  },
  edit: {
    about: 'One line for each app.',
    lines: [
      object({app, ok: bool('its file has no mistakes'), changed: bool(), diagnostics: list(diagnostic)}),
    ],
  },
  check: {
    about: 'One line for the settings of all apps, where they have mistakes, and one for each app.',
    lines: [
      object({ok: bool(), diagnostics: list(diagnostic)}),
      object({app, file: text(), ok: bool(), diagnostics: list(diagnostic), advice: list(text())}),
    ],
  },
  env: {
    about: 'One line for each app.',
    lines: [
      object({
        app,
        program: text(),
        variables: list(object({name: text(), value: text('*** when hidden'), hidden: bool()})),
      }),
    ],
  },
  exec: {about: 'Errors only: all else is what the command prints.', lines: []},
  secret: {
    about: 'What was done.',
    lines: [
      object({
        app,
        key: text(),
        file: text(),
        did: oneOf(['written', 'kept']),
        'value?': text('with --show'),
      }),
    ],
  },
  ports: {
    about: 'Your range with all leases, or what "move" did.',
    lines: [
      object({
        range: object({first: int(), last: int()}),
        source: oneOf(['site', 'user', 'default']),
        leases: list(
          object({
            app,
            port: int(),
            since: moment('it was given'),
            fixed: bool("the app's file names it"),
            listener: orNull(holder),
          }),
        ),
        others: list(holder, 'who listens on ports of the range that are nobody’s'),
        warnings: list(text()),
      }),
      object({app, ok: is(true), previousPort: orNull(int()), port: int()}, 'ports move'),
    ],
  },
  snippet: {
    about: 'One line for each app.',
    lines: [object({app, front, port: int(), mount: text(), snippet: text(), check, cautions: list(text())})],
  },
  request: {
    about: 'One line for the letter.',
    lines: [
      object({
        apps: list(text()),
        front,
        to: orNull(text('address of the helpdesk')),
        subject: text(),
        text: text('the letter'),
        check,
        ok: bool(),
        kept: bool(),
        mailed: bool(),
      }),
    ],
  },
  preview: {
    about: 'One line when it serves; then nothing until it ends.',
    lines: [object({app, url: text()})],
  },
  gateway: {
    about: 'What "enable" made, or what "status" found.',
    lines: [
      object({
        app,
        ok: is(true),
        file: text(),
        port: int(),
        mount: text(),
        reached: list(text(), 'names of apps'),
      }),
      object({
        gateways: list(
          object({
            app,
            mount: text(),
            state: text(),
            reached: list(object({app, mount: text(), state: text()})),
            missed: list(object({name: text(), why: text()})),
          }),
        ),
      }),
    ],
  },
  verify: {
    about: 'One line for each app.',
    lines: [
      object({
        app,
        url: text(),
        ok: bool('nothing needs attention'),
        facts: list(
          object({
            id: text('stable'),
            title: text(),
            verdict: oneOf(['ok', 'not-ok', 'none']),
            detail: text(),
            remedy: orNull(
              object({
                who: oneOf(['you', 'administrators']),
                what: text(),
                'inBlock?': bool('the lines of "request" put it right'),
              }),
            ),
          }),
        ),
        advice: orNull(text()),
      }),
    ],
  },
  boot: {
    about: 'What was done, or how it is.',
    lines: [
      object({
        ok: is(true),
        change: oneOf(['added', 'changed', 'removed', 'unchanged']),
        'script?': text(),
        'daemon?': oneOf(['running', 'unknown']),
      }),
      object({
        installed: bool(),
        current: bool('block and script are those of this version'),
        'nodeValid?': bool('the recorded Node is there'),
        daemon: oneOf(['running', 'unknown'], 'of cron'),
        script: text(),
        'problem?': anyError,
      }),
    ],
  },
  doctor: {
    about: 'One line with everything.',
    lines: [
      object({
        ok: bool(),
        findings: list(
          object({
            id: text('stable'),
            level: oneOf(['ok', 'warning', 'broken', 'unseen']),
            subject: text(),
            text: text(),
            'hint?': text(),
            'who?': oneOf(['user', 'administrators']),
          }),
        ),
      }),
    ],
  },
  report: {
    about: 'The file that was written. With --print nothing is written, and the line has the text.',
    lines: [object({file: text(), bytes: int()}), object({text: text()})],
  },
  remove: {
    about: 'One line for each app.',
    lines: [
      object({
        app,
        ok: is(true),
        port: orNull(int('that is free again')),
        logs: orNull(text('where they stay')),
      }),
    ],
  },
  daemon: {
    about: 'The supervisor as it is now, or what "stop" did. "daemon run" prints nothing.',
    lines: [
      running,
      object({ok: is(true), pid: orNull(int()), appsStopped: bool('false with --keep-apps')}, 'daemon stop'),
    ],
  },
  admin: {
    about: 'Of "check" one line; of "collect" one for each app, and the last one for the outcome.',
    lines: [
      object({file: text(), ok: bool(), diagnostics: list(diagnostic)}),
      object({
        ok: is(true),
        user: text(),
        app,
        mount: text(),
        upstream: open('where the app is reached'),
        date: text(),
      }),
      object({ok: is(false), user: text(), app: orNull(text()), reason: text(), hint: orNull(text())}),
      object({
        ok: bool(),
        front,
        output: text(),
        applied: bool(),
        reloaded: bool(),
        changed: bool(),
        kept: list(object({user: text(), reason: text()})),
        check,
        diff: text(),
        failure: orNull(text()),
      }),
    ],
  },
  version: {
    about: 'One line.',
    lines: [object({version: text(), supervisor: orNull(text('its version, if one runs')), node: text()})],
  },
  completion: {
    about: 'The script of a shell, or where it was installed.',
    lines: [
      object({shell: text(), script: text()}),
      object({shell: text(), file: text(), installed: bool(), 'hint?': text()}),
    ],
  },
  explain: {
    about: 'One line for each meaning of the word; without one, all words.',
    lines: [explained, byName(list(text()))],
  },
  help: {
    about: 'All verbs; one verb; a topic as text; or a table of words.',
    lines: [
      object({
        verb: text(),
        synopsis: text(),
        summary: text(),
        options: byName(option),
        examples: list(text()),
      }),
      object({topic: text(), text: text()}),
      explained,
      byName({anyOf: [listed, text()]}),
    ],
  },
};
