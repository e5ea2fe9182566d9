import test from 'ava';

import {pathsFor, publicSocketPath} from '../../src/system/paths.ts';

test('publicSocketPath() lies in a directory of its own, and refuses what is too long for a socket', (t) => {
  const paths = pathsFor({HOME: '/home/alice', APPSUP_STATE_DIR: '/home/alice/.appsup'});
  t.is(publicSocketPath(paths, 'tasks'), '/home/alice/.appsup/front/tasks.sock');
  const deep = pathsFor({HOME: '/h', APPSUP_STATE_DIR: `/home/${'x'.repeat(60)}`});
  t.throws(() => publicSocketPath(deep, 'a'.repeat(60)), {code: 'PATH_TOO_LONG'});
});
