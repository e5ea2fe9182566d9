import test from 'ava';

import type {HostedApp} from '../../src/supervisor/hosted-app.ts';
import {servedOf} from '../../src/supervisor/served.ts';
import {appSpec} from '../helpers/spec.ts';

const FILED = appSpec([], {mount: '/new'});
const RUNNING = appSpec([], {mount: '/old'});

/** As much of an app as its address is made of. */
function app(name: string, fields: {spec?: object; port?: number; main?: object}): HostedApp {
  const {main, spec, port} = fields;
  return {name, spec: spec && {...spec, name}, port, webUnits: () => [{main}]} as unknown as HostedApp;
}

test('servedOf() lists apps by name as they run, whatever their files and ports are by now', (t) => {
  const main = {app: {...RUNNING, name: 'b'}, process: {record: {port: 20001}}};
  const apps = [app('b', {spec: FILED, port: 20002, main}), app('a', {spec: FILED, port: 20003})];
  t.deepEqual(
    servedOf(apps).map(({app: {name, mount}, port}) => [name, mount, port]),
    [
      ['a', '/new', 20003],
      ['b', '/old', 20001],
    ],
  );
});

test('servedOf() leaves out what has no port, and what has no file and does not run', (t) => {
  t.deepEqual(servedOf([app('a', {spec: FILED}), app('b', {port: 20001})]), []);
});
