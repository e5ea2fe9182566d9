import test from 'ava';

import {removePrivateSocket} from '../../src/supervisor/runner.ts';

test('removePrivateSocket() leaves what it may not remove (a read-only home), and the supervisor lives on', (t) => {
  // Nobody may remove a file of /proc, not even root.
  t.notThrows(() => removePrivateSocket({privateSocket: '/proc/uptime'}));
  t.notThrows(() => removePrivateSocket({privateSocket: '/nowhere/at.all'}));
});
