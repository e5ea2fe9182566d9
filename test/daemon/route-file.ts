import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {Launch} from '../../src/core/program-spec.ts';
import {RouteFile} from '../../src/daemon/route-file.ts';
import {parseRoutes} from '../../src/gateway/routes.ts';
import {appSpec, programSpec} from '../helpers/spec.ts';

function setup(t: ExecutionContext) {
  const state = mkdtempSync(path.join(tmpdir(), 'as-'));
  t.teardown(() => rmSync(state, {recursive: true, force: true}));
  const paths = {routes: path.join(state, 'gateway', 'routes.json'), front: path.join(state, 'front')};
  const problems: string[] = [];
  const file = new RouteFile(paths, (message) => problems.push(message));
  const routes = () => {
    const read = parseRoutes(readFileSync(paths.routes, 'utf8'));
    return read.ok ? read.routes : read.problem;
  };
  return {file, paths, problems, routes};
}

function served(name: string, port: number, launch: Launch, changes = {}) {
  const program = programSpec({launch, listen: 'socket'});
  return {app: appSpec([program], {name, mount: `/alice/${name}`, ...changes}), port};
}

const COMMAND: Launch = {kind: 'command', argv: ['x']};
const GATEWAY = served('gateway', 20_000, {kind: 'gateway'}, {mount: '/alice'});

test('RouteFile writes nothing while there is no gateway', (t) => {
  const {file, paths} = setup(t);
  file.write([served('tasks', 20_001, COMMAND)]);
  t.false(existsSync(paths.routes));
});

test('RouteFile writes where each app is served, for nobody else’s eyes, and only what has changed', (t) => {
  const {file, paths, routes} = setup(t);
  const uwsgi: Launch = {kind: 'uwsgi', target: 'x', workers: 1, threads: 1, protocol: 'uwsgi', args: []};
  const apps = [
    GATEWAY,
    served('tasks', 20_001, COMMAND, {prefix: 'strip'}),
    served('sockets', 20_002, COMMAND, {transport: 'unix'}),
    served('packets', 20_003, uwsgi),
  ];
  file.write(apps);
  t.like(routes(), [
    {app: 'tasks', mount: '/alice/tasks', prefix: 'strip', upstream: {kind: 'tcp', port: 20_001}},
    {app: 'sockets', upstream: {kind: 'unix', path: `${paths.front}/sockets.sock`}},
  ]);
  t.is(routes().length, 2);
  t.is(statSync(paths.routes).mode & 0o777, 0o600);
  t.is(statSync(path.dirname(paths.routes)).mode & 0o777, 0o700);
  const {ino} = statSync(paths.routes);
  file.write(apps);
  t.is(statSync(paths.routes).ino, ino);
  file.write([GATEWAY]);
  t.deepEqual(routes(), []);
});

test('RouteFile says why a table cannot be written, and tries again with the next change', (t) => {
  const {file, paths, problems, routes} = setup(t);
  const place = path.dirname(paths.routes);
  writeFileSync(place, '');
  file.write([GATEWAY]);
  t.regex(problems[0] ?? '', /^Cannot make the directory .*gateway/);
  chmodSync(place, 0o600);
  rmSync(place);
  file.write([GATEWAY]);
  t.deepEqual(routes(), []);
});
