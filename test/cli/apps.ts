import {chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {ActRequest} from '../../src/control/api.ts';
import {AppsupError} from '../../src/errors.ts';
import {homeWith} from '../helpers/cli.ts';
import type {Home} from '../helpers/cli.ts';

const FLASK = 'from flask import Flask\napp = Flask(__name__)\n';

/** A directory with these files in the home. */
function project(home: Home, name: string, files: Readonly<Record<string, string>>): string {
  const directory = path.join(home.directory, name);
  mkdirSync(directory);
  for (const [file, text] of Object.entries(files))
    writeFileSync(path.join(directory, file), text, {mode: 0o600});
  return directory;
}

const fileOf = (home: Home, app: string): string =>
  path.join(home.directory, '.config/appsup/apps', `${app}.toml`);

async function added(t: ExecutionContext): Promise<Home> {
  const home = await homeWith(t);
  project(home, 'tasks', {
    'wsgi.py': FLASK.replace('app =', 'application ='),
    '.env': 'SECRET_KEY=hunter2\nA=1\n',
  });
  t.is((await home.appsup('add', 'tasks')).code, 0);
  return home;
}

test('«appsup add» finds what to run, leases a port and writes one file', async (t) => {
  const home = await homeWith(t);
  project(home, 'Flask Tasks', {
    'wsgi.py': FLASK.replace('app =', 'application ='),
    '.env': 'SECRET_KEY=hunter2\n',
  });
  const {code, stdout} = await home.appsup('add', 'Flask Tasks');
  t.is(code, 0);
  t.regex(stdout, /^Found in ~\/Flask Tasks\n {2}gunicorn +wsgi:application +\(wsgi\.py\)$/m);
  t.regex(stdout, /^ {2}env file +\.env +\(0600, 1 key\)$/m);
  t.regex(
    stdout,
    /^Added flask-tasks: port \d{5}, mount \/\w+_flask-tasks\n {2}~\/\.config\/appsup\/apps\/flask-tasks\.toml$/m,
  );
  t.regex(stdout, /^Next: appsup start flask-tasks$/m);
  t.notRegex(stdout, /hunter2/);
  t.is(statSync(fileOf(home, 'flask-tasks')).mode & 0o777, 0o600);
  t.regex(readFileSync(fileOf(home, 'flask-tasks'), 'utf8'), /^gunicorn = "wsgi:application"$/m);
  t.is((await home.appsup('check')).stdout, 'flask-tasks: fine.\n');
});

test('«appsup add» takes the appsup.toml that the code brings, and adds what holds on this host', async (t) => {
  const home = await homeWith(t);
  const own =
    '# how it runs\n[programs.web]\ncommand = "sleep 100"\n[programs.queue]\ncommand = "sleep 100"\n';
  project(home, 'tasks', {'appsup.toml': own, 'wsgi.py': FLASK, '.env': 'A=1\n'});
  const {code, stdout} = await home.appsup('add', 'tasks');
  t.is(code, 0);
  t.regex(
    stdout,
    /^Found ~\/tasks\/appsup\.toml\n {2}programs +web, queue\nAdded tasks: port \d+, mount \/\w+_tasks\n/,
  );
  const text = readFileSync(fileOf(home, 'tasks'), 'utf8');
  t.regex(text, /^directory = "~\/tasks"\nmount +=.*\nenv_file += "\.env".*\n\n# ----\n/m);
  t.true(text.endsWith(own));
  t.is((await home.appsup('check')).stdout, 'tasks: fine.\n');

  // Whoever says what to run does not want that of the file.
  t.is((await home.appsup('add', 'tasks', '--name', 'other', '--gunicorn', 'wsgi:app')).code, 0);
  t.regex(readFileSync(fileOf(home, 'other'), 'utf8'), /^gunicorn = "wsgi:app"$/m);
});

for (const {title, own, words = [], message} of [
  {
    title: 'that says where it lies',
    own: 'directory = "/"\n',
    message: /^Cannot use ~\/x\/appsup\.toml: it says "directory"\n/,
  },
  {title: 'that is no TOML', own: '\n[programs\n', message: /^Cannot use ~\/x\/appsup\.toml: line 2: /},
  {
    title: 'with an unknown key',
    own: 'wrong = 1\n[programs.web]\ncommand = "sleep 1"\n',
    message: /^Cannot add "x": Unknown key "wrong"/,
  },
  {
    title: 'that says what an option says, too',
    own: 'mount = "/x"\n[programs.web]\ncommand = "sleep 1"\n',
    words: ['--mount', '/y'],
    message: /^Cannot take --mount: ~\/x\/appsup\.toml says "mount" itself\n/,
  },
]) {
  test(`«appsup add» writes nothing of an appsup.toml ${title}`, async (t) => {
    const home = await homeWith(t);
    project(home, 'x', {'appsup.toml': own});
    const {code, stderr} = await home.appsup('add', 'x', ...words);
    t.not(code, 0);
    t.regex(stderr, message);
    t.false(existsSync(fileOf(home, 'x')));
  });
}

test('«appsup add» does not trust an appsup.toml that others may write', async (t) => {
  const home = await homeWith(t);
  const directory = project(home, 'x', {'appsup.toml': '[programs.web]\ncommand = "sleep 1"\n'});
  chmodSync(path.join(directory, 'appsup.toml'), 0o666);
  const {code, stderr} = await home.appsup('add', 'x');
  t.not(code, 0);
  t.regex(stderr, /^Cannot use ~\/x\/appsup\.toml: /);
  t.false(existsSync(fileOf(home, 'x')));
});

test('«appsup add» takes what it is told', async (t) => {
  const home = await homeWith(t);
  project(home, 'x', {});
  const {json} = await home.appsup(
    ...[
      'add',
      'x',
      '--name',
      'board',
      '--command',
      'node "my server.js"',
      '--mount',
      '/my_board',
      '--port',
      '23456',
      '--json',
    ],
  );
  t.like(json()[0], {app: 'board', ok: true, port: 23_456, mount: '/my_board'});
  t.regex(readFileSync(fileOf(home, 'board'), 'utf8'), /command = \["node", "my server\.js"\]/);
});

const REFUSED: readonly (readonly [
  string,
  Readonly<Record<string, string>>,
  readonly string[],
  string,
  number,
  RegExp,
])[] = [
  [
    'a directory with nothing to run',
    {'readme.txt': ''},
    [],
    'NOT_AN_APP',
    1,
    /Cannot find what to run in ~\/tasks/,
  ],
  [
    'several targets',
    {'app.py': FLASK, 'main.py': FLASK},
    [],
    'AMBIGUOUS',
    2,
    /app:app \(app\.py\), main:app \(main\.py\)/,
  ],
  ['a name that is none', {'wsgi.py': FLASK}, ['--name', '../x'], 'BAD_NAME', 2, /"\.\.\/x"/],
  ['the name "all"', {'wsgi.py': FLASK}, ['--name', 'all'], 'BAD_NAME', 2, /every app/],
  ['a mount that is none', {'wsgi.py': FLASK}, ['--mount', 'x y'], 'USAGE', 2, /"mount"/],
  ['a port of root’s', {'wsgi.py': FLASK}, ['--port', '80'], 'USAGE', 2, /port/],
  [
    'two servers',
    {'wsgi.py': FLASK},
    ['--gunicorn', 'a:b', '--uvicorn', 'a:b'],
    'USAGE',
    2,
    /--gunicorn and --uvicorn/,
  ],
  ['a target with a shell in it', {}, ['--gunicorn', 'a:b; rm -rf'], 'USAGE', 2, /MODULE:CALLABLE/],
  ['an open quote', {}, ['--command', 'node "x'], 'USAGE', 2, /Cannot take/],
  [
    'no environment at --python',
    {'wsgi.py': FLASK},
    ['--python', '/nowhere'],
    'NO_INTERPRETER',
    1,
    /\/nowhere/,
  ],
  [
    'an env file that is none',
    {'wsgi.py': FLASK},
    ['--dotenv', '/dev/null'],
    'ENV_FILE',
    1,
    /\/dev\/null: it is not a file/,
  ],
];
for (const [what, files, options, code, exit, message] of REFUSED) {
  test(`«appsup add» refuses ${what} and changes nothing`, async (t) => {
    const home = await homeWith(t);
    project(home, 'tasks', files);
    const ran = await home.appsup('add', 'tasks', ...options, '--json');
    t.is(ran.code, exit);
    const [answer] = ran.json() as readonly {ok: boolean; error: {code: string; message: string}}[];
    t.is(answer?.error.code, code, ran.stdout);
    t.regex(answer?.error.message ?? '', message);
    t.false(existsSync(fileOf(home, 'tasks')));
    t.false(existsSync(path.join(home.state, 'ports.json')));
  });
}

test('«appsup add» refuses an env file that others can read, with the command to type', async (t) => {
  const home = await homeWith(t);
  const directory = project(home, 'thesis', {'wsgi.py': FLASK, '.env': 'A=1\n'});
  chmodSync(path.join(directory, '.env'), 0o644);
  const {code, stderr} = await home.appsup('add', 'thesis');
  t.is(code, 1);
  t.is(
    stderr,
    'Cannot use ~/thesis/.env: other users of this host can read it (mode 0644)\n  hint: chmod 600 ~/thesis/.env\n',
  );
});

test('«appsup add» refuses a second app of that name, or with that mount', async (t) => {
  const home = await added(t);
  t.regex((await home.appsup('add', 'tasks')).stderr, /^Cannot add "tasks": there is one/);
  const mount = /^mount +(\S+)$/m.exec((await home.appsup('list')).stdout)?.[1] ?? '/';
  const [app] = (await home.appsup('list', '--json')).json() as readonly {mount: string}[];
  const {code, stderr} = await home.appsup('add', 'tasks', '--name', 'other', '--mount', app?.mount ?? mount);
  t.is(code, 1);
  t.regex(stderr, /^Cannot add "other": the mount \S+ belongs to tasks/);
});

test('of two «appsup add» of one name at once, one is told', async (t) => {
  const home = await homeWith(t);
  project(home, 'tasks', {});
  const ran = await Promise.all(
    [1, 2, 3].map(async () => await home.appsup('add', 'tasks', '--command', 'true', '--json')),
  );
  t.is(ran.filter(({code}) => code === 0).length, 1);
  t.is((await home.appsup('list', '--json')).json().length, 1);
});

test('«appsup list», «show», «env», «ports» and «snippet» know the app', async (t) => {
  const home = await added(t);
  const [app] = (await home.appsup('list', '--json')).json() as readonly {
    app: string;
    port: number;
    mount: string;
  }[];
  const {port = 0, mount = ''} = app ?? {};
  t.regex((await home.appsup('list')).stdout, new RegExp(`^tasks +${port} +${mount} +web +~/tasks$`, 'm'));
  const show = (await home.appsup('show', 'tasks')).stdout;
  t.regex(show, /^stop_timeout += "30s"$/m);
  t.regex(show, new RegExp(`^port += ${port} `, 'm'));
  t.regex((await home.appsup('ports')).stdout, new RegExp(`^${port} +tasks +`, 'm'));
  const snippet = await home.appsup('snippet', 'tasks', '--front', 'nginx');
  t.regex(snippet.stdout, new RegExp(`proxy_pass http://127\\.0\\.0\\.1:${port}`));
  t.regex(snippet.stderr, /^! (not )?checked/);
});

test('«appsup snippet» writes several apps in the order in which they have to stand', async (t) => {
  const home = await added(t);
  project(home, 'inner', {});
  t.is((await home.appsup('add', 'inner', '--command', 'true', '--name', 'inner')).code, 0);
  const file = fileOf(home, 'inner');
  const outer = (
    (await home.appsup('list', '--json')).json() as readonly {app: string; mount: string}[]
  ).find(({app}) => app === 'tasks')?.mount;
  const text = readFileSync(file, 'utf8').replace(/^mount.*$/m, '');
  writeFileSync(
    file,
    `mount = "${outer}/inner"\n${text.replace('[programs.web]', '[programs.web]\nlisten = "port"')}`,
  );
  const order = async (...args: readonly string[]) => {
    const {stdout, stderr} = await home.appsup('snippet', ...args);
    const names = [...stdout.matchAll(/^# >>> appsup \S+ (\S+) /gm)].map(([, name]) => name);
    return [names.join(' '), stderr];
  };
  t.is((await order('inner', 'tasks', 'inner'))[0], 'tasks inner');
  t.is((await order('all', '--front', 'apache-minimal'))[0], 'inner tasks');
  t.is((await order('nosuch', 'tasks'))[0], '');
  t.regex((await order('tasks', '--httpd-version', 'new'))[1] ?? '', /for Apache httpd "new"/);
  const older = await home.appsup('snippet', 'tasks', '--httpd-version', '2.4.6');
  t.notRegex(older.stdout, /upgrade=/);
});

test('«appsup env» hides what the env file says', async (t) => {
  const home = await homeWith(t);
  project(home, 'tasks', {'.env': 'SECRET_KEY=hunter2\n'});
  await home.appsup('add', 'tasks', '--command', 'sh -c true');
  const {stdout, stderr} = await home.appsup('env', 'tasks:web');
  t.regex(stdout, /^SECRET_KEY=\*\*\*$/m);
  t.regex(stdout, /^PORT=\d+$/m);
  t.notRegex(stdout + stderr, /hunter2/);
});

test('«appsup check» shows every mistake with its place, and what is fine', async (t) => {
  const home = await added(t);
  writeFileSync(
    fileOf(home, 'spectral'),
    'directory = "~/x"\n[programs.web]\ncommand = "x"\nstop_singal = "INT"\n',
  );
  const {code, stdout} = await home.appsup('check');
  t.is(code, 1);
  t.regex(
    stdout,
    /^spectral\.toml:4:1 Unknown key "stop_singal": did you mean "stop_signal"\?\n.*\n +~{11}$/m,
  );
  t.regex(
    stdout,
    /^1 problem in spectral; tasks: fine\. Running programs are not touched by a broken file\.$/m,
  );
  t.is((await home.appsup('check', 'tasks')).code, 0);
  t.regex((await home.appsup('check', 'spectrl')).stderr, /did you mean "spectral"\?/);
  t.regex((await home.appsup('show', 'spectral')).stderr, /Unknown key.*\n {2}hint: appsup check spectral/);
  t.regex((await home.appsup('list')).stdout, /^spectral .*its file has mistakes: appsup check spectral$/m);
});

test('«appsup edit» checks what the editor left, and does not take a broken file', async (t) => {
  const home = await added(t);
  const fine = await home.with({EDITOR: 'sed -i \'s/^mount.*/mount = "\\/elsewhere"/\''}, 'edit', 'tasks');
  t.deepEqual([fine.code, fine.stdout], [0, 'tasks: fine\n']);
  const broken = await home.with({EDITOR: "sed -i '$astop_singal = 1'"}, 'edit', 'tasks');
  t.is(broken.code, 1);
  t.regex(broken.stderr, /Unknown key "stop_singal"[^]*saved, but not taken/);
  t.is((await home.with({EDITOR: 'true'}, 'edit', 'tasks', '--json')).code, 1);
  const none = await home.with({VISUAL: 'no-such-editor'}, 'edit', 'tasks');
  t.regex(none.stderr, /^Cannot edit .*: the editor "no-such-editor" ended with 127$/m);
});

test('«appsup ports move» gives another port, and says what follows from it', async (t) => {
  const home = await added(t);
  const {stdout, stderr} = await home.appsup('ports', 'move', 'tasks');
  t.regex(stdout, /^tasks: port (\d+) -> (?!\1)\d+$/m);
  t.regex(stderr, /appsup restart tasks[^]*appsup request tasks/);
  t.is((await home.appsup('ports', 'move')).code, 2);
});

test('«appsup remove» asks, stops, forgets, and gives the port back', async (t) => {
  const asked: ActRequest[] = [];
  const home = await homeWith(t, {
    async act(request) {
      asked.push(request);
      return {results: []};
    },
  });
  project(home, 'tasks', {});
  await home.appsup('add', 'tasks', '--command', 'true');
  mkdirSync(path.join(home.state, 'logs/tasks'), {recursive: true});
  const {code, stderr} = await home.appsup('remove', 'tasks');
  t.is(code, 2);
  t.regex(stderr, /nobody to ask\n {2}hint: appsup remove tasks --yes/);
  t.true(existsSync(fileOf(home, 'tasks')));

  const {stdout} = await home.appsup('remove', 'tasks', '--yes');
  t.regex(stdout, /^Removed tasks; port \d+ is free again\n {2}its logs stay: /);
  t.deepEqual(asked, [{action: 'stop', targets: ['tasks'], wait: true}]);
  t.false(existsSync(fileOf(home, 'tasks')));
  t.true(existsSync(path.join(home.state, 'logs/tasks')));
  t.regex((await home.appsup('remove', 'tasks', '--yes')).stderr, /there is no such app/);
});

test('«appsup remove --purge» takes the logs along, also of a broken file', async (t) => {
  const home = await homeWith(t);
  mkdirSync(path.dirname(fileOf(home, 'old')), {recursive: true});
  writeFileSync(fileOf(home, 'old'), 'nonsense');
  mkdirSync(path.join(home.state, 'logs/old'), {recursive: true});
  t.is((await home.appsup('remove', 'old', '--yes', '--purge')).code, 0);
  t.false(existsSync(path.join(home.state, 'logs/old')));
});

test('an app that does not stop is not removed', async (t) => {
  const home = await homeWith(t, {
    act: async () => {
      throw new AppsupError('TIMEOUT', 'Cannot stop it');
    },
  });
  project(home, 'tasks', {});
  await home.appsup('add', 'tasks', '--command', 'true');
  t.is((await home.appsup('remove', 'tasks', '--yes')).code, 1);
  t.true(existsSync(fileOf(home, 'tasks')));
});
