import test from 'ava';

import type {Launch, ProgramSpec} from '../../src/core/program-spec.ts';
import type {AppSpec} from '../../src/core/spec.ts';
import {uwsgi} from '../../src/launch/uwsgi.ts';
import type {UwsgiFacts} from '../../src/launch/uwsgi.ts';
import {complaint, startOf} from '../helpers/launch-start.ts';

type Uwsgi = Extract<Launch, {kind: 'uwsgi'}>;

function plan(
  changes: Partial<Uwsgi> = {},
  {
    app = {},
    program = {},
    ...facts
  }: Partial<UwsgiFacts> & {readonly app?: Partial<AppSpec>; readonly program?: Partial<ProgramSpec>} = {},
) {
  const launch: Uwsgi = {
    kind: 'uwsgi',
    target: 'wsgi:app',
    workers: 2,
    threads: 1,
    protocol: 'http',
    args: [],
    ...changes,
  };
  const start = startOf(launch, {app, program});
  return uwsgi(start, launch, {
    binary: '/p/uwsgi',
    plugin: undefined,
    python: '/p/python',
    virtualenv: undefined,
    ini: undefined,
    ...facts,
  });
}

/** An ini file of the user's. */
function ini(text: string) {
  return {file: '/home/alice/app.ini', text: `[other]\nhttp = :80\n[uwsgi]\n${text}`};
}

/** The words after the lines that make the sockets listen. */
function words(changes: Partial<Uwsgi> = {}, facts: Parameters<typeof plan>[1] = {}): string {
  const {argv} = plan(changes, facts);
  return argv.slice(argv.indexOf('/p/uwsgi')).join(' ');
}

const STOP =
  '--master --need-app --die-on-term --hook-asap unix_signal:15 end_me --hook-as-user unix_signal:1 gracefully_kill --hook-master-start unix_signal:15 gracefully_kill_them_all --worker-reload-mercy 8';

test('uwsgi() makes the sockets listen, and serves HTTP on both', (t) => {
  const {argv, sockets, listenFds, warnings} = plan();
  t.deepEqual([...argv.slice(0, 4), argv[5]], ['/p/python', '-I', '-S', '-c', '2']);
  t.is(
    words(),
    `/p/uwsgi --chdir /home/alice --mount /alice_tasks=wsgi:app --manage-script-name --processes 2 --enable-threads --buffer-size 32768 ${STOP} --http-socket fd://3 --http-socket fd://4`,
  );
  t.deepEqual({sockets, listenFds, warnings}, {sockets: ['held', 'private'], listenFds: false, warnings: []});
});

test('uwsgi() binds the port by itself when it has to', (t) => {
  const {argv, sockets} = plan({}, {program: {listen: 'port'}});
  t.is(argv[0], '/p/uwsgi');
  t.deepEqual(argv.slice(-2), ['--http-socket', '127.0.0.1:20140']);
  t.deepEqual(sockets, []);
});

test('uwsgi() loads the plugin and the venv where they are needed', (t) => {
  t.true(
    words({}, {plugin: 'python3', virtualenv: '/v'}).startsWith(
      '/p/uwsgi --plugin python3 --virtualenv /v --chdir',
    ),
  );
  t.true(
    words(
      {target: 'app.ini'},
      {plugin: 'python3', virtualenv: '/v', ini: ini('plugins = python3\nvenv = x\n')},
    ).startsWith('/p/uwsgi --ini '),
  );
});

for (const [prefix, mount] of [
  ['strip', '/alice_tasks'],
  ['none', ''],
] as const) {
  test(`uwsgi() loads the module at the root with prefix "${prefix}"`, (t) => {
    t.true(
      words({threads: 4}, {app: {prefix, mount}}).includes('--module wsgi:app --processes 2 --threads 4'),
    );
  });
}

test("uwsgi() keeps the user's ini, and adds what must be ours after it", (t) => {
  const facts = {app: {prefix: 'none', mount: ''}, ini: ini('module = wsgi:app\n')} as const;
  t.is(
    words({target: 'app.ini'}, facts),
    `/p/uwsgi --ini /home/alice/app.ini --processes 2 ${STOP} --http-socket fd://3 --http-socket fd://4`,
  );
  t.false(words({target: 'app.ini'}, {...facts, ini: ini('workers = 4\n')}).includes('--processes'));
});

test('uwsgi() warns of sockets in the ini, and of a prefix that it does not know', (t) => {
  const {warnings} = plan({target: 'app.ini'}, {ini: ini('module = wsgi:app\nsocket = project.sock\n')});
  t.is(warnings.length, 2);
  t.regex(warnings[0] ?? '', /opens socket = project\.sock beside the app's port/);
  t.regex(warnings[1] ?? '', /mount = \/alice_tasks=MODULE:CALLABLE and manage-script-name = true/);
  t.deepEqual(
    plan({target: 'app.ini'}, {ini: ini('mount = /alice_tasks=wsgi:app\nmanage_script_name = true\n')})
      .warnings,
    [],
  );
});

test('uwsgi() refuses to go into the background, and another address', (t) => {
  t.regex(
    complaint(() => plan({target: 'app.ini'}, {ini: ini('daemonize = x.log\n')}))[1],
    /has daemonize: a process that goes into the background/,
  );
  for (const args of [
    ['--daemonize', 'x'],
    ['-d', 'x'],
    ['--socket', ':1'],
    ['-s', ':1'],
    ['--http', ':80'],
    ['--http-socket=:80'],
  ]) {
    t.is(complaint(() => plan({args}))[0], 'CONFIG', args.join(' '));
  }
  t.notThrows(() => plan({args: ['--http-timeout', '5', '--stats', 'x']}));
});
