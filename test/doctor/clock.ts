import test from 'ava';

import {judgeClock} from '../../src/doctor/clock.ts';
import type {ClockFacts} from '../../src/doctor/clock.ts';
import {troubles} from '../helpers/findings.ts';

const NOW = Date.UTC(2027, 4, 1);
const WELL: ClockFacts = {now: NOW, newest: {file: '/s/seen', at: NOW - 1000}, skewMs: 2, synchronized: true};

const TABLE: readonly (readonly [string, Partial<ClockFacts>, readonly string[]])[] = [
  ['all is well', {}, []],
  ['nobody says anything', {newest: undefined, skewMs: undefined, synchronized: undefined}, []],
  ['it has the year of a dead battery', {now: Date.UTC(1980, 0, 1)}, ['broken clock-wrong']],
  ['it was set back', {newest: {file: '/s/seen', at: NOW + 3_600_000}}, ['warning clock-back']],
  ['the file server is ahead', {skewMs: 90_000}, ['warning clock-skew']],
  ['the file server is behind', {skewMs: -90_000}, ['warning clock-skew']],
  ['nobody keeps it', {synchronized: false}, ['warning clock-adrift']],
];

for (const [title, facts, expected] of TABLE) {
  test(`judgeClock() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeClock({...WELL, ...facts})), expected);
  });
}
