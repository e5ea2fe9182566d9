import test from 'ava';

import {describeExit} from '../../src/core/exit.ts';

test('describeExit() says how a process ended', (t) => {
  t.is(describeExit({code: 1, signal: undefined}), 'exit 1');
  t.is(describeExit({code: undefined, signal: 'SIGKILL'}), 'killed by SIGKILL');
  t.is(describeExit({code: undefined, signal: undefined}), 'ended (status unknown: it was adopted)');
});
