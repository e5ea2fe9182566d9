import test from 'ava';

import type {Launch, ProgramSpec} from '../../src/core/program-spec.ts';
import type {AppSpec} from '../../src/core/spec.ts';
import {gunicorn, ignoresScriptName} from '../../src/launch/gunicorn.ts';
import type {GunicornFacts} from '../../src/launch/gunicorn.ts';
import {complaint, startOf} from '../helpers/launch-start.ts';

type Gunicorn = Extract<Launch, {kind: 'gunicorn'}>;

function plan(
  changes: Partial<Gunicorn> = {},
  {
    version,
    app = {},
    program = {},
    ...facts
  }: Partial<GunicornFacts> & {
    readonly version?: string;
    readonly app?: Partial<AppSpec>;
    readonly program?: Partial<ProgramSpec>;
  } = {},
) {
  const launch: Gunicorn = {
    kind: 'gunicorn',
    target: 'wsgi:app',
    workers: 2,
    threads: 1,
    workerClass: undefined,
    args: [],
    ...changes,
  };
  const tool = {argv: ['/p/python', '/p/gunicorn'], version: version ?? '20.1.0'};
  return gunicorn(startOf(launch, {app, program}), launch, {
    tool,
    config: undefined,
    envArgs: '',
    sharedMemory: false,
    ...facts,
  });
}

const COMMON = ['/p/python', '/p/gunicorn', '--workers', '2', '--graceful-timeout', '8'];

/** The options that `gunicorn --help` of these versions knows: asked on 2026-11-21. */
const VERSIONS: readonly [string | undefined, readonly string[]][] = [
  ['20.1.0', []],
  ['21.2.0', []],
  ['22.0.0', []],
  ['23.0.0', ['--forwarder-headers', 'X_NOTHING']],
  ['25.0.3', ['--forwarder-headers', 'X_NOTHING']],
  ['25.1.0', ['--no-control-socket', '--forwarder-headers', 'X_NOTHING']],
  ['26.2.0', ['--no-control-socket', '--forwarder-headers', 'X_NOTHING']],
  ['27.0.1', ['--no-control-socket', '--forwarder-headers', 'X_NOTHING']],
];

for (const [version, options] of VERSIONS) {
  test(`gunicorn() gives version ${version} the options that it knows`, (t) => {
    t.deepEqual(plan({}, version === undefined ? {} : {version}).argv, [...COMMON, ...options, 'wsgi:app']);
  });
}

test('gunicorn() gives an unknown version what all of them know', (t) => {
  t.deepEqual(plan({}, {tool: {argv: ['/p/python', '-m', 'gunicorn'], version: undefined}}).argv, [
    '/p/python',
    '-m',
    'gunicorn',
    ...COMMON.slice(2),
    'wsgi:app',
  ]);
});

test('gunicorn() takes the held and a private socket, or binds the port when it has to', (t) => {
  t.like(plan(), {sockets: ['held', 'private'], listenFds: true, warnings: []});
  const bound = plan({}, {program: {listen: 'port'}});
  t.like(bound, {sockets: [], listenFds: false});
  t.is(bound.argv.join(' ').includes('--bind 127.0.0.1:20140'), true);
});

test('gunicorn() passes on threads, worker class and arguments, which come last', (t) => {
  t.deepEqual(plan({threads: 4, workerClass: 'gthread', args: ['--timeout', '120']}).argv.slice(2), [
    ...['--workers', '2', '--threads', '4', '--worker-class', 'gthread', '--graceful-timeout', '8'],
    ...['--timeout', '120', 'wsgi:app'],
  ]);
});

test('gunicorn() keeps the heartbeat in memory, unless the settings file says where', (t) => {
  t.true(plan({}, {sharedMemory: true}).argv.join(' ').includes('--worker-tmp-dir /dev/shm'));
  const config = {name: 'gunicorn.conf.py', text: 'worker_tmp_dir = "/run/x"\n'};
  t.false(plan({}, {sharedMemory: true, config}).argv.includes('--worker-tmp-dir'));
});

