import {execFileSync} from 'node:child_process';
import {chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {Launch} from '../../src/core/program-spec.ts';
import {detect} from '../../src/config/detect.ts';
import type {Detection} from '../../src/config/detect.ts';
import {launchOfLine} from '../../src/config/detect/server-line.ts';
import {callablesIn} from '../../src/config/detect/source.ts';
import {asOrdinaryUser} from '../helpers/ordinary-user.ts';

type Files = Readonly<Record<string, string>>;

/** A home with a directory `flask-tasks` of these files. */
function setup(t: ExecutionContext, files: Files, name = 'flask-tasks') {
  const home = mkdtempSync(path.join(tmpdir(), 'appsup-detect-'));
  t.teardown(() => rmSync(home, {recursive: true, force: true}));
  const directory = path.join(home, name);
  mkdirSync(directory);
  write(directory, files);
  return {home, directory, look: (): Detection => detect(directory, {home})};
}

function write(directory: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, name)), {recursive: true});
    writeFileSync(path.join(directory, name), text);
  }
}

/** The files of an environment that has these packages. */
function environment(marker: 'pyvenv.cfg' | 'conda-meta/history', packages: Files): Files {
  const info = Object.entries(packages).map(([name, version]) => [
    `lib/python3.11/site-packages/${name}-${version}.dist-info/METADATA`,
    '',
  ]);
  return {[marker]: '', 'bin/python': '', ...(Object.fromEntries(info) as Files)};
}

function labels({candidates}: Detection): readonly string[] {
  return candidates.map(({launch, label}) => `${launch.kind} ${label}`);
}

const FLASK = 'from flask import Flask\napp = Flask(__name__)\n';

for (const [what, files, expected] of [
  [
    'wsgi.py before testing_wsgi.py',
    {'wsgi.py': 'from x import y as application\n', 'testing_wsgi.py': FLASK},
    ['gunicorn wsgi:application', 'gunicorn testing_wsgi:app'],
  ],
  ['Flask in app.py', {'app.py': FLASK}, ['gunicorn app:app']],
  ['a factory', {'app.py': 'def create_app(config=None):\n  pass\n'}, ['gunicorn app:create_app()']],
  ['no factory that wants something', {'app.py': 'def create_app(config):\n  app = 1\n'}, []],
  [
    'a factory of a package',
    {'tracker/__init__.py': 'def create_app():\n  pass\n'},
    ['gunicorn tracker:create_app()'],
  ],
  [
    'passenger_wsgi.py',
    {'passenger_wsgi.py': 'from tasks import application\n'},
    ['gunicorn passenger_wsgi:application'],
  ],
  [
    'a Django project',
    {
      'manage.py': 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ktyper.settings")',
      'ktyper/wsgi.py': '',
      'ktyper/__init__.py': '',
    },
    ['gunicorn ktyper.wsgi:application'],
  ],
  ['FastAPI in main.py', {'main.py': 'from fastapi import FastAPI\napp = FastAPI()\n'}, ['uvicorn main:app']],
  [
    'FastAPI in a package',
    {'app/main.py': 'app = fastapi.FastAPI()\n', 'app/__init__.py': ''},
    ['uvicorn app.main:app'],
  ],
  ['asgi.py', {'asgi.py': 'application = get_asgi_application()\n'}, ['uvicorn asgi:application']],
  [
    'a Procfile first',
    {
      Procfile: 'web: gunicorn -w 3 tasks.wsgi:app --bind 0.0.0.0:$PORT\nqueue: python q.py\n',
      'app.py': FLASK,
    },
    ['gunicorn tasks.wsgi:app', 'gunicorn app:app'],
  ],
  [
    'a start script of node',
    {'package.json': '{"scripts": {"start": "node server.js"}}'},
    ['command node server.js'],
  ],
  [
    'another start script',
    {'package.json': '{"scripts": {"start": "next start -p $PORT"}}'},
    ['command npm start'],
  ],
  ['a broken package.json as none', {'package.json': '{'}, []],
  ['an ini file of uWSGI', {'flaskr.ini': '[uwsgi]\nmodule = wsgi:app\n'}, ['uwsgi flaskr.ini']],
  ['nothing', {'README.md': 'x', 'util.py': 'def f():\n  return Flask(1)\n'}, []],
  ['no code in a docstring', {'app.py': '"""\napp = Flask(__name__)\n"""\n'}, []],
] as const) {
  test(`detect() finds ${what}`, (t) => {
    t.deepEqual(labels(setup(t, files as unknown as Files).look()), expected as readonly string[]);
  });
}

