import {statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {changesSince, keepRequest, keptRequest} from '../../src/frontend/kept.ts';
import type {PublishedRequest} from '../../src/frontend/request.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';

const REQUEST: PublishedRequest = {
  version: 1,
  user: 'alice',
  host: 'eco',
  app: 'tasks',
  mount: '/alice_tasks',
  prefix: 'keep',
  upstream: {protocol: 'http', kind: 'tcp', port: 20_140},
  statics: [],
  bodyLimitMb: 100,
  timeoutS: 300,
  date: '2026-11-20',
  front: 'apache',
  text: 'Please',
};

test('keptRequest() is what was kept, in a file of the user alone', (t) => {
  const paths = {requests: path.join(temporaryDirectory(t), 'requests')};
  t.is(keptRequest(paths, 'tasks'), undefined);
  keepRequest(paths, REQUEST);
  t.deepEqual(keptRequest(paths, 'tasks'), REQUEST);
  const file = path.join(paths.requests, 'tasks.json');
  t.deepEqual([statSync(file).mode & 0o777, statSync(paths.requests).mode & 0o777], [0o600, 0o700]);
  writeFileSync(file, '{"version": 1');
  t.is(keptRequest(paths, 'tasks'), undefined);
});

const CHANGES: readonly (readonly [string | undefined, Partial<PublishedRequest>])[] = [
  [undefined, {}],
  [undefined, {date: '2026-12-01', front: 'nginx', text: 'other'}],
  ['port 20140 -> 20141', {upstream: {protocol: 'http', kind: 'tcp', port: 20_141}}],
  [
    'address port 20140 -> socket /home/alice/a.sock',
    {upstream: {protocol: 'http', kind: 'unix', path: '/home/alice/a.sock'}},
  ],
  ['protocol http -> uwsgi', {upstream: {protocol: 'uwsgi', kind: 'tcp', port: 20_140}}],
  ['mount /alice_tasks -> /, prefix keep -> none', {mount: '', prefix: 'none'}],
  ['static files none -> /static = /srv/a', {statics: [{path: '/static', directory: '/srv/a'}]}],
  [
    'page instead of a missing file none -> index.html, paths to the app all -> /api /ws',
    {fallback: 'index.html', passes: ['/api', '/ws']},
  ],
  [
    'maintenance text none -> Back at 5, streaming false -> true',
    {maintenance: 'Back at 5', streaming: true},
  ],
  [undefined, {passes: [], streaming: false}],
  ['largest body 100 MB -> 200 MB, timeout 300 s -> 60 s', {bodyLimitMb: 200, timeoutS: 60}],
];

for (const [words, now] of CHANGES) {
  test(`changesSince() says ${words ?? 'nothing'} for ${JSON.stringify(now)}`, (t) => {
    t.is(changesSince(REQUEST, {...REQUEST, ...now}), words);
  });
}
