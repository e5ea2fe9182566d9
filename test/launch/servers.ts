import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {Launch, ProgramSpec} from '../../src/core/program-spec.ts';
import type {AppSpec, PrefixMode} from '../../src/core/spec.ts';
import {prepare} from '../../src/launch/prepare.ts';
import {freePort} from '../helpers/free-port.ts';
import {launchContext, startOf, temporaryHome} from '../helpers/launch-start.ts';
import {RunningServer} from '../helpers/running-server.ts';

const fixtures = path.resolve('test/fixtures/launch');
const python = path.join(fixtures, 'python');
const PYTHON = '/usr/bin/python3';

/** The test, or its name with the reason why it cannot run here. */
function withServer(
  title: string,
  need: 'gunicorn' | 'uvicorn' | 'hypercorn' | 'daphne' | 'uwsgi',
  body: (t: ExecutionContext) => Promise<void>,
) {
  const there = existsSync(`/usr/bin/${need}`) && existsSync(PYTHON);
  if (there) test(title, body);
  else
    test.skip(
      `${title} (needs the package ${need === 'uwsgi' ? 'uwsgi-core, uwsgi-plugin-python3' : need})`,
      body,
    );
}

async function launchReal(
  t: ExecutionContext,
  launch: Launch,
  {app = {}, program = {}}: {readonly app?: Partial<AppSpec>; readonly program?: Partial<ProgramSpec>} = {},
): Promise<RunningServer> {
  const home = temporaryHome(t);
  const port = await freePort();
  const start = startOf(launch, {
    home,
    app: {directory: python, python: PYTHON, mount: '/m', env: {PYTHONDONTWRITEBYTECODE: '1'}, ...app},
    program,
  });
  const prepared = await prepare(start.app, start.program, launchContext(home, {port}));
  t.deepEqual(prepared.warnings, []);
  return await RunningServer.start(t, prepared, port, home);
}

const gunicorn: Launch = {
  kind: 'gunicorn',
  target: 'wsgi:application',
  workers: 2,
  threads: 1,
  workerClass: undefined,
  args: [],
};
const uvicorn: Launch = {kind: 'uvicorn', target: 'asgi:application', workers: 1, args: []};
const uwsgi: Launch = {
  kind: 'uwsgi',
  target: 'wsgi:application',
  workers: 2,
  threads: 1,
  protocol: 'http',
  args: [],
};

withServer(
  'prepare() has gunicorn serve the mount on the held and on the private socket',
  'gunicorn',
  async (t) => {
    const server = await launchReal(t, gunicorn);
    t.regex(await server.firstAnswer('/m/x'), /^200 script=\/m path=\/x scheme=https/);
    t.regex(await server.get('/m/x', 'held'), /^200 script=\/m path=\/x scheme=https/);
    t.deepEqual(await server.stop(), {code: 0, signal: undefined});
    t.true(existsSync(server.socketPath ?? ''), 'the private socket is left to its owner');
  },
);

withServer(
  'prepare() has gunicorn finish the requests in flight when it is stopped',
  'gunicorn',
  async (t) => {
    const server = await launchReal(t, {...gunicorn, threads: 2});
    await server.firstAnswer('/m/');
    const slow = server.get('/m/slow');
    // On its way before the signal: a second request is answered by the other thread or worker.
    await server.get('/m/');
    const [answer, exit] = await Promise.all([slow, server.stop()]);
    t.regex(answer, /^200 .*path=\/slow/);
    t.is(exit.code, 0);
  },
);

withServer('prepare() has gunicorn bind the port by itself when it is asked to', 'gunicorn', async (t) => {
  const server = await launchReal(t, gunicorn, {program: {listen: 'port'}});
  t.is(server.socketPath, undefined);
  t.regex(await server.firstAnswer('/m/x'), /^200 script=\/m path=\/x/);
  t.is((await server.stop()).code, 0);
});

withServer(
  'prepare() finds gunicorn through a venv that sees the packages of the system',
  'gunicorn',
  async (t) => {
    const venv = path.join(temporaryHome(t), 'venv');
    execFileSync(PYTHON, ['-m', 'venv', '--system-site-packages', '--without-pip', venv]);
    const server = await launchReal(t, gunicorn, {app: {python: venv}});
    t.regex(await server.firstAnswer('/m/x'), /^200 script=\/m path=\/x/);
    const argv = readFileSync(`/proc/${server.pid}/cmdline`, 'utf8').split('\0');
    t.deepEqual(argv.slice(0, 3), [path.join(venv, 'bin/python'), '-m', 'gunicorn']);
    t.is((await server.stop()).code, 0);
  },
);

for (const workers of [1, 2]) {
  withServer(
    `prepare() has uvicorn with ${workers} worker${workers > 1 ? 's' : ''} serve the held socket, and know its prefix when it is stripped`,
    'uvicorn',
    async (t) => {
      const server = await launchReal(t, {...uvicorn, workers}, {app: {prefix: 'strip'}});
      t.is(server.socketPath, undefined);
      t.regex(await server.firstAnswer('/x'), /^200 script=\/m path=(\/m)?\/x scheme=https/);
      const slow = server.get('/slow');
      await server.get('/x');
      const [answer, exit] = await Promise.all([slow, server.stop()]);
      t.regex(answer, /^200 /);
      // uvicorn 0.29 and later end by the signal they caught.
      t.true(exit.code === 0 || exit.signal === 'SIGTERM');
    },
  );
}

