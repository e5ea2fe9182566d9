import test from 'ava';

import {judgeReach} from '../../src/doctor/reach.ts';
import type {ReachFacts} from '../../src/doctor/reach.ts';
import {troubles} from '../helpers/findings.ts';

const WELL: ReachFacts = {
  unix: ['tasks'],
  webUser: 'www-data',
  refused: undefined,
  ways: [
    {app: 'tasks', what: 'socket', path: '/home/alice/front/tasks.sock', closed: []},
    {app: 'tasks', what: 'static files', path: '/home/alice/dist/x', closed: []},
  ],
};
const closed = (index: number) => ({
  ways: WELL.ways.map((way, at) => (at === index ? {...way, closed: ['/home/alice']} : way)),
});

const TABLE: readonly (readonly [string, Partial<ReachFacts>, readonly string[]])[] = [
  ['all is well', {}, []],
  ['nobody knows the web server’s account', {webUser: undefined}, ['broken web-user-unknown']],
  ['nobody knows it, and no app needs it', {webUser: undefined, unix: []}, []],
  ['the file system has no lists', {refused: 'Operation not supported'}, ['broken acl']],
  ['the home is closed to the socket', closed(0), ['broken socket-unreachable']],
  ['the home is closed to static files', closed(1), ['broken static-unreachable']],
];

for (const [title, facts, expected] of TABLE) {
  test(`judgeReach() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeReach({...WELL, ...facts})), expected);
  });
}

test('judgeReach() lets the web server pass, and nobody else', (t) => {
  const hint = judgeReach({...WELL, ...closed(0)}).find(({level}) => level === 'broken')?.hint;
  t.is(hint, 'let it pass, and nobody else: setfacl -m u:www-data:x /home/alice');
});
