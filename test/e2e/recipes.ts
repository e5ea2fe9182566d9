import {execFileSync} from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {Load, Rig, get} from '../helpers/rig.ts';
import {fixture, testWith, toolPath} from '../helpers/tools.ts';

/** An app in a clone of a repository, and a second clone in which its author works. */
interface Deployed {
  readonly rig: Rig;
  readonly directory: string;
  readonly port: number;
  /** Change files, and push them. */
  push(files: Readonly<Record<string, string>>): void;
  head(): string;
}

const WSGI = (text: string): string => `def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"${text}"]
`;

function git(directory: string, ...args: readonly string[]): string {
  const env = {PATH: '/usr/bin:/bin', HOME: directory, GIT_CONFIG_NOSYSTEM: '1'};
  const identity = [
    '-c',
    'user.name=Alice',
    '-c',
    'user.email=alice@example.ac.uk',
    '-c',
    'init.defaultBranch=main',
  ];
  return execFileSync('git', [...identity, ...args], {
    cwd: directory,
    env,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
}

async function deploy(
  t: ExecutionContext,
  toml: string,
  files: Readonly<Record<string, string>>,
): Promise<Deployed> {
  const rig = Rig.create();
  t.teardown(async () => {
    if (!t.passed) t.log(rig.diary());
    await rig.clean();
  });
  const [bare, author] = [path.join(rig.home, 'code.git'), path.join(rig.home, 'author')];
  git(rig.home, 'init', '-q', '--bare', bare);
  git(rig.home, 'clone', '-q', bare, author);
  const push = (changes: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(changes)) writeFileSync(path.join(author, name), text);
    git(author, 'add', '-A');
    git(author, 'commit', '-qm', 'change');
    git(author, 'push', '-q', 'origin', 'HEAD:main');
  };
  push(files);
  git(rig.home, 'clone', '-q', '-b', 'main', bare, 'app');
  const {directory, port} = await rig.define('app', toml);
  return {rig, directory, port, push, head: () => git(directory, 'rev-parse', 'HEAD')};
}

const UPDATE = '[tasks.update]\nrecipe = "update"\nmigrate = ["sh migrate.sh"]\n';

testWith(
  ['gunicorn', 'git'],
  'C6: update under load of four clients fails no request; of a commit that raises at import the old version serves on and all is put back',
  async (t) => {
    const app = await deploy(t, `[programs.web]\ngunicorn = "wsgi:application"\nworkers = 2\n${UPDATE}`, {
      'wsgi.py': WSGI('one'),
      'migrate.sh': 'echo migrated >> ../migrations\n',
      '.gitignore': '__pycache__\n',
    });
    const {rig, port, directory} = app;
    await rig.ok('start', 'app');
    const load = new Load(port, '/app/', 4);
    t.teardown(async () => await load.stop());
    await load.answers(50);

    app.push({'wsgi.py': WSGI('two')});
    const updated = await rig.ok('run', 'app', 'update');
    t.regex(
      updated,
      /^ 1\/6 {2}git pull --ff-only {2,}[\d.]+ s +[0-9a-f]{7} -> [0-9a-f]{7}, 1 file\n 2\/6 {2}pip install -r requirements\.txt {2}skipped {2}there is no requirements\.txt\n 3\/6 {2}sh migrate\.sh .*\n 4\/6 {2}restart .*nothing dropped\n 5\/6 {2}health .*\/app\/ answers 200\n/,
    );
    t.is((await get(port, '/app/')).body, 'two');
    const [good, pid] = [app.head(), await rig.pid('app')];

    app.push({'wsgi.py': 'raise ValueError("a mistake in the new code")\n'});
    const {code, stdout, stderr} = await rig.appsup('run', 'app', 'update');
    t.is(code, 1);
    t.regex(stderr, /^Cannot finish "update" of app: failed at step 4 of 6, restart: /);
    t.regex(stderr, /wsgi\.py", line 1, in <module>\n.*ValueError: a mistake in the new code\n/s);
    t.regex(stdout, / undo {2}git reset {2,}[\d.]+ s +at [0-9a-f]{7} again\n/);
    t.regex(stdout, / undo {2}restart {2,}skipped {2}what ran before still runs\n/);
    t.deepEqual([app.head(), await rig.pid('app'), (await get(port, '/app/')).body], [good, pid, 'two']);
    t.is(readFileSync(path.join(directory, '../migrations'), 'utf8'), 'migrated\nmigrated\n');
    await load.answers(50);
    await load.stop();
    t.deepEqual(load.failures, []);
  },
);

testWith(
  ['gunicorn', 'git'],
  'an update whose health check fails goes back to the version before, and drops nothing',
  async (t) => {
    const answering = (status: string): string =>
      WSGI('ok').replace('"200 OK"', `"${status}" if environ["PATH_INFO"] == "/api" else "200 OK"`);
    const app = await deploy(
      t,
      `[programs.web]\ngunicorn = "wsgi:application"\n[tasks.update]\nrecipe = "update"\nhealth = "/api"\n`,
      {
        'wsgi.py': answering('200 OK'),
        '.gitignore': '__pycache__\n',
      },
    );
    const {rig, port} = app;
    await rig.ok('start', 'app');
    const load = new Load(port, '/app/', 4);
    t.teardown(async () => await load.stop());
    await load.answers(20);
    const before = app.head();
    app.push({'wsgi.py': answering('404 Not Found')});
    const {code, stdout, stderr} = await rig.appsup('run', 'app', 'update');
    t.is(code, 1);
    t.regex(stderr, /failed at step 4 of 5, health \/api: \/app\/api answers 404/);
    t.regex(stdout, / undo {2}restart {2,}[\d.]+ s +nothing dropped\n/);
    t.is(app.head(), before);
    t.is((await get(port, '/app/api')).status, 200);
    await load.stop();
    t.deepEqual(load.failures, []);
  },
);

testWith(
  ['git'],
  'X9: git pull goes by the GIT_SSH_COMMAND of the app, in batch mode, and asks nothing',
  async (t) => {
    const app = await deploy(
      t,
      '[programs.queue]\ncommand = "sleep 1000"\n[tasks.update]\nrecipe = "update"\n',
      {a: '1\n'},
    );
    const {rig, directory} = app;
    // What ssh would do on the other side, and a note of how it was called.
    const ssh = path.join(rig.home, 'ssh');
    writeFileSync(
      ssh,
      `#!/bin/sh\necho "$@" >> ${rig.home}/called\nfor last; do :; done\nexec sh -c "$last"\n`,
    );
    chmodSync(ssh, 0o755);
    const file = path.join(rig.paths.apps, 'app.toml');
    writeFileSync(
      file,
      `env = { GIT_SSH_COMMAND = "${ssh} -i ~/.ssh/deploy_key" }\n${readFileSync(file, 'utf8')}`,
    );
    git(directory, 'remote', 'set-url', 'origin', `git@code.example.org:${rig.home}/code.git`);
    app.push({a: '2\n'});
    await rig.ok('run', 'app', 'update');
    t.is(readFileSync(path.join(directory, 'a'), 'utf8'), '2\n');
    t.regex(
      readFileSync(path.join(rig.home, 'called'), 'utf8'),
      /-i .*\.ssh\/deploy_key -o BatchMode=yes .*git@code\.example\.org git-upload-pack/,
    );

    // A conflict: nobody is asked, nothing is merged.
    writeFileSync(path.join(directory, 'a'), 'mine\n');
    git(directory, 'commit', '-qam', 'mine');
    const mine = app.head();
    app.push({a: '3\n'});
    const {code, stderr} = await rig.appsup('run', 'app', 'update');
    t.is(code, 128);
    t.regex(stderr, /Not possible to fast-forward/);
    t.is(app.head(), mine);
  },
);

testWith(
  ['venv', 'gunicorn', 'flask', 'git'],
  'N7: rebuild-venv builds beside, proves by import and switches; what fails leaves the old one serving; update puts a venv back',
  async (t) => {
    const app = await deploy(
      t,
      `python = ".venv"\nenv = { PIP_NO_INDEX = "1", PIP_FIND_LINKS = "../wheels" }\n[programs.web]\ngunicorn = "wsgi:application"\n[tasks.update]\nrecipe = "update"\n[tasks.rebuild]\nrecipe = "rebuild-venv"\n`,
      {
        'wsgi.py': WSGI('one'),
        'requirements.txt': 'gunicorn\n',
        '.gitignore': '__pycache__\n.venv*\n',
      },
    );
    const {rig, directory, port} = app;
    const [wheels, venv] = [path.join(rig.home, 'wheels'), path.join(directory, '.venv')];
    mkdirSync(wheels);
    execFileSync(toolPath('python3'), [
      '-I',
      fixture('wheels.py'),
      wheels,
      'gunicorn',
      'itsdangerous',
      'markupsafe',
    ]);
    execFileSync(toolPath('python3'), ['-m', 'venv', venv]);
    execFileSync(path.join(venv, 'bin/pip'), [
      'install',
      '-q',
      '--no-index',
      '--find-links',
      wheels,
      'gunicorn',
    ]);
    const has = (name: string): boolean => {
      const lib = path.join(venv, 'lib');
      return readdirSync(lib).some((python) => existsSync(path.join(lib, python, 'site-packages', name)));
    };
    await rig.ok('start', 'app');
    const load = new Load(port, '/app/', 4);
    t.teardown(async () => await load.stop());
    await load.answers(20);

    // New requirements come with the code that needs them.
    app.push({
      'wsgi.py': `import itsdangerous\n${WSGI('two')}`,
      'requirements.txt': 'gunicorn\nitsdangerous\n',
    });
    await rig.ok('run', 'app', 'update');
    t.deepEqual([(await get(port, '/app/')).body, has('itsdangerous')], ['two', true]);
    t.deepEqual(
      readdirSync(directory).filter((name) => name.includes('appsup')),
      [],
    );

    // And go with the code that fails.
    app.push({
      'wsgi.py': 'import markupsafe, nothing_here\n',
      'requirements.txt': 'gunicorn\nitsdangerous\nmarkupsafe\n',
    });
    const failed = await rig.appsup('run', 'app', 'update');
    t.regex(failed.stderr, /No module named 'nothing_here'/);
    t.regex(failed.stdout, / undo {2}put the environment back {2,}[\d.]+ s/);
    t.deepEqual(
      [(await get(port, '/app/')).body, has('itsdangerous'), has('markupsafe')],
      ['two', true, false],
    );

    // A new environment lacks what the code imports: the old one stays.
    writeFileSync(path.join(directory, 'requirements.txt'), 'gunicorn\n');
    const before = await rig.pid('app');
    const refused = await rig.appsup('run', 'app', 'rebuild');
    t.regex(
      refused.stderr,
      /failed at step 3 of 7, import wsgi:application: exit 1\n(.*\n)* {2}ModuleNotFoundError: No module named 'itsdangerous'\n/,
    );
    t.deepEqual(
      [await rig.pid('app'), has('itsdangerous'), lstatSync(venv).isSymbolicLink()],
      [before, true, false],
    );
    t.deepEqual(
      readdirSync(directory).filter((name) => name.startsWith('.venv')),
      ['.venv'],
    );

    writeFileSync(path.join(directory, 'requirements.txt'), 'gunicorn\nitsdangerous\n');
    const rebuilt = await rig.ok('run', 'app', 'rebuild');
    t.regex(
      rebuilt,
      / 4\/7 {2}switch {2,}[\d.]+ s +\.venv -> \.venv-\d{8}T\d{6}Z\n 5\/7 {2}restart .*nothing dropped\n/,
    );
    t.not(await rig.pid('app'), before);
    t.deepEqual(
      readdirSync(directory).filter((name) => name.startsWith('.venv')),
      ['.venv', readlinkSync(venv)],
    );
    await load.answers(20);
    await load.stop();
    t.deepEqual(load.failures, []);
  },
);

testWith(
  ['git'],
  'build switches a link to what was built, and keeps the last builds; one that fails changes nothing',
  async (t) => {
    const {rig, directory} = await deploy(
      t,
      '[programs.queue]\ncommand = "sleep 1000"\n[tasks.build]\nrecipe = "build"\nbuild = ["sh build.sh"]\nkeep = 2\n',
      {'build.sh': 'mkdir -p dist; cp page dist/index.html 2> /dev/null || exit 4\n'},
    );
    const page = () => readFileSync(path.join(directory, 'public/index.html'), 'utf8');
    const builds = () => readdirSync(directory).filter((name) => name.startsWith('public-2'));
    for (const text of ['one', 'two', 'three']) {
      writeFileSync(path.join(directory, 'page'), text);
      await rig.ok('run', 'app', 'build');
      t.is(page(), text);
      // Builds are called by the second.
      await new Promise((resolve) => setTimeout(resolve, 1100));
    }
    t.is(builds().length, 2);
    writeFileSync(path.join(directory, 'build.sh'), 'exit 4\n');
    t.is((await rig.appsup('run', 'app', 'build')).code, 4);
    writeFileSync(path.join(directory, 'build.sh'), 'true\n');
    t.regex((await rig.appsup('run', 'app', 'build')).stderr, /the build has made nothing in dist/);
    t.deepEqual([page(), builds().length], ['three', 2]);
  },
);