for (const prefix of ['strip', 'none'] as const) {
  const mount = prefix === 'strip' ? '/m' : '';
  withServer(
    `prepare() has hypercorn serve both sockets with prefix "${prefix}", and finish the requests in flight when it is stopped`,
    'hypercorn',
    async (t) => {
      const launch: Launch = {kind: 'hypercorn', target: 'asgi:application', workers: 2, args: []};
      const server = await launchReal(t, launch, {app: {prefix, mount}});
      const expected = new RegExp(`^200 script=${mount} path=(${mount})?/x `);
      t.regex(await server.firstAnswer('/x'), expected);
      t.regex(await server.get('/x', 'held'), expected);
      const slow = server.get('/slow');
      await server.get('/x');
      const [answer, exit] = await Promise.all([slow, server.stop()]);
      t.regex(answer, /^200 /);
      t.is(exit.code, 0);
    },
  );

  withServer(`prepare() has daphne serve the held socket with prefix "${prefix}"`, 'daphne', async (t) => {
    const launch: Launch = {kind: 'daphne', target: 'asgi:application', args: []};
    const server = await launchReal(t, launch, {app: {prefix, mount}});
    t.is(server.socketPath, undefined);
    t.regex(await server.firstAnswer('/x'), new RegExp(`^200 script=${mount} path=(${mount})?/x `));
    t.is((await server.stop()).code, 0);
  });
}

/** From here on its master stops gracefully: its first worker may answer a moment earlier. */
const MASTER = /gracefully_kill_them_all" \(master-start\)/;

const UWSGI_MODES: readonly [PrefixMode, string, string, RegExp][] = [
  ['keep', '/m', '/m/x', /^200 script=\/m path=\/x scheme=https/],
  ['strip', '/m', '/x', /^200 script= path=\/x scheme=https/],
  ['none', '', '/x', /^200 script= path=\/x scheme=https/],
];
for (const [prefix, mount, url, expected] of UWSGI_MODES) {
  withServer(`prepare() has uWSGI serve both sockets with prefix "${prefix}"`, 'uwsgi', async (t) => {
    const server = await launchReal(t, uwsgi, {app: {prefix, mount}});
    t.regex(await server.firstAnswer(url), expected);
    t.regex(await server.get(url, 'held'), expected);
    await server.printed(MASTER);
    t.is((await server.stop()).code, 0);
  });
}

withServer('prepare() has uWSGI finish the requests in flight when it is stopped', 'uwsgi', async (t) => {
  const server = await launchReal(t, uwsgi);
  await server.firstAnswer('/m/');
  await server.printed(MASTER);
  const slow = server.get('/m/slow');
  await server.get('/m/');
  const [answer, exit] = await Promise.all([slow, server.stop()]);
  t.regex(answer, /^200 .*path=\/slow/);
  t.is(exit.code, 0);
});

withServer("prepare() has uWSGI read the user's ini and serve our sockets", 'uwsgi', async (t) => {
  const server = await launchReal(t, {...uwsgi, target: 'app.ini'}, {app: {prefix: 'none', mount: ''}});
  t.regex(await server.firstAnswer('/x'), /^200 script= path=\/x/);
  t.regex(await server.get('/x', 'held'), /^200/);
  t.is((server.output.match(/spawned uWSGI worker \d/g) ?? []).length, 1, 'processes = 1 stands in the ini');
  await server.printed(MASTER);
  t.is((await server.stop()).code, 0);
});

withServer(
  'a uWSGI that is stopped at its first answer ends, and none of its workers waits for its time to be up',
  'uwsgi',
  async (t) => {
    for (let times = 0; times < 8; times++) {
      const server = await launchReal(t, uwsgi);
      await server.firstAnswer('/m/');
      await server.stop();
      t.notRegex(server.output, /NO MERCY/);
    }
  },
);

withServer('a uWSGI that is stopped while it loads the app ends', 'uwsgi', async (t) => {
  const directory = temporaryHome(t);
  writeFileSync(
    path.join(directory, 'wsgi.py'),
    'import time\nprint("loading", flush=True)\ntime.sleep(600)\n',
  );
  const server = await launchReal(t, uwsgi, {app: {directory}});
  await server.printed(/^loading$/m);
  await server.stop();
  t.notRegex(server.output, /spawned uWSGI worker/);
});

withServer('prepare() has uWSGI end when the module cannot be imported', 'uwsgi', async (t) => {
  const server = await launchReal(t, {...uwsgi, target: 'nowhere:application'});
  t.is((await server.end()).code, 22);
  t.regex(server.output, /No module named 'nowhere'/);
});

for (const listen of ['socket', 'port'] as const) {
  test(`prepare() has a command serve with listen = "${listen}"`, async (t) => {
    const launch: Launch = {kind: 'command', argv: ['node', './server.mjs']};
    const server = await launchReal(t, launch, {
      app: {directory: path.join(fixtures, 'node')},
      program: {listen},
    });
    t.regex(await server.firstAnswer('/m/x'), /^200 script=\/m path=\/m\/x/);
    const slow = server.get('/m/slow');
    await server.get('/m/x');
    const [answer, exit] = await Promise.all([slow, server.stop()]);
    t.regex(answer, /^200 /);
    t.is(exit.code, 0);
  });
}
