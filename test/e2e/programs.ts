import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {publicSocketPath} from '../../src/system/paths.ts';
import {freePort} from '../helpers/free-port.ts';
import {get, Load, WSGI} from '../helpers/rig.ts';
import {rigFor} from '../helpers/rig-for.ts';
import {testWith, toolPath} from '../helpers/tools.ts';

function argvOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
}

/** As such files are: no plugin, no die-on-term, and a socket of its own for nginx. */
const INI = `[uwsgi]
module = wsgi:application
master = true
processes = 2
socket = flaskr.sock
chmod-socket = 660
vacuum = true
`;

testWith(
  ['uwsgi', 'uwsgiPython'],
  'N5: the ini of a uWSGI app runs as it is: plugin added, its relative socket in the directory, ended by TERM, no start without its app',
  async (t) => {
    const rig = rigFor(t);
    const toml = 'prefix = "strip"\n[programs.web]\nuwsgi = "flaskr.ini"\ngive_up = 1\n';
    const {directory, port} = await rig.define('flaskr', toml, {'flaskr.ini': INI, 'wsgi.py': WSGI});
    await rig.ok('start', 'flaskr');
    t.regex((await get(port, '/x')).body, / \/x$/);
    t.true(existsSync(path.join(directory, 'flaskr.sock')));
    t.regex(argvOf(await rig.pid('flaskr')).join(' '), /--plugin python3 .*--need-app/);

    const slow = get(port, '/slow');
    await get(port, '/x');
    await rig.ok('stop', 'flaskr');
    t.is((await slow).status, 200);
    t.deepEqual(rig.children(), []);
    t.false(existsSync(path.join(directory, 'flaskr.sock')));

    writeFileSync(path.join(directory, 'wsgi.py'), 'import nowhere\n');
    const {code, stderr} = await rig.appsup('start', 'flaskr');
    t.not(code, 0);
    t.regex(stderr, /nowhere/);
    t.deepEqual(rig.children(), []);
  },
);

/** As such scripts are: packages first, and the server without exec. */
const SCRIPT = `#!/bin/bash
cd "$(dirname "$0")"
python3 -m pip install --quiet -r requirements.txt
gunicorn --workers 2 --bind "127.0.0.1:$PORT" wsgi:application
echo "the script goes on"
`;

testWith(
  ['gunicorn', 'pip'],
  'N8: a script is imported: what it installs at each start is a step, its start works without a network, and its stop reaches gunicorn',
  async (t) => {
    const rig = rigFor(t);
    const directory = path.join(rig.home, 'backscope');
    mkdirSync(directory);
    const script = path.join(directory, 'production.sh');
    writeFileSync(script, SCRIPT.replace('echo "the script goes on"\n', ''), {mode: 0o755});
    writeFileSync(path.join(directory, 'requirements.txt'), 'no-such-package==1\n');
    writeFileSync(path.join(directory, 'wsgi.py'), WSGI);
    const said = await rig.ok('import', script);
    t.regex(said, /^production\.sh:3 +changed +python3 -m pip .* a step of the task "prepare"/m);
    // A port of its own, so that tests at the same time never meet.
    const port = await freePort();
    const toml = path.join(rig.paths.apps, 'backscope.toml');
    const env = 'env = { PIP_INDEX_URL = "http://127.0.0.1:9/", PIP_RETRIES = "0" }';
    const text = readFileSync(toml, 'utf8').replace(
      /^mount.*/m,
      `port = ${port}\nmount = "/backscope"\n${env}`,
    );
    writeFileSync(toml, text);
    await rig.ok('start', 'backscope');
    t.is((await get(port, '/backscope/')).status, 200);
    const prepared = await rig.appsup('run', 'backscope', 'prepare');
    t.not(prepared.code, 0);
    t.regex(prepared.stderr, /failed at step 1 of 2, python3 -m pip install --quiet -r requirements\.txt/);
    t.is((await get(port, '/backscope/')).status, 200);
    await rig.ok('stop', 'backscope');
    t.deepEqual(rig.children(), []);
  },
);

