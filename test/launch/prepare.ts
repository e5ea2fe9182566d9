import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {Launch, ProgramSpec} from '../../src/core/program-spec.ts';
import type {AppSpec} from '../../src/core/spec.ts';
import type {LaunchContext} from '../../src/launch/contract.ts';
import {prepare} from '../../src/launch/prepare.ts';
import type {Layout} from '../helpers/launch-start.ts';
import {launchContext, layOut, startOf, temporaryHome, told} from '../helpers/launch-start.ts';

const PYTHON = ['#!/bin/sh\nexit 1\n', 0o755] as const;
const gunicorn: Launch = {
  kind: 'gunicorn',
  target: 'wsgi:app',
  workers: 2,
  threads: 1,
  workerClass: undefined,
  args: [],
};
const command: Launch = {kind: 'command', argv: ['sh', '-c', 'exec true']};
const VENV = {
  '.venv/pyvenv.cfg': 'home = /usr/bin\n',
  '.venv/bin/python': PYTHON,
  '.venv/bin/gunicorn': ['#!/copied/from/elsewhere/bin/python\n', 0o755],
  '.venv/lib/python3.11/site-packages/gunicorn-25.3.0.dist-info/METADATA': '',
} as const;

interface Changes {
  readonly layout?: Layout;
  readonly app?: Partial<AppSpec>;
  readonly program?: Partial<ProgramSpec>;
  readonly context?: Partial<LaunchContext>;
}

async function run(
  t: ExecutionContext,
  launch: Launch,
  {layout = {}, app = {}, program = {}, context = {}}: Changes = {},
) {
  const home = temporaryHome(t);
  layOut(home, layout);
  const start = startOf(launch, {home, app, program: {...program}});
  return {home, prepared: await prepare(start.app, start.program, launchContext(home, context))};
}

async function failure(
  t: ExecutionContext,
  launch: Launch,
  changes: Changes & {readonly place?: (home: string) => Changes} = {},
) {
  const home = temporaryHome(t);
  const all = {...changes, ...changes.place?.(home)};
  layOut(home, all.layout ?? {});
  const start = startOf(launch, {home, app: all.app ?? {}, program: all.program ?? {}});
  const error: unknown = await prepare(start.app, start.program, launchContext(home, all.context)).catch(
    (reason: unknown) => reason,
  );
  return told(error).map((text) => text?.replaceAll(home, '~'));
}

test("prepare() calls a venv's gunicorn through its own python, whatever the script's first line says", async (t) => {
  const {home, prepared} = await run(t, gunicorn, {layout: VENV});
  t.deepEqual(prepared.argv.slice(0, 2), [
    path.join(home, '.venv/bin/python'),
    path.join(home, '.venv/bin/gunicorn'),
  ]);
  t.true(prepared.argv.includes('--no-control-socket'), 'the version is read from its metadata');
  t.like(prepared, {
    directory: home,
    umask: 0o027,
    sockets: ['held', 'private'],
    listenFds: true,
    warnings: [],
  });
  t.true(prepared.env['PATH']?.startsWith(`${home}/.venv/bin:`));
});

test('prepare() calls gunicorn as a module where the venv has no script', async (t) => {
  const {'.venv/bin/gunicorn': script, ...rest} = VENV;
  t.truthy(script);
  const {home, prepared} = await run(t, gunicorn, {layout: rest});
  t.deepEqual(prepared.argv.slice(0, 3), [path.join(home, '.venv/bin/python'), '-m', 'gunicorn']);
});

test('prepare() takes nothing from its own environment', async (t) => {
  process.env['APPSUP_TEST_LEAK'] = 'x';
  const {prepared} = await run(t, command, {program: {listen: 'none'}});
  delete process.env['APPSUP_TEST_LEAK'];
  t.false('APPSUP_TEST_LEAK' in prepared.env);
});

test('prepare() asks below the mount where the app sees it, and with the public host', async (t) => {
  const http = {kind: 'http', path: '/health', host: undefined, status: undefined, timeoutMs: 5000} as const;
  const ask = async (changes: Changes) => {
    const {prepared} = await run(t, command, changes);
    return [prepared.probePath, prepared.probeHost];
  };
  const base = {publicUrl: 'https://eco.example.ac.uk:8443/'};
  t.deepEqual(await ask({program: {readiness: http}, context: {base}}), [
    '/alice_tasks/health',
    'eco.example.ac.uk:8443',
  ]);
  t.deepEqual(
    await ask({program: {readiness: {...http, host: 'a.b'}}, app: {prefix: 'strip'}, context: {base}}),
    ['/health', 'a.b'],
  );
  t.deepEqual(await ask({program: {readiness: http}, app: {prefix: 'none', mount: ''}}), [
    '/health',
    undefined,
  ]);
  t.deepEqual(await ask({program: {readiness: {kind: 'tcp', timeoutMs: 1}}}), ['/alice_tasks/', undefined]);
  t.deepEqual(await ask({program: {listen: 'none'}}), [undefined, undefined]);
});

