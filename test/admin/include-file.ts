import test from 'ava';

import {blockAt, blockOf, includeFile, requestsOf} from '../../src/admin/include-file.ts';
import type {Block} from '../../src/admin/include-file.ts';
import type {PublishedRequest} from '../../src/frontend/request.ts';

const request = (app: string): PublishedRequest => ({
  version: 1,
  user: 'alice',
  host: 'eco',
  app,
  mount: `/alice_${app}`,
  prefix: 'keep',
  upstream: {protocol: 'http', kind: 'tcp', port: 20_140},
  statics: [],
  bodyLimitMb: 100,
  timeoutS: 300,
  date: '2026-11-20',
  front: 'apache',
  text: 'ProxyPass "/" "http://evil/"\n',
});

const good = (app: string, server: 'apache' | 'nginx') => {
  const block: Block = blockOf(request(app), {server, home: '/home/alice', httpdVersion: undefined});
  if (!block.ok) throw new Error(block.problem);
  return block;
};

for (const server of ['apache', 'nginx'] as const) {
  test(`includeFile() has an index, and a marked block of ${server}’s for each app`, (t) => {
    const blocks = [good('one', server), good('two', server)];
    const text = includeFile(blocks, 'eco');
    t.true(
      text.startsWith(`# What the users of eco ask for, taken by "appsup admin collect".
# The next run writes it anew: do not edit it. User, app, mount and date of each:
#
#   alice one /alice_one 2026-11-20
#   alice two /alice_two 2026-11-20

# >>> appsup alice one (2026-11-20) >>>
`),
      text,
    );
    // What the user was shown is for the user.
    t.false(text.includes('evil'));
    t.deepEqual(
      requestsOf(text),
      ['one', 'two'].map((app) => {
        const {text: _, ...rest} = request(app);
        return rest;
      }),
    );
  });

  test(`blockAt() finds the app of a line of ${server}’s`, (t) => {
    const blocks = [good('one', server), good('two', server)];
    const text = includeFile(blocks, 'eco');
    const at = (needle: string) => text.split('\n').findIndex((line) => line.includes(needle)) + 1;
    t.is(blockAt(blocks, text, at('>>> appsup alice one')), blocks[0]);
    t.is(blockAt(blocks, text, at('<<< appsup alice one')), blocks[0]);
    t.is(blockAt(blocks, text, at('>>> appsup alice two') + 2), blocks[1]);
    t.is(blockAt(blocks, text, 1), undefined);
  });
}

test('blockOf() leaves a .htaccess to its owner', (t) => {
  const block = blockOf(
    {...request('one'), front: 'htaccess'},
    {server: 'apache', home: undefined, httpdVersion: undefined},
  );
  t.like(block, {ok: false, problem: 'it is for a .htaccess file of their own'});
});

test('requestsOf() finds none in what others wrote', (t) => {
  for (const text of ['', '# {"version":1}\n', '# {"version":\n', 'ProxyPass "/" "http://x/"\n'])
    t.deepEqual(requestsOf(text), []);
});
