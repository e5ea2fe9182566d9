import test from 'ava';

import type {Launch, ProgramSpec} from '../../src/core/program-spec.ts';
import type {AppSpec} from '../../src/core/spec.ts';
import {parseMark} from '../../src/core/mark.ts';
import {describeEnvironment} from '../../src/launch/describe.ts';
import type {EnvFile} from '../../src/launch/env-file.ts';
import {buildEnvironment} from '../../src/launch/environment.ts';
import type {Interpreter} from '../../src/launch/interpreter.ts';
import {startOf} from '../helpers/launch-start.ts';

const launch: Launch = {kind: 'command', argv: ['true']};
const venv: Interpreter = {
  kind: 'venv',
  prefix: '/home/alice/tasks/.venv',
  python: '/home/alice/tasks/.venv/bin/python',
  bin: ['/home/alice/tasks/.venv/bin'],
  sites: [],
  env: {VIRTUAL_ENV: '/home/alice/tasks/.venv'},
};

function build({
  app = {},
  program = {},
  files = [],
  computed = {},
  interpreter = venv,
}: {
  readonly app?: Partial<AppSpec>;
  readonly program?: Partial<ProgramSpec>;
  readonly files?: readonly EnvFile[];
  readonly computed?: Readonly<Record<string, string>>;
  readonly interpreter?: Interpreter | undefined;
} = {}) {
  return buildEnvironment({
    ...startOf(launch, {app, program}),
    interpreter,
    files,
    computed,
    nodeDirectory: '/opt/node/bin',
  });
}

function envFile(values: Readonly<Record<string, string>>): EnvFile {
  return {file: '/home/alice/tasks/.env', values: new Map(Object.entries(values)), warnings: []};
}

test('buildEnvironment() gives a program that serves all that it needs, and nothing of ours', (t) => {
  const {env, warnings} = build();
  const {APPSUP_MARK: mark, ...rest} = env;
  t.deepEqual(rest, {
    HOME: '/home/alice',
    USER: 'alice',
    LOGNAME: 'alice',
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    PYTHONUNBUFFERED: '1',
    HOST: '127.0.0.1',
    VIRTUAL_ENV: '/home/alice/tasks/.venv',
    PATH: '/home/alice/tasks/.venv/bin:/home/alice/.local/bin:/home/alice/bin:/usr/local/bin:/usr/bin:/bin:/opt/node/bin',
    PORT: '20140',
    SCRIPT_NAME: '/alice_tasks',
    APPSUP_APP: 'tasks',
    APPSUP_PROCESS: 'web',
    APPSUP_INDEX: '0',
    APPSUP_MOUNT: '/alice_tasks',
  });
  t.like(parseMark(mark ?? ''), {app: 'tasks', process: 'web', generation: 7});
  t.deepEqual(warnings, []);
});

test('buildEnvironment() gives a queue worker the mount and no port', (t) => {
  const {env} = build({program: {listen: 'none'}});
  t.is(env['SCRIPT_NAME'], '/alice_tasks');
  t.is(env['PORT'], undefined);
  t.is(env['HOST'], undefined);
});

for (const prefix of ['strip', 'none'] as const) {
  test(`buildEnvironment() sets no SCRIPT_NAME with prefix "${prefix}"`, (t) => {
    t.is(build({app: {prefix}}).env['SCRIPT_NAME'], undefined);
  });
}

test('buildEnvironment() lets env files give way to the app, and the app to the program', (t) => {
  const {env} = build({
    files: [envFile({A: 'file', B: 'file', C: 'file', D: 'file'}), envFile({D: 'later file'})],
    app: {env: {B: 'app', C: 'app', LANG: 'de_DE.UTF-8'}},
    program: {env: {C: 'program'}},
  });
  t.like(env, {A: 'file', B: 'app', C: 'program', D: 'later file', LANG: 'de_DE.UTF-8'});
});

test('buildEnvironment() says where the named sockets are', (t) => {
  const sockets = {metrics: 'tcp', 'a.b': 'unix', later: 'tcp'} as const;
  const start = startOf(launch, {program: {sockets}, context: {namedPorts: new Map([['metrics', 20_141]])}});
  const ingredients = {interpreter: venv, files: [], computed: {}, nodeDirectory: '/opt/node/bin'};
  const {env} = buildEnvironment({...start, ...ingredients});
  t.is(env['APPSUP_SOCKET_METRICS'], '127.0.0.1:20141');
  t.regex(env['APPSUP_SOCKET_A_B'] ?? '', /\/run\/tasks\.a\.b\.sock$/);
  t.is(env['APPSUP_SOCKET_LATER'], undefined);
});

test('buildEnvironment() keeps its own names, and says so', (t) => {
  const {env, warnings} = build({
    files: [envFile({PORT: '8000', HOST: '::1'})],
    app: {env: {SCRIPT_NAME: '/other', APPSUP_MARK: 'x', LISTEN_FDS: '9', APPSUP_NEW: 'x'}},
  });
  t.like(env, {PORT: '20140', HOST: '::1', SCRIPT_NAME: '/alice_tasks', APPSUP_APP: 'tasks'});
  t.is(env['LISTEN_FDS'], undefined);
  t.is(env['APPSUP_NEW'], undefined);
  t.deepEqual(warnings, [
    "PORT of .env is not used: the app has a port of its own (port = in the app's file)",
    "SCRIPT_NAME of tasks.toml is not used: it is the app's mount (mount = in the app's file)",
    'APPSUP_MARK of tasks.toml is not used: appsup sets it',
    'LISTEN_FDS of tasks.toml is not used: appsup sets it',
    'APPSUP_NEW of tasks.toml is not used: appsup sets it',
  ]);
  t.deepEqual(build({files: [envFile({PORT: '20140'})]}).warnings, [], 'the same value is no conflict');
});

test("buildEnvironment() puts the interpreter before the user's PATH, and its directories once", (t) => {
  t.is(
    build({app: {env: {PATH: '/a::/opt/node/bin'}}}).env['PATH'],
    '/home/alice/tasks/.venv/bin:/a:/opt/node/bin',
  );
  const system: Interpreter = {...venv, kind: 'system', prefix: '/usr', bin: ['/usr/bin'], env: {}};
  t.true(build({interpreter: system}).env['PATH']?.startsWith('/home/alice/.local/bin:'));
});

test('describeEnvironment() hides what env files say, names that look secret, and secrets in other values', (t) => {
  const prepared = build({
    files: [envFile({APP_ENV: 'production', PASSPHRASE: 'hunter22'})],
    app: {
      env: {
        API_TOKEN: 'abc',
        DATABASE_URL: 'postgres://u:pw12@db/x',
        NOTE: 'not hunter22',
        APP_ENV: 'testing',
      },
    },
  });
  const shown = Object.fromEntries(describeEnvironment(prepared).map(({name, value}) => [name, value]));
  t.like(shown, {
    API_TOKEN: '***',
    DATABASE_URL: '***',
    PASSPHRASE: '***',
    NOTE: 'not ***',
    APP_ENV: 'testing',
    PORT: '20140',
  });
  const names = describeEnvironment(prepared).map(({name}) => name);
  t.deepEqual(names, names.toSorted());
  t.false(JSON.stringify(describeEnvironment(prepared)).includes('hunter22'));
});
