import test from 'ava';

import type {Launch, ProgramSpec} from '../../src/core/program-spec.ts';
import type {AppSpec} from '../../src/core/spec.ts';
import {daphne} from '../../src/launch/daphne.ts';
import {complaint, startOf} from '../helpers/launch-start.ts';

function plan(app: Partial<AppSpec>, program: Partial<ProgramSpec> = {}, args: readonly string[] = []) {
  const launch: Extract<Launch, {kind: 'daphne'}> = {kind: 'daphne', target: 'main:app', args};
  const tool = {argv: ['/p/python', '/p/daphne'], version: '4.0.0'};
  return daphne(startOf(launch, {app, program}), launch, tool, '/p/python');
}

test('daphne() takes the held socket, which listens before it comes', (t) => {
  const {argv, sockets, listenFds} = plan({prefix: 'none', mount: ''});
  t.is(argv.slice(5).join(' '), '1 /p/python /p/daphne --fd 3 main:app');
  t.deepEqual([sockets, listenFds], [['held'], false]);
});

test('daphne() binds the port by itself when it is asked to, and knows the prefix that the front end strips', (t) => {
  const {argv, sockets} = plan({prefix: 'strip', mount: '/m'}, {listen: 'port'});
  t.is(argv.join(' '), '/p/python /p/daphne --bind 127.0.0.1 --port 20140 --root-path /m main:app');
  t.deepEqual(sockets, []);
});

test('daphne() refuses a Unix socket, and another address', (t) => {
  t.deepEqual(
    complaint(() => plan({transport: 'unix'})),
    [
      'CONFIG',
      'Cannot start "tasks:web": daphne takes no Unix socket that is held for it, and transport is "unix"',
      'transport = "tcp", or run it by uvicorn or hypercorn: appsup edit tasks',
    ],
  );
  t.is(complaint(() => plan({}, {}, ['--fd', '4']))[0], 'CONFIG');
});
