import {readFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import type {ShutdownRequest} from '../../src/control/api.ts';
import {homeWith} from '../helpers/cli.ts';
import {infoOf} from '../helpers/fake-supervisor.ts';

test('«appsup daemon status» exits 0 with a supervisor, 3 without', async (t) => {
  const some = await homeWith(t, {info: async () => infoOf({since: Date.now() - 65_000})});
  t.deepEqual(
    [(await some.appsup('daemon')).code, (await some.appsup('daemon')).stdout],
    [0, 'supervisor 0.1.0  running  pid 4242  since 1 min\n'],
  );
  const none = await homeWith(t);
  const {code, json} = await none.appsup('daemon', 'status', '--json');
  t.deepEqual([code, json()], [3, [{running: false}]]);
});

test('«appsup daemon stop» takes the apps along, unless told otherwise, and writes down the wish', async (t) => {
  const asked: ShutdownRequest[] = [];
  // A pid that nobody has: as if it had gone already.
  const home = await homeWith(t, {
    async shutdown(request) {
      asked.push(request);
      return {pid: 2 ** 22 + 1};
    },
  });
  t.is((await home.appsup('daemon', 'stop')).code, 0);
  t.is((await home.appsup('daemon', 'stop', '--keep-apps')).code, 0);
  t.deepEqual(
    asked.map(({stopApps}) => stopApps),
    [true, false],
  );
  t.is(
    readFileSync(path.join(home.state, 'asleep'), 'utf8'),
    readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'),
  );
});

test('«appsup daemon stop» without a supervisor still counts as a wish', async (t) => {
  const home = await homeWith(t);
  const {code, stdout} = await home.appsup('daemon', 'stop');
  t.deepEqual([code, stdout], [0, 'no supervisor was running\n']);
  t.regex((await home.appsup('status')).stderr, /it was sent away with "appsup daemon stop"/);
});

test('«appsup version» names both', async (t) => {
  const home = await homeWith(t, {info: async () => infoOf({version: '9.9.9'})});
  t.regex((await home.appsup('version')).stdout, /^appsup \d+\.\d+\.\d+, supervisor 9\.9\.9$/m);
});