test('prepare() hands on the secrets of the env file, and their names', async (t) => {
  const {prepared} = await run(t, command, {
    layout: {'.env': ['DB_PASS=hunter22\n', 0o600]},
    app: {envFiles: []},
  });
  t.deepEqual(prepared.hidden, []);
  const home = temporaryHome(t);
  layOut(home, {'.env': ['DB_PASS=hunter22\nPORT=1\n', 0o600]});
  const start = startOf(command, {home, app: {envFiles: [path.join(home, '.env')]}});
  const {hidden, secrets, env, warnings} = await prepare(start.app, start.program, launchContext(home));
  t.is(env['DB_PASS'], 'hunter22');
  t.deepEqual([hidden, secrets], [['DB_PASS'], ['hunter22']]);
  t.regex(warnings[0] ?? '', /^PORT of \.env is not used/);
});

test('prepare() says what is missing, and what to do', async (t) => {
  const broken = {'.venv/pyvenv.cfg': 'home = /usr/bin\n', '.venv/bin/python': '-> /usr/bin/python3.2'};
  t.deepEqual(await failure(t, gunicorn, {layout: {...broken, 'requirements.txt': ''}}), [
    'NO_INTERPRETER',
    'Cannot start "tasks:web": the virtual environment ~/.venv is broken: its python leads to /usr/bin/python3.2, which is gone',
    'make it again: python3 -m venv --clear ~/.venv && ~/.venv/bin/pip install gunicorn -r ~/requirements.txt',
  ]);
  t.deepEqual(await failure(t, gunicorn, {layout: {'.venv/pyvenv.cfg': '', '.venv/bin/python': PYTHON}}), [
    'NOT_FOUND',
    'Cannot start "tasks:web": gunicorn is not installed in ~/.venv',
    '~/.venv/bin/python -m pip install gunicorn',
  ]);
  t.deepEqual(await failure(t, gunicorn, {place: (home) => ({app: {python: `${home}/none`}})}), [
    'NO_INTERPRETER',
    'Cannot start "tasks:web": there is no Python at ~/none: it does not exist',
    'correct python = "~/none": appsup edit tasks',
  ]);
  t.deepEqual(await failure(t, command, {place: (home) => ({program: {directory: `${home}/none`}})}), [
    'NOT_FOUND',
    'Cannot start "tasks:web": the directory ~/none does not exist',
    'correct directory = ... : appsup edit tasks',
  ]);
  t.is(
    (
      await failure(t, command, {
        layout: {file: ''},
        place: (home) => ({program: {directory: `${home}/file`}}),
      })
    )[1],
    'Cannot start "tasks:web": ~/file is not a directory',
  );
  t.deepEqual(
    await failure(t, command, {
      layout: {'.env': 'A=1\n'},
      place: (home) => ({app: {envFiles: [`${home}/.env`]}}),
    }),
    ['ENV_FILE', 'Cannot use ~/.env: other users of this host can read it (mode 0644)', 'chmod 600 ~/.env'],
  );
});

test('prepare() refuses a server that is to serve nothing: it would take an address of its own', async (t) => {
  t.is((await failure(t, gunicorn, {program: {listen: 'none'}}))[0], 'CONFIG');
});

test('prepare() says so when the ini of uWSGI is not there, or uWSGI is not', async (t) => {
  const uwsgi: Launch = {
    kind: 'uwsgi',
    target: 'app.ini',
    workers: 1,
    threads: 1,
    protocol: 'http',
    args: [],
  };
  const conda = {'env/conda-meta/history': '', 'env/bin/python': PYTHON};
  t.deepEqual(await failure(t, uwsgi, {layout: conda}), [
    'NOT_FOUND',
    'Cannot start "tasks:web": uwsgi is not installed in ~/env',
    'conda install -p ~/env -c conda-forge uwsgi',
  ]);
  const own = {...conda, 'env/bin/uwsgi': ['#!/bin/sh\necho "0: python"\n', 0o755]} as const;
  t.is((await failure(t, uwsgi, {layout: own}))[1], 'Cannot start "tasks:web": ~/app.ini cannot be read');
  const deaf = {...conda, 'env/bin/uwsgi': ['#!/bin/sh\necho "0: lua"\n', 0o755]} as const;
  t.is(
    (await failure(t, uwsgi, {layout: deaf}))[1],
    'Cannot start "tasks:web": ~/env/bin/uwsgi has no Python: it would start and serve no app',
  );
});
