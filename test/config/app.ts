import {readFileSync} from 'node:fs';

import test from 'ava';
import fc from 'fast-check';

import {readApp} from '../../src/config/app.ts';
import {isServed, isSite} from '../../src/core/spec.ts';
import type {AppSpec} from '../../src/core/spec.ts';
import {CONTEXT, GUNICORN, findings, specOf, web} from '../helpers/read-app.ts';

const WEB_DEFAULTS = {
  name: 'web',
  listen: 'socket',
  numprocs: 1,
  restart: 'always',
  startMs: 1000,
  readyMs: 60_000,
  readiness: {kind: 'http', path: '/', host: undefined, status: undefined, timeoutMs: 5000},
  giveUp: 10,
  backoffMs: 1000,
  backoffCapMs: 60_000,
  stopSignal: 'TERM',
  stopMs: 30_000,
  overlap: true,
  sockets: {},
  lazy: false,
  idleStopMs: undefined,
  health: undefined,
  after: [],
  needs: [],
  directory: '/home/alice/flask-tasks',
  env: {},
  umask: 0o027,
  limits: {
    memoryBytes: undefined,
    nofile: undefined,
    nproc: undefined,
    coreBytes: undefined,
    nice: undefined,
    lifetimeMs: undefined,
    lifetimeJitterMs: 0,
  },
  reloadSignal: 'HUP',
} as const;

test('readApp() makes the example of the manual complete', (t) => {
  const text = readFileSync('test/fixtures/config/flasktasks.toml', 'utf8');
  t.deepEqual(readApp(text, CONTEXT).diagnostics, []);
  t.deepEqual(specOf(text), {
    name: 'tasks',
    file: CONTEXT.file,
    directory: '/home/alice/flask-tasks',
    mount: '/alice_flasktasks',
    prefix: 'keep',
    front: {
      bodyLimitBytes: 100_000_000,
      timeoutMs: 300_000,
      statics: [],
      fallback: undefined,
      passes: [],
      maintenance: undefined,
      streaming: false,
    },
    port: undefined,
    transport: 'tcp',
    python: '/home/alice/miniconda3/envs/flasktasks',
    jobs: [],
    tasks: [],
    envFiles: ['/home/alice/flask-tasks/.env'],
    env: {FLASK_DEBUG: '0'},
    computed: {},
    programs: [
      {
        ...WEB_DEFAULTS,
        launch: {
          kind: 'gunicorn',
          target: 'wsgi:application',
          workers: 2,
          threads: 1,
          workerClass: undefined,
          args: [],
        },
      },
      {
        ...WEB_DEFAULTS,
        name: 'queue',
        launch: {kind: 'command', argv: ['python', 'manage.py', 'run_huey']},
        listen: 'none',
        readiness: {kind: 'none'},
        stopSignal: 'INT',
        stopMs: 90_000,
        after: ['web'],
        reloadSignal: undefined,
      },
    ],
    logs: {
      maxBytes: 10 * 1024 * 1024,
      maxAgeMs: undefined,
      keep: 10,
      totalBytes: 100 * 1024 * 1024,
      gzip: true,
    },
    logFiles: [],
    notify: true,
  });
});

