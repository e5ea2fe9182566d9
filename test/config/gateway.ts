import test from 'ava';

import {appFileText} from '../../src/config/write.ts';
import {advice, specOf, web} from '../helpers/read-app.ts';

test('a gateway is a program that serves, on a socket of the supervisor’s', (t) => {
  const {programs, prefix, mount} = specOf(`mount = "/~alice"\n${web('gateway = true')}`);
  t.like(programs[0], {launch: {kind: 'gateway'}, listen: 'socket', overlap: true, reloadSignal: undefined});
  t.deepEqual([mount, prefix], ['/~alice', 'keep']);
});

test('what makes no sense for a gateway is said', (t) => {
  const rows = [
    [web('gateway = false'), '3:11 Expected "gateway" to be true: got false'],
    [web('gateway = true', 'workers = 2'), '"workers" means nothing to "gateway"'],
    [web('gateway = true', 'command = "x"'), '"web" has both'],
    [
      web('gateway = true', 'listen = "port"'),
      '"web" is a gateway, and takes its socket from the supervisor',
    ],
    [
      `prefix = "strip"\n${web('gateway = true')}`,
      '"web" is a gateway, and tells the apps apart by their whole mounts',
    ],
  ] as const;
  for (const [text, finding] of rows)
    t.true(advice(text).join('\n').includes(finding), `${text}\n${advice(text).join('\n')}`);
});

test('appFileText() of a gateway reads back as one', (t) => {
  const choice = {
    directory: '/home/alice',
    mount: '/~alice',
    programs: [{name: 'gateway', launch: {kind: 'gateway'}}],
  } as const;
  const spec = specOf(appFileText(choice, {home: '/home/alice'}));
  t.deepEqual(spec.programs[0]?.launch, {kind: 'gateway'});
  t.is(spec.mount, '/~alice');
});