test('detect() finds the conda environment that has the name of the directory but for a hyphen, and calls the app so', (t) => {
  const {home, look} = setup(t, {'wsgi.py': 'application = 1\n', '.env': 'A=1\n# B=2\nexport C=3\n'});
  write(
    path.join(home, 'miniconda3/envs/flasktasks'),
    environment('conda-meta/history', {gunicorn: '23.0.0', Flask: '3.1.0', other: '1'}),
  );
  const found = look();
  t.is(found.name, 'flasktasks');
  t.deepEqual(found.interpreters, [
    {
      kind: 'conda',
      prefix: path.join(home, 'miniconda3/envs/flasktasks'),
      packages: {gunicorn: '23.0.0', flask: '3.1.0'},
      why: 'conda environment flasktasks',
    },
  ]);
  t.is(found.envFile?.keys, 2);
});

test('detect() prefers a venv inside to one beside, and says which servers are there', (t) => {
  const {home, directory, look} = setup(t, {'main.py': 'app = FastAPI()\n'});
  write(path.join(home, 'venv'), environment('pyvenv.cfg', {}));
  write(
    path.join(directory, '.venv'),
    environment('pyvenv.cfg', {uvicorn: '0.35.0', gunicorn: '23.0.0', uvicorn_worker: '0.3.0'}),
  );
  const found = look();
  t.deepEqual(
    found.interpreters.map((each) => each.prefix),
    [path.join(directory, '.venv'), path.join(home, 'venv')],
  );
  t.deepEqual(labels(found), ['uvicorn main:app', 'gunicorn main:app with uvicorn_worker.UvicornWorker']);
});

test('detect() takes uWSGI where it is installed and gunicorn is not', (t) => {
  const {directory, look} = setup(t, {'wsgi.py': FLASK, 'x.ini': '[uwsgi]\n'});
  write(path.join(directory, 'venv'), environment('pyvenv.cfg', {uWSGI: '2.0.28'}));
  t.deepEqual(labels(look()), ['uwsgi x.ini', 'uwsgi wsgi:app']);
});

test('detect() takes the environment that the user named, by its prefix or its interpreter', (t) => {
  const {home, directory} = setup(t, {'wsgi.py': FLASK});
  const prefix = path.join(home, 'elsewhere');
  write(prefix, environment('pyvenv.cfg', {gunicorn: '20.1.0'}));
  for (const python of [prefix, path.join(prefix, 'bin/python3')]) {
    t.deepEqual(
      detect(directory, {home, python}).interpreters.map((each) => each.packages),
      [{gunicorn: '20.1.0'}],
    );
  }
  t.deepEqual(detect(directory, {home, python: '/nowhere'}).interpreters, []);
});

test('detect() makes programs of the other lines of a Procfile, and only hints at workers from requirements', (t) => {
  const files = {
    Procfile: 'web: gunicorn a:b\nrelease: python manage.py migrate\nclock: FOO=1 python clock.py | cat\n',
    'requirements.txt': 'huey\n',
  };
  t.deepEqual(
    setup(t, files)
      .look()
      .companions.map(({name, launch, sure}) => [name, launch, sure]),
    [['clock', {kind: 'command', argv: ['sh', '-c', 'FOO=1 python clock.py | cat']}, true]],
  );
  const django = {
    'manage.py': `setdefault('DJANGO_SETTINGS_MODULE', 'x.settings')`,
    'requirements.txt': 'Django\nhuey>=2 # queue\n',
  };
  const [huey] = setup(t, django).look().companions;
  t.deepEqual(huey?.launch, {kind: 'huey', target: 'manage.py', workers: 1, args: []});
  t.is(huey?.sure, false);
});

