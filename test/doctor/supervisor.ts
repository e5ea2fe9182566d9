import test from 'ava';

import {judgeSupervisor} from '../../src/doctor/supervisor.ts';
import type {SupervisorFacts} from '../../src/doctor/supervisor.ts';
import {troubles} from '../helpers/findings.ts';

const WELL: SupervisorFacts = {
  info: {version: '1.2.3', pid: 70},
  refusal: undefined,
  owner: {pid: 70, stopped: false},
  asleep: false,
  wanted: ['tasks'],
  version: '1.2.3',
  damaged: [],
};

const TABLE: readonly (readonly [string, Partial<SupervisorFacts>, readonly string[]])[] = [
  ['it answers', {}, []],
  ['it is of another version', {version: '1.3.0'}, ['warning supervisor-old']],
  ['it holds the lock and is silent', {info: undefined, refusal: 'no socket'}, ['broken supervisor-silent']],
  ['it is stopped', {info: undefined, owner: {pid: 70, stopped: true}}, ['broken supervisor-silent']],
  ['it is gone, and apps are wanted', {info: undefined, owner: undefined}, ['broken supervisor-gone']],
  ['it is gone, and nothing is wanted', {info: undefined, owner: undefined, wanted: []}, []],
  ['the user has sent it away', {info: undefined, owner: undefined, asleep: true}, []],
  ['its files are damaged', {damaged: ['ports.json is garbled']}, ['broken state-damaged']],
];

for (const [title, facts, expected] of TABLE) {
  test(`judgeSupervisor() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeSupervisor({...WELL, ...facts})), expected);
  });
}

test('judgeSupervisor() says how a stopped supervisor is woken', (t) => {
  const [first] = judgeSupervisor({...WELL, info: undefined, owner: {pid: 70, stopped: true}});
  t.is(first?.hint, 'kill -CONT 70');
});