for (const [what, text, read, expected] of [
  ['no mount: the template', web(GUNICORN), (spec: AppSpec) => spec.mount, '/alice_tasks'],
  [
    'mount "/": no prefix',
    `mount = "/"\n${web(GUNICORN)}`,
    (spec: AppSpec) => [spec.mount, spec.prefix],
    ['', 'none'],
  ],
  ['prefix "none": no mount', `prefix = "none"\n${web(GUNICORN)}`, (spec: AppSpec) => spec.mount, ''],
  ['gunicorn keeps the mount', web(GUNICORN), (spec: AppSpec) => spec.prefix, 'keep'],
  ['a command keeps the mount', web('command = "node a.js"'), (spec: AppSpec) => spec.prefix, 'keep'],
  ['uvicorn has it stripped', web('uvicorn = "main:app"'), (spec: AppSpec) => spec.prefix, 'strip'],
  [
    'so has UvicornWorker',
    web(GUNICORN, 'worker_class = "uvicorn_worker.UvicornWorker"'),
    (spec: AppSpec) => spec.prefix,
    'strip',
  ],
  ['gevent keeps it', web(GUNICORN, 'worker_class = "gevent"'), (spec: AppSpec) => spec.prefix, 'keep'],
  [
    'a venv beside the code',
    `python = ".venv"\n${web(GUNICORN)}`,
    (spec: AppSpec) => spec.python,
    '/srv/x/.venv',
  ],
  [
    'several env files',
    `env_file = [".env", "~/shared.env", "/etc/x.env"]\n${web(GUNICORN)}`,
    (spec: AppSpec) => spec.envFiles,
    ['/srv/x/.env', '/home/alice/shared.env', '/etc/x.env'],
  ],
  [
    'a value that a command prints',
    `env = { A = "1", HASH = { run = "git rev-parse --short HEAD" } }\n${web(GUNICORN)}`,
    ({env, computed}: AppSpec) => ({env, computed}),
    {env: {A: '1'}, computed: {HASH: ['git', 'rev-parse', '--short', 'HEAD']}},
  ],
  [
    'a command called web binds PORT',
    web('command = "node a.js"'),
    (spec: AppSpec) => spec.programs[0]?.listen,
    'port',
  ],
  [
    'a lazy program',
    web(GUNICORN, 'lazy = true\nidle_stop = "30m"'),
    (spec: AppSpec) => [spec.programs[0]?.lazy, spec.programs[0]?.idleStopMs],
    [true, 1_800_000],
  ],
  ['no transport: TCP', web(GUNICORN), (spec: AppSpec) => spec.transport, 'tcp'],
  ['a Unix socket', `transport = "unix"\n${web(GUNICORN)}`, (spec: AppSpec) => spec.transport, 'unix'],
  [
    'a command as words',
    web('command = ["~/bin/run", "a b", "~/c"]'),
    (spec: AppSpec) => spec.programs[0]?.launch,
    {kind: 'command', argv: ['/home/alice/bin/run', 'a b', '~/c']},
  ],
  [
    'a module without a callable',
    web('gunicorn = "wsgi"', 'args = "--timeout 120"'),
    (spec: AppSpec) => spec.programs[0]?.launch,
    {
      kind: 'gunicorn',
      target: 'wsgi:application',
      workers: 2,
      threads: 1,
      workerClass: undefined,
      args: ['--timeout', '120'],
    },
  ],
  [
    'an ini file of uWSGI',
    web('uwsgi = "flaskr.ini"'),
    (spec: AppSpec) => spec.programs[0]?.launch,
    {kind: 'uwsgi', target: '/srv/x/flaskr.ini', workers: 2, threads: 1, protocol: 'http', args: []},
  ],
  [
    'give_up "never"',
    web(GUNICORN, 'give_up = "never"'),
    (spec: AppSpec) => spec.programs[0]?.giveUp,
    Infinity,
  ],
  [
    'gunicorn reloaded by HUP',
    web(GUNICORN, 'args = "--timeout 9"'),
    (spec: AppSpec) => spec.programs[0]?.reloadSignal,
    'HUP',
  ],
  [
    'a preloading gunicorn restarted, since HUP would leave it its old code',
    web(GUNICORN, 'args = "--preload"'),
    (spec: AppSpec) => spec.programs[0]?.reloadSignal,
    undefined,
  ],
  [
    'uWSGI reloaded by HUP',
    web('uwsgi = "wsgi:app"'),
    (spec: AppSpec) => spec.programs[0]?.reloadSignal,
    'HUP',
  ],
  [
    'uvicorn restarted',
    web('uvicorn = "main:app"'),
    (spec: AppSpec) => spec.programs[0]?.reloadSignal,
    undefined,
  ],
  [
    'a reload signal of the user',
    web('command = "node a.js"', 'reload_signal = "USR2"'),
    (spec: AppSpec) => spec.programs[0]?.reloadSignal,
    'USR2',
  ],
  [
    'reload_signal "none"',
    web(GUNICORN, 'reload_signal = "none"'),
    (spec: AppSpec) => spec.programs[0]?.reloadSignal,
    undefined,
  ],
  [
    'programs and endpoints in after',
    web(
      GUNICORN,
      'after = ["tcp://db.example.ac.uk:5432", "queue", "tcp://[::1]:6379"]',
      '[programs.queue]',
      'command = "q"',
    ),
    (spec: AppSpec) => [spec.programs[0]?.after, spec.programs[0]?.needs],
    [
      ['queue'],
      [
        {host: 'db.example.ac.uk', port: 5432},
        {host: '::1', port: 6379},
      ],
    ],
  ],
  ['notify = false', `notify = false\n${web(GUNICORN)}`, (spec: AppSpec) => spec.notify, false],
  [
    'named sockets in their order',
    web('command = "x"', 'listen = "socket"', 'sockets = { metrics = "tcp", control = "unix" }'),
    (spec: AppSpec) => Object.entries(spec.programs[0]?.sockets ?? {}),
    [
      ['metrics', 'tcp'],
      ['control', 'unix'],
    ],
  ],
  ['an octal umask', web(GUNICORN, 'umask = "077"'), (spec: AppSpec) => spec.programs[0]?.umask, 0o077],
  [
    'a status list',
    web(GUNICORN, 'health = { status = 401 }'),
    (spec: AppSpec) => spec.programs[0]?.readiness,
    {kind: 'http', path: '/', host: undefined, status: [401], timeoutMs: 5000},
  ],
  [
    'a backoff above its cap',
    web(GUNICORN, 'backoff = "5m"'),
    (spec: AppSpec) => spec.programs[0]?.backoffCapMs,
    300_000,
  ],
] as const) {
  test(`readApp() reads ${what}`, (t) => {
    t.deepEqual(read(specOf(text)), expected as never);
  });
}