const REFUSED: readonly [readonly string[], string][] = [
  [['--bind', '0.0.0.0:80'], '--bind'],
  [['--bind=0.0.0.0:80'], '--bind'],
  [['-b', ':80'], '-b'],
  [['-b:80'], '-b:80'],
  [['--timeout', '5', '-D'], '-D'],
  [['--daemon'], '--daemon'],
  [['--pid', 'x'], '--pid'],
  [['-p', 'x'], '-p'],
];
for (const [args, named] of REFUSED) {
  test(`gunicorn() refuses ${args.join(' ')}`, (t) => {
    const [code, message, hint] = complaint(() => plan({args}));
    t.is(code, 'CONFIG');
    t.true(message.startsWith(`Cannot start "tasks:web": args has ${named}: `), message);
    t.is(hint, 'take it out: appsup edit tasks');
  });
}

test('gunicorn() refuses the same in GUNICORN_CMD_ARGS, and a settings file that goes into the background', (t) => {
  t.regex(
    complaint(() => plan({}, {envArgs: '--workers=2 --daemon'}))[1],
    /GUNICORN_CMD_ARGS has --daemon: /,
  );
  const text = 'workers = 4  # x\ndaemon = True\n';
  t.regex(
    complaint(() => plan({}, {config: {name: 'gunicorn.conf.py', text}}))[1],
    /gunicorn\.conf\.py has daemon = True: /,
  );
  t.notThrows(() =>
    plan(
      {args: ['--backlog', '5', '--preload', '--print-config']},
      {config: {name: 'c.py', text: 'daemon = False\n'}},
    ),
  );
});

test('gunicorn() leaves the number of workers to the settings file, and warns of its pidfile', (t) => {
  const text = 'import multiprocessing\nworkers = multiprocessing.cpu_count()\npidfile = "x"\n';
  const {argv, warnings} = plan({}, {config: {name: 'gunicorn.conf.py', text}});
  t.false(argv.includes('--workers'));
  t.deepEqual(warnings, [
    "workers is taken from gunicorn.conf.py, not from the app's file",
    "gunicorn.conf.py has pidfile: a restart cannot overlap, because the new gunicorn finds the old one's",
  ]);
});

const DEAF = [
  'uvicorn.workers.UvicornWorker',
  'uvicorn_worker.UvicornH11Worker',
  'gevent_pywsgi',
  'geventwebsocket.gunicorn.workers.GeventWebSocketWorker',
  'tornado',
  'aiohttp.GunicornWebWorker',
];
const HEARING = [undefined, 'sync', 'gthread', 'gevent', 'eventlet'];
for (const [classes, deaf] of [
  [DEAF, true],
  [HEARING, false],
] as const) {
  for (const workerClass of classes) {
    test(`ignoresScriptName() is ${deaf} for ${workerClass}`, (t) =>
      t.is(ignoresScriptName(workerClass), deaf));
  }
}

test('gunicorn() warns in keep mode of a worker that ignores SCRIPT_NAME, wherever it was chosen', (t) => {
  const config = {name: 'c.py', text: "worker_class = 'uvicorn.workers.UvicornWorker'\n"};
  for (const {warnings} of [
    plan({workerClass: 'gevent_pywsgi'}),
    plan({args: ['-k', 'tornado']}),
    plan({args: ['--worker-class=tornado']}),
    plan({}, {config}),
  ]) {
    t.regex(
      warnings[0] ?? '',
      /ignores SCRIPT_NAME, so the app sees \/alice_tasks\/ in its paths: set prefix = "strip"/,
    );
  }
  t.deepEqual(plan({workerClass: 'gevent_pywsgi'}, {app: {prefix: 'strip'}}).warnings, []);
});

test("gunicorn() tells gunicorn's own ASGI worker the prefix by --root-path", (t) => {
  for (const prefix of ['keep', 'strip'] as const) {
    const {argv, warnings} = plan({workerClass: 'asgi'}, {version: '27.0.1', app: {prefix}});
    t.true(argv.join(' ').includes('--root-path /alice_tasks'));
    t.deepEqual(warnings, []);
  }
  t.false(plan({workerClass: 'asgi'}, {app: {prefix: 'none', mount: ''}}).argv.includes('--root-path'));
});

test('gunicorn() lets the workers finish a little before the kill', (t) => {
  const graceful = (stopMs: number) => plan({}, {program: {stopMs}}).argv[5];
  t.deepEqual([graceful(30_000), graceful(3000), graceful(500)], ['28', '1', '1']);
});
