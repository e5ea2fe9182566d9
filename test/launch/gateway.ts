import path from 'node:path';

import test from 'ava';

import {gateway} from '../../src/launch/gateway.ts';
import {startOf} from '../helpers/launch-start.ts';

test('gateway() is this node with its own file, the held socket and a private one, and ends before it is killed', (t) => {
  const start = startOf({kind: 'gateway'}, {app: {mount: '/~alice'}, program: {stopMs: 20_000}});
  const {argv, ...rest} = gateway(start);
  const [node, file, ...options] = argv;
  t.deepEqual([node, path.basename(file ?? '')], [process.execPath, 'gateway.cjs']);
  t.deepEqual(options, [
    `--routes=${start.context.paths.routes}`,
    '--mount=/~alice',
    '--grace=18000',
    '--private',
  ]);
  t.deepEqual(rest, {sockets: ['held', 'private'], listenFds: false, warnings: []});
});