for (const [line, launch] of [
  ['celery -A proj worker -c 4 -l INFO', {kind: 'celery', target: 'proj', workers: 4, args: ['-l', 'INFO']}],
  [
    'celery --app=proj:app worker --pidfile=x.pid',
    {kind: 'celery', target: 'proj:app', workers: 2, args: []},
  ],
  ['celery -A proj beat', {kind: 'command', argv: ['celery', '-A', 'proj', 'beat']}],
  ['rq worker high default', {kind: 'rq', target: 'high default', workers: 1, args: []}],
  ['rq worker --url redis://x', {kind: 'command', argv: ['rq', 'worker', '--url', 'redis://x']}],
  ['dramatiq tasks --processes 3', {kind: 'dramatiq', target: 'tasks', workers: 3, args: []}],
  ['python -m dramatiq tasks', {kind: 'dramatiq', target: 'tasks', workers: 2, args: []}],
  ['python manage.py run_huey -w 4', {kind: 'huey', target: 'manage.py', workers: 4, args: []}],
  ['huey_consumer tasks.huey', {kind: 'huey', target: 'tasks.huey', workers: 1, args: []}],
  ['python worker.py', {kind: 'command', argv: ['python', 'worker.py']}],
] as const) {
  test(`detect() makes of a line "queue: ${line}" a program of kind ${launch.kind}`, (t) => {
    const [queue] = setup(t, {Procfile: `web: gunicorn a:b\nqueue: ${line}\n`}).look().companions;
    t.deepEqual(queue?.launch, launch as Launch);
    t.true(queue?.sure);
  });
}

for (const [line, launch] of [
  [
    'hypercorn -w 2 -b 0.0.0.0:8000 -k uvloop main:app',
    {kind: 'hypercorn', target: 'main:app', workers: 2, args: ['-k', 'uvloop']},
  ],
  [
    'daphne -b 0.0.0.0 -p 8000 -v 1 site.asgi:application',
    {kind: 'daphne', target: 'site.asgi:application', args: ['-v', '1']},
  ],
] as const) {
  test(`detect() makes of a line "web: ${line}" a program of kind ${launch.kind}`, (t) => {
    const [web] = setup(t, {Procfile: `web: ${line}\n`}).look().candidates;
    t.deepEqual(web?.launch, launch as Launch);
  });
}

test('detect() says that others can read the env file', (t) => {
  const {directory, look} = setup(t, {'.env': 'SECRET=1\n'});
  chmodSync(path.join(directory, '.env'), 0o644);
  t.like(look().envFile, {mode: 0o644, keys: 1, exposed: true});
  chmodSync(path.join(directory, '.env'), 0o600);
  t.like(look().envFile, {exposed: false});
});

test('detect() survives what people leave in directories', (t) => {
  const {directory, look} = setup(t, {
    'app.py': `${'x = 1\n'.repeat(100_000)}app = Flask(__name__)\n`,
    'binary.py': 'app = Flask(__name__)\n\0',
    'long.py': `from x import ${'a as b '.repeat(40_000)}\n`,
    'open.py': 'def create_app('.repeat(20_000),
    'blank.ini': '\n'.repeat(250_000),
    'name with "quotes" and\nnewline.py': FLASK,
    Procfile: '\n:::\nweb:\nweb: "unclosed\n',
  });
  symlinkSync('.', path.join(directory, 'loop'));
  symlinkSync('wsgi.py', path.join(directory, 'wsgi.py'));
  symlinkSync('/dev/zero', path.join(directory, 'main.py'));
  execFileSync('mkfifo', [path.join(directory, 'server.py')]);
  t.deepEqual(labels(look()), []);
});

