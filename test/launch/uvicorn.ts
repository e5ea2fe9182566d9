import test from 'ava';

import type {Launch, ProgramSpec} from '../../src/core/program-spec.ts';
import type {AppSpec} from '../../src/core/spec.ts';
import {uvicorn} from '../../src/launch/uvicorn.ts';
import {complaint, startOf} from '../helpers/launch-start.ts';

type Uvicorn = Extract<Launch, {kind: 'uvicorn'}>;

function plan(
  changes: Partial<Uvicorn> = {},
  version = '0.54.0',
  app: Partial<AppSpec> = {prefix: 'strip'},
  program: Partial<ProgramSpec> = {},
) {
  const launch: Uvicorn = {kind: 'uvicorn', target: 'main:app', workers: 1, args: [], ...changes};
  return uvicorn(startOf(launch, {app, program}), launch, {argv: ['/p/python', '/p/uvicorn'], version});
}

test('uvicorn() takes the held socket alone, as descriptor 3', (t) => {
  const {argv, sockets, listenFds, warnings} = plan();
  t.deepEqual(argv, [
    '/p/python',
    '/p/uvicorn',
    '--fd',
    '3',
    '--root-path',
    '/alice_tasks',
    '--timeout-graceful-shutdown',
    '8',
    'main:app',
  ]);
  t.deepEqual({sockets, listenFds, warnings}, {sockets: ['held'], listenFds: false, warnings: []});
});

test('uvicorn() gives older versions no option that they do not know', (t) => {
  t.false(plan({}, '0.17.6').argv.includes('--timeout-graceful-shutdown'));
  t.false(plan({}, '0.21.1').argv.includes('--timeout-graceful-shutdown'));
  t.true(plan({}, '0.22.0').argv.includes('--timeout-graceful-shutdown'));
});

test('uvicorn() binds the port by itself when it has to', (t) => {
  const {argv, sockets} = plan({workers: 3}, '0.54.0', {prefix: 'none', mount: ''}, {listen: 'port'});
  t.deepEqual(argv.slice(2, 8), ['--host', '127.0.0.1', '--port', '20140', '--workers', '3']);
  t.deepEqual(sockets, []);
});

test('uvicorn() names no prefix in keep mode, where it would be there twice, and warns', (t) => {
  const {argv, warnings} = plan({}, '0.54.0', {prefix: 'keep'});
  t.false(argv.includes('--root-path'));
  t.regex(warnings[0] ?? '', /does not divide \/alice_tasks from the path: set prefix = "strip"/);
});

test("uvicorn() lets the user's own --root-path stand", (t) => {
  t.is(plan({args: ['--root-path', '/x']}).argv.filter((word) => word === '--root-path').length, 1);
});

for (const option of ['--host', '--port', '--uds', '--fd']) {
  test(`uvicorn() refuses ${option}`, (t) => {
    t.is(complaint(() => plan({args: [option, 'x']}))[0], 'CONFIG');
  });
}
