import test from 'ava';

import {judgePorts} from '../../src/doctor/ports.ts';
import type {PortFacts} from '../../src/doctor/ports.ts';
import type {Listener} from '../../src/system/proc-net.ts';
import {troubles} from '../helpers/findings.ts';

const ME = 424_242;
const SOMEBODY = 434_343;
const at = (address: string, port: number, uid: number): Listener => ({
  ...{address, port, uid, inode: 1},
  family: address.includes(':') ? 6 : 4,
});
const WELL: PortFacts = {
  range: {range: {first: 20_140, last: 20_159}, source: 'default', warnings: []},
  leased: [{app: 'tasks', port: 20_140, fixed: false}],
  listeners: [at('127.0.0.1', 20_140, ME), at('0.0.0.0', 22, 0)],
  uid: ME,
};
const also = (...more: readonly Listener[]) => ({listeners: [...WELL.listeners, ...more]});

const TABLE: readonly (readonly [string, Partial<PortFacts>, readonly string[]])[] = [
  ['all is well', {}, []],
  ['nobody listens', {listeners: []}, []],
  ['somebody has a leased port', {listeners: [at('127.0.0.1', 20_140, SOMEBODY)]}, ['broken port-taken']],
  ['somebody has it on all addresses', {listeners: [at('::', 20_140, SOMEBODY)]}, ['broken port-taken']],
  ['somebody squats on [::1]', also(at('::1', 20_140, SOMEBODY)), ['warning port-squatter']],
  ['we listen on [::1] as well', also(at('::1', 20_140, ME)), []],
  ['somebody listens in the range', also(at('127.0.0.1', 20_150, SOMEBODY)), ['warning ports-foreign']],
  [
    'the kernel gives its ports away',
    {range: {...WELL.range, warnings: ['The kernel may give ports: ask the administrators']}},
    ['warning ports-ephemeral'],
  ],
];

for (const [title, facts, expected] of TABLE) {
  test(`judgePorts() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgePorts({...WELL, ...facts})), expected);
  });
}

test('judgePorts() offers another port where the lease is ours to move, and the file where it is fixed', (t) => {
  const taken = {listeners: [at('0.0.0.0', 20_140, SOMEBODY)]};
  const [moved] = judgePorts({...WELL, ...taken});
  t.regex(moved?.hint ?? '', /appsup ports move tasks/);
  const [fixed] = judgePorts({...WELL, ...taken, leased: [{app: 'tasks', port: 20_140, fixed: true}]});
  t.regex(fixed?.hint ?? '', /change port = 20140 \(appsup edit tasks\)/);
});
