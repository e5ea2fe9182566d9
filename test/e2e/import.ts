import {mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {userInfo} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {freePort} from '../helpers/free-port.ts';
import {get, Rig} from '../helpers/rig.ts';
import {testWith, toolPath} from '../helpers/tools.ts';

const CODE = `import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [(environ["SCRIPT_NAME"] + environ["PATH_INFO"] + " " + os.environ["SECRET_KEY"]).encode()]
`;

function rigOf(t: ExecutionContext): Rig {
  const rig = Rig.create();
  t.teardown(async () => {
    const left = await rig.clean();
    if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
  });
  return rig;
}

/** A supervisord.conf in `~/etc`, as the guide has it. */
function configure(rig: Rig): string {
  const directory = path.join(rig.home, 'flask-tasks');
  mkdirSync(directory);
  writeFileSync(path.join(directory, 'wsgi.py'), CODE);
  mkdirSync(path.join(rig.home, 'etc'));
  writeFileSync(
    path.join(rig.home, 'etc/supervisord.conf'),
    `[supervisord]
logfile=${rig.home}/log/supervisor.log
loglevel=warn

[supervisorctl]
serverurl=unix://${rig.home}/etc/supervisor.sock

[unix_http_server]
file=${rig.home}/etc/supervisor.sock

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[program:flasktasks_gunicorn]
user=${userInfo().username}
directory=${directory}/
environment=SCRIPT_NAME=/atullo2_flasktasks,SECRET_KEY="k;e%%y"
command=${toolPath('gunicorn')} --workers 2 --bind localhost:8000 wsgi:application ; production
autostart=true
autorestart=true
stdout_logfile=${directory}/log/gunicorn.log
stderr_logfile=${directory}/log/gunicorn.err.log

[program:of_somebody_else]
user=${userInfo().username === 'nobody' ? 'root' : 'nobody'}
command=sleep 9
`,
  );
  return '~/etc/supervisord.conf';
}

testWith(
  ['gunicorn'],
  'E3: a supervisord.conf is imported, its programs run, and another user’s is refused',
  async (t) => {
    const rig = rigOf(t);
    const conf = configure(rig);

    const dry = await rig.appsup('import', conf, '--dry-run');
    t.regex(dry.stdout, /^\[programs\.web\]\ngunicorn = "wsgi:application"\nworkers {2}= 2$/m);
    t.notRegex(dry.stdout + dry.stderr, /k;e%y/);
    t.is(await rig.ok('list', '--json'), '');

    const {code, stdout} = await rig.appsup('import', conf);
    t.is(code, 1);
    t.regex(stdout, /^supervisord\.conf:15 +dropped +user /m);
    t.regex(stdout, /^supervisord\.conf:18 +changed +command .*--bind localhost:8000/m);
    t.regex(stdout, /^supervisord\.conf:21 +dropped +stdout_logfile /m);
    t.regex(stdout, /^supervisord\.conf:25 +refused +user /m);

    const secrets = path.join(rig.paths.config, 'env/flasktasks_gunicorn.env');
    t.is(statSync(secrets).mode & 0o777, 0o600);
    const toml = path.join(rig.paths.apps, 'flasktasks_gunicorn.toml');
    t.notRegex(readFileSync(toml, 'utf8'), /k;e/);

    // A port of its own, so that tests at the same time never meet.
    const port = await freePort();
    writeFileSync(toml, readFileSync(toml, 'utf8').replace(/^mount/m, `port = ${port}\nmount`));
    await rig.ok('start', 'flasktasks_gunicorn');
    const answer = await get(port, '/atullo2_flasktasks/x');
    t.is(answer.body, '/atullo2_flasktasks/x k;e%y');
  },
);

test('import never overwrites an app or its env file, and says what is broken where', async (t) => {
  const rig = rigOf(t);
  const file = path.join(rig.home, 's.conf');
  writeFileSync(file, '[program:a]\ncommand=sleep 9\nenvironment=TOKEN=one\n');
  await rig.ok('import', file);
  const before = readFileSync(path.join(rig.paths.apps, 'a.toml'), 'utf8');
  const again = await rig.appsup('import', file, '--json');
  t.is(again.code, 1);
  t.like(JSON.parse(again.stdout.split('\n')[0] ?? ''), {ok: false, app: 'a', error: {code: 'APP_EXISTS'}});
  t.is(readFileSync(path.join(rig.paths.apps, 'a.toml'), 'utf8'), before);
  await rig.ok('import', file, '--name', 'b');
  t.regex(await rig.ok('check'), /a, b: fine/);

  writeFileSync(path.join(rig.paths.config, 'env/c.env'), 'MINE=1\n', {mode: 0o600});
  t.regex((await rig.appsup('import', file, '--name', 'c')).stderr, /c\.env: it is there already/);
  t.is(readFileSync(path.join(rig.paths.config, 'env/c.env'), 'utf8'), 'MINE=1\n');

  writeFileSync(file, '[program:a]\ncommand\n');
  t.regex((await rig.appsup('import', file)).stderr, /s\.conf:2: expected key = value/);
  t.regex((await rig.appsup('import', '~/none.conf')).stderr, /there is no such file/);
});