testWith(
  ['gunicorn', 'pip'],
  'N8: a script that runs gunicorn without exec starts without a network, and its stop reaches gunicorn, which finishes its requests',
  async (t) => {
    const rig = rigFor(t);
    // Port 9 refuses, as everything does to a host without a network.
    const env = 'env = { PIP_INDEX_URL = "http://127.0.0.1:9/", PIP_RETRIES = "0" }';
    const toml = `[programs.web]\ncommand = "./production.sh"\nlisten = "port"\n${env}\n`;
    const files = {'production.sh': SCRIPT, 'requirements.txt': 'no-such-package==1\n', 'wsgi.py': WSGI};
    const {port} = await rig.define('backscope', toml, files);
    await rig.ok('start', 'backscope');
    t.is((await get(port, '/backscope/')).status, 200);

    const slow = get(port, '/backscope/slow');
    await get(port, '/backscope/');
    await rig.ok('stop', 'backscope');
    t.is((await slow).status, 200);
    t.deepEqual(rig.children(), []);
    const log = await rig.ok('logs', 'backscope');
    t.regex(log, /Shutting down: Master/);
    t.notRegex(log, /the script goes on/);
  },
);

/** What the app sees of its interpreter. */
const SEEN = `import os, sys
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    names = ["VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"]
    said = [os.environ["PATH"].split(":")[0]] + [os.environ.get(name, "-") for name in names]
    return ["\\n".join(said).encode()]
`;

testWith(
  ['gunicorn', 'venv'],
  'E5: an app runs in a venv that sees the packages of the system, and in a conda environment, neither of which has bin/gunicorn, and a restart loses no visitor',
  async (t) => {
    const rig = rigFor(t);
    const venv = path.join(rig.home, 'tasks/.venv');
    const conda = path.join(rig.home, 'miniconda3/envs/tasks');
    const rows = [
      [venv, '', [`${venv}/bin`, venv, '-', '-']],
      [conda, `python = ${JSON.stringify(conda)}\n`, [`${conda}/bin`, '-', conda, 'tasks']],
    ] as const;
    mkdirSync(path.join(conda, 'bin'), {recursive: true});
    mkdirSync(path.join(conda, 'conda-meta'));
    symlinkSync(toolPath('python3'), path.join(conda, 'bin/python'));
    execFileSync(toolPath('python3'), ['-m', 'venv', '--system-site-packages', '--without-pip', venv]);
    for (const [prefix, head, seen] of rows) {
      const toml = `${head}[programs.web]\ngunicorn = "wsgi"\n`;
      const {port} = await rig.define('tasks', toml, {'wsgi.py': SEEN});
      await rig.ok('start', 'tasks');
      const load = new Load(port, '/tasks/', 2);
      await load.answers(10);
      await rig.ok('restart', 'tasks');
      await load.answers(10);
      await load.stop();
      t.deepEqual(load.failures, []);
      t.deepEqual((await get(port, '/tasks/')).body.split('\n'), seen);
      t.deepEqual(argvOf(await rig.pid('tasks')).slice(0, 3), [`${prefix}/bin/python`, '-m', 'gunicorn']);
      await rig.ok('stop', 'tasks');
    }
  },
);

const ASGI = `import os
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": ("%d %s" % (os.getpid(), scope["root_path"])).encode()})
`;

testWith(['hypercorn'], 'hypercorn serves an app over its Unix socket, and is restarted there', async (t) => {
  const rig = rigFor(t);
  const toml = 'transport = "unix"\n[programs.web]\nhypercorn = "main:app"\n';
  await rig.define('pages', toml, {'main.py': ASGI});
  await rig.ok('start', 'pages');
  const at = publicSocketPath(rig.paths, 'pages');
  const first = await get(at, '/');
  t.regex(first.body, /^\d+ \/pages$/);
  await rig.ok('restart', 'pages');
  const second = await get(at, '/');
  t.is(second.status, 200);
  t.not(second.body, first.body);
});