test('readApp() takes pages alone, which need no program', (t) => {
  const spec = specOf('directory = "/x"\nstatic = { "/" = "dist" }');
  t.deepEqual([spec.programs, isSite(spec), isServed(spec)], [[], true, true]);
});

test('readApp() takes defaults of the global file, and the app file is stronger', (t) => {
  const defaults = {stop_timeout: 5000, restart: 'never'} as const;
  const [program] = specOf(web(GUNICORN, 'restart = "on-failure"'), {defaults}).programs;
  t.is(program?.stopMs, 5000);
  t.is(program?.restart, 'on-failure');
});

for (const [text, ...expected] of [
  ['', '1:1 "directory" is missing', '1:1 "programs" is missing'],
  [web(GUNICORN, 'stop_singal = "INT"'), '4:1 Unknown key "stop_singal": did you mean "stop_signal"?'],
  [web(GUNICORN, 'overlap  = "maybe"'), '4:12 Expected "overlap" to be true or false: got "maybe"'],
  [
    web(GUNICORN, 'stop_timeout = 60'),
    '4:16 Expected "stop_timeout" to be a duration in quotes with its unit, as "60s": got 60',
  ],
  [web(GUNICORN, 'umask = 777'), '4:9 Expected "umask" to be octal digits in quotes, as "027": got 777'],
  [web(GUNICORN, 'health = []'), '4:10 Expected "health" to be a table: got a list'],
  [web(GUNICORN, 'health = 1979-05-27'), '4:10 Expected "health" to be a table: got a date'],
  [web(GUNICORN, 'command = "x"'), '4:1 "web" has both "gunicorn" and "command"'],
  [
    web('workers = 2'),
    '2:11 "web" has nothing to run: expected "gunicorn", "uvicorn", "hypercorn", "daphne", "uwsgi", "huey", "celery", "rq", "dramatiq" or "command"',
  ],
  [web('uvicorn = "main"'), '3:11 Expected "uvicorn" to be module:callable: got "main"'],
  [web('gunicorn = "-c x.py"'), '3:12 Expected "gunicorn" to be module:callable: got "-c x.py"'],
  [web('command = "run \'x"'), '3:16 Cannot split "command" into words: the \' is not closed'],
  [web('command = " "'), '3:11 Expected "command" to name a program: got nothing'],
  [web('command = "a | b"'), '3:14 warning: "command" is run without a shell: "|" is passed on as it stands'],
  [
    web('command = "a"', 'workers = 2'),
    '4:1 "workers" means nothing to "command": it is for gunicorn, uvicorn, hypercorn, uwsgi, huey, celery, rq or dramatiq',
  ],
  [
    web(GUNICORN, 'args = "-b :80"'),
    '4:8 Cannot pass "-b" to gunicorn: appsup looks after the address and the process',
  ],
  [web(GUNICORN, 'args = "-m 777"'), '4:8 warning: gunicorn reads the umask 777 as decimal: octal 1411'],
  [web(GUNICORN, 'after = ["db"]'), '4:10 No program of this app is called "db"'],
  [
    web(GUNICORN, 'after = ["tcp://db:1", "db", "tcp://db"]'),
    '4:24 No program of this app is called "db"',
    '4:30 The port is missing in "tcp://db"',
  ],
  [
    web(GUNICORN, 'after = "web"'),
    '4:9 Expected "after" to be a list: ["web", "tcp://127.0.0.1:5432"]: got "web"',
  ],
  [
    web(GUNICORN, 'reload_signal = "KILL"'),
    '4:17 Expected "reload_signal" to be "HUP", "USR1", "USR2", "TERM", "INT", "QUIT" or "none": got "KILL"',
  ],
  [
    web('command = "node a.js"', 'lazy = true'),
    '4:8 "lazy" cannot be true with listen = "port": nobody would see the first visitor',
  ],
  [
    web(GUNICORN, 'idle_stop = "30m"'),
    '4:13 "idle_stop" has no effect: what is stopped would not be started again',
  ],
  [
    web('uvicorn = "main:app"', 'lazy = true', 'idle_stop = "30m"', 'health = { every = "30s" }'),
    '5:13 "idle_stop" has no effect with health.every: each check is a visitor',
  ],
  [
    `transport = "unix"\n${web('command = "node a.js"')}`,
    '1:13 "transport" cannot be "unix": "web" binds its port by itself',
  ],
  [`notify = "no"\n${web(GUNICORN)}`, '1:10 Expected "notify" to be true or false: got "no"'],
  [web(GUNICORN, 'after = ["web"]'), '4:9 Programs wait for each other in a circle: web -> web'],
  [
    web(GUNICORN, 'after = ["queue"]', '[programs.queue]', 'command = "q"', 'after = ["web"]'),
    '4:9 Programs wait for each other in a circle: web -> queue -> web',
  ],
  [
    web(GUNICORN, '[programs.api]', 'uvicorn = "main:app"'),
    '4:1 "web" and "api" both listen: an app has one port',
  ],
  [
    web(GUNICORN, 'numprocs = 2', '[programs.web_01]', 'command = "q"'),
    '5:11 A process of "web_01" and one of "web" would both be called "web_01"',
  ],
  [
    `mount = "alice/"\n${web(GUNICORN)}`,
    '1:9 Expected "mount" to be a path of letters, digits, _ and - as "/alice_tasks": got "alice/"',
  ],
  [`mount = "/x"\nprefix = "none"\n${web(GUNICORN)}`, '1:9 Cannot serve below a mount with prefix = "none"'],
  [`env = { A = 1 }\n${web(GUNICORN)}`, '1:13 Expected "A" to be text: put quotes around it: got a number'],
  [`env = { A = { } }\n${web(GUNICORN)}`, '1:13 "run" is missing'],
  [
    `env = { A = ["x"] }\n${web(GUNICORN)}`,
    '1:13 Expected "A" to be text in quotes, or { run = "..." }: got a list',
  ],
  [
    `env = { A = { ran = "x" } }\n${web(GUNICORN)}`,
    '1:13 "run" is missing',
    '1:15 Unknown key "ran": did you mean "run"?',
  ],
  [
    `env = { A = { run = "git 'rev" } }\n${web(GUNICORN)}`,
    `1:26 Cannot split "run" into words: the ' is not closed`,
  ],
  [web(GUNICORN, 'env = { A = { run = "x" } }'), '4:13 Expected "A" to be text in quotes: got a table'],
  [`env = { __proto__ = "x" }\n${web(GUNICORN)}`, '1:9 "__proto__" cannot be used as a name'],
  [`env = { PORT = "80" }\n${web(GUNICORN)}`, '1:9 warning: "PORT" is set by appsup from "port"'],
  [`directory = "x"\n[programs.web]\n${GUNICORN}`, '1:13 Expected "directory" to be absolute: got "x"'],
  [
    web('command = "x"', 'sockets = { metrics = "tcp" }'),
    '4:11 "sockets" cannot be with listen = "port": they come after the app\'s own, which is descriptor 3',
  ],
  [
    web(GUNICORN, 'sockets = { metrics = "tcp" }'),
    '4:1 "sockets" means nothing to "gunicorn": it is for command',
  ],
  [
    web('command = "/v/bin/gunicorn x:y"', 'listen = "socket"', 'sockets = { metrics = "tcp" }'),
    '5:11 Cannot hand further sockets to gunicorn: it would serve the app on each of them',
  ],
  [
    web(
      'command = "x"',
      'listen = "socket"',
      'sockets = { "a:b" = "tcp", http = "unix", a-b = "tcp", a_b = "tcp" }',
    ),
    '5:13 Cannot use "a:b" as a socket\'s name',
    '5:28 Cannot use "http" as a socket\'s name: it is that of the app\'s own',
    '5:56 Cannot use "a_b" as a socket\'s name: with "a-b" it would share APPSUP_SOCKET_A_B',
  ],
  [
    web('command = "x"', 'listen = "socket"', 'sockets = { metrics = "udp" }'),
    '5:23 Expected "metrics" to be "tcp" or "unix": got "udp"',
  ],
  ['directory = "/x"\nprograms = {}', '2:1 The app has no program'],
  [
    'directory = "x"\nstatic = { "/a" = "dist" }',
    '1:1 "programs" is missing',
    '1:13 Expected "directory" to be absolute: got "x"',
  ],
  ['directory = "/x"\nstatic = { "/" = "dist" }\nfront = { pass = ["/api"] }', '1:1 "programs" is missing'],
  ['directory = "/x"\n[programs."a b"]\ncommand = "x"', '2:11 Cannot use "a b" as a program\'s name'],
  [
    'directory = "/x\\u0000y"\n[programs.web]\ncommand = "x"',
    '1:13 Expected "directory" to be a path: got "/x\\u0000y"',
  ],
  ['directory = ~/x\nmount = yes', '1:13 Expected a value', '2:9 Expected a value'],
] as const) {
  test(`readApp() says ${expected.join('; ')}`, (t) => {
    t.deepEqual(findings(text), [...expected]);
  });
}