test('detect() names what it may not read', (t) => {
  const {directory, home, look} = setup(t, {'wsgi.py': FLASK, 'app.py': FLASK});
  chmodSync(path.join(directory, 'wsgi.py'), 0);
  const found = asOrdinaryUser(home, look);
  t.deepEqual(labels(found), ['gunicorn app:app']);
  t.deepEqual(found.unreadable, [path.join(directory, 'wsgi.py')]);
});

test('detect() runs nothing of what it looks at', (t) => {
  const {directory, look} = setup(t, {
    'wsgi.py': 'open("ran", "w")\napplication = 1\n',
    '.venv/pyvenv.cfg': '',
  });
  writeFileSync(path.join(directory, 'trap'), '#!/bin/sh\ntouch ran\n', {mode: 0o755});
  mkdirSync(path.join(directory, '.venv/bin'));
  symlinkSync('../../trap', path.join(directory, '.venv/bin/python'));
  t.is(look().interpreters.length, 1);
  t.throws(() => execFileSync('ls', [path.join(directory, 'ran')], {stdio: 'pipe'}));
});

test('detect() makes a name of any directory name, or none', (t) => {
  t.is(setup(t, {}, 'My "App" 2!').look().name, 'my-app-2');
  t.is(setup(t, {}, '日本').look().name, undefined);
});

test('detect() refuses what is no directory', (t) => {
  const {directory, home} = setup(t, {file: ''});
  t.throws(() => detect(path.join(directory, 'nowhere'), {home}), {
    message: /there is no such directory/,
    code: 'NOT_FOUND',
  });
  t.throws(() => detect(path.join(directory, 'file'), {home}), {
    message: /it is no directory/,
    code: 'NOT_FOUND',
  });
});

for (const [line, expected] of [
  [
    'gunicorn -w 3 -k gthread --threads=4 a.b:c --timeout 120',
    {
      kind: 'gunicorn',
      target: 'a.b:c',
      workers: 3,
      threads: 4,
      workerClass: 'gthread',
      args: ['--timeout', '120'],
    },
  ],
  [
    'gunicorn wsgi --preload -b :$PORT --daemon',
    {
      kind: 'gunicorn',
      target: 'wsgi:application',
      workers: 2,
      threads: 1,
      workerClass: undefined,
      args: ['--preload'],
    },
  ],
  [
    'uvicorn main:app --host 0.0.0.0 --port $PORT --proxy-headers',
    {kind: 'uvicorn', target: 'main:app', workers: 1, args: ['--proxy-headers']},
  ],
  ['gunicorn -c $CONF a:b', {kind: 'command', argv: ['sh', '-c', 'exec gunicorn -c $CONF a:b']}],
  ["node 'my server.js'", {kind: 'command', argv: ['node', 'my server.js']}],
  ['cd x && python y.py', {kind: 'command', argv: ['sh', '-c', 'cd x && python y.py']}],
  ["python 'x", undefined],
] as const) {
  test(`launchOfLine() takes "${line}" apart`, (t) => {
    t.deepEqual(launchOfLine(line) as unknown, expected);
  });
}

for (const [source, expected] of [
  ['app: Flask = flask.Flask(\n  __name__)', ['wsgi app']],
  ['  app = Flask(__name__)', []],
  ['# app = Flask(__name__)', []],
  ['dash_app = Dash(__name__)', ['wsgi dash_app.server']],
  ['application = get_wsgi_application()', ['wsgi application']],
  ['from fastapi import FastAPI\ndef create_app() -> FastAPI:\n  pass', ['asgi create_app()']],
  ['def application(environ, start_response):', ['wsgi application']],
  ['app == 1', []],
] as const) {
  test(`callablesIn() finds ${expected.join(', ') || 'nothing'} in ${JSON.stringify(source)}`, (t) => {
    t.deepEqual(
      callablesIn(source).map((each) => `${each.interface} ${each.name}`),
      [...expected],
    );
  });
}
