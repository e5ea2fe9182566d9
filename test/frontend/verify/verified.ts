import {writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {keepVerified, keptVerified} from '../../../src/frontend/verify/verified.ts';
import {temporaryDirectory} from '../../helpers/fake-supervisor.ts';

test('keptVerified() is what was kept for the same need', (t) => {
  const paths = {verified: path.join(temporaryDirectory(t), 'verified')};
  const wanted = {
    mount: '/tasks',
    prefix: 'keep',
    upstream: {protocol: 'http', kind: 'tcp', port: 20_140},
    statics: [],
    bodyLimitMb: 100,
    timeoutS: 300,
  } as const;
  const result = {at: 1000, url: 'https://eco/tasks/', ok: 14, notOk: 1};
  t.is(keptVerified(paths, 'tasks', wanted), undefined);
  keepVerified(paths, 'tasks', result, wanted);
  t.like(keptVerified(paths, 'tasks', wanted), result);
  t.is(keptVerified(paths, 'tasks', {...wanted, mount: '/other'}), undefined);
  for (const garbage of ['', '{', 'null', '{"version":1}']) {
    writeFileSync(path.join(paths.verified, 'tasks.json'), garbage);
    t.is(keptVerified(paths, 'tasks', wanted), undefined, garbage);
  }
});