test('readApp() warns of a mount that is not of the form of the host', (t) => {
  t.deepEqual(findings(`mount = "/bob_x"\n${web(GUNICORN)}`, {mountRule: '/{user}_{app}'}), [
    '1:9 warning: The mounts of this host have the form /{user}_{app}',
  ]);
  t.deepEqual(findings(`mount = "/alice_y"\n${web(GUNICORN)}`, {mountRule: '/{user}_{app}'}), []);
});

test('readApp() names no value of an env table', (t) => {
  const text = `env = { A = "hunter2\\u0000", B = ["hunter2"] }\n${web(GUNICORN, 'env = { "C D" = "hunter2" }')}`;
  t.true(findings(text).length >= 3);
  t.notRegex(findings(text).join('\n'), /hunter2/);
});

test('readApp() gives a spec or an error, and each finding a place in the text, whatever the text', (t) => {
  const word = fc.constantFrom(
    ...[
      'directory',
      'mount',
      'programs',
      'web',
      'env',
      'gunicorn',
      'command',
      'health',
      'after',
      'limits',
      'logs',
      'log_files',
      'pattern',
      'every',
      'kind',
      'x',
      '__proto__',
    ],
    ...[
      '=',
      '[',
      ']',
      '[[',
      ']]',
      '{',
      '}',
      ',',
      '.',
      '\n',
      '\r\n',
      ' ',
      '#',
      '"',
      "'",
      '"""',
      '"/a"',
      '5',
      'true',
      '\\',
      '\0',
      '日',
      '\uFEFF',
    ],
    ...[
      'directory = "/a"\n',
      '[programs.web]\n',
      'gunicorn = "a:b"\n',
      '"tcp://a:1"',
      '"5MB"',
      '"("',
      '1979-05-27',
      '-1e9',
      'nan',
    ],
  );
  const text = fc.oneof(
    fc.string({unit: 'binary', maxLength: 60}),
    fc.array(word, {maxLength: 30}).map((words) => words.join('')),
    fc.array(word, {maxLength: 30}).map((words) => words.join(' ')),
  );
  fc.assert(
    fc.property(text, (source) => {
      const {spec, diagnostics} = readApp(source, CONTEXT);
      t.is(
        spec === undefined,
        diagnostics.some((each) => each.severity === 'error'),
      );
      const lines = source.split('\n');
      for (const {line, column, length} of diagnostics) {
        t.true(line >= 1 && line <= lines.length);
        t.true(column >= 1 && column <= Array.from(lines[line - 1] ?? '').length + 1);
        t.true(length >= 1);
      }
    }),
    {numRuns: 3000},
  );
});

test('readApp() is done with a file of 20,000 mistakes, and shows the first hundred', (t) => {
  const text = Array.from({length: 20_000}, (_, index) => `key_${index} = 1`).join('\n');
  t.is(readApp(text, CONTEXT).diagnostics.length, 100);
});

for (const [text, place, hint] of [
  [`stop_signal = "INT"\n${web(GUNICORN)}`, '1:1', 'it belongs to a program: write it below [programs.web]'],
  [web(GUNICORN, 'memory = "1GB"'), '4:1', 'it belongs to limits: limits = { memory = ... }'],
  [web(GUNICORN, 'every = "30s"'), '4:1', 'it belongs to health: health = { every = ... }'],
  [web(GUNICORN, 'log_files = "a"'), '4:1', 'it belongs to the app: write it above the first [programs...]'],
] as const) {
  test(`readApp() says of a key in the wrong table that ${hint}`, (t) => {
    const [found, ...more] = readApp(text, CONTEXT).diagnostics;
    t.deepEqual(more, []);
    t.is(`${found?.line}:${found?.column}`, place);
    t.is(found?.hint, hint);
  });
}
