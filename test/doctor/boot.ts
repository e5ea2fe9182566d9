import test from 'ava';

import {judgeBoot} from '../../src/doctor/boot.ts';
import type {BootFacts} from '../../src/doctor/boot.ts';
import {troubles} from '../helpers/findings.ts';

type Recorded = NonNullable<BootFacts['recorded']>;
const RECORDED: Recorded = {
  node: '/usr/bin/node',
  fares: 'works',
  ours: true,
  appsupd: '/opt/appsupd.cjs',
  appsupdThere: true,
};
const WELL: BootFacts = {
  status: {installed: true, current: true, problem: undefined},
  recorded: RECORDED,
  apps: true,
};
type Code = NonNullable<BootFacts['status']['problem']>['code'];
const not = (code?: Code): Partial<BootFacts> => ({
  status: {installed: false, current: false, problem: code === undefined ? undefined : {code, message: 'no'}},
});
const recorded = (differs: Partial<Recorded>): Partial<BootFacts> => ({recorded: {...RECORDED, ...differs}});

const TABLE: readonly (readonly [string, Partial<BootFacts>, readonly string[]])[] = [
  ['all is well', {}, []],
  ['nothing is installed', {...not(), recorded: undefined}, ['warning boot-not-installed']],
  ['nothing is installed, and there is no app', {...not(), recorded: undefined, apps: false}, []],
  ['cron is denied, which is told elsewhere', not('CRON_DENIED'), []],
  ['the markers are damaged', not('CRONTAB_DAMAGED'), ['broken boot-block-damaged']],
  ['the crontab was cleared', not('NOT_FOUND'), ['broken boot-block-gone']],
  ['the script is gone', {...not('NOT_FOUND'), recorded: undefined}, ['broken boot-script-gone']],
  ['its Node is gone', recorded({fares: 'gone'}), ['broken boot-node-gone']],
  ['its Node is too old', recorded({fares: 'too-old'}), ['broken boot-node-old']],
  ['its Node needs more than cron gives it', recorded({fares: 'fails'}), ['broken boot-node-fails']],
  ['its Node is another one', recorded({ours: false}), ['warning boot-node-other']],
  ['its supervisor is gone', recorded({appsupdThere: false}), ['broken boot-appsupd-gone']],
  [
    'the last boot failed',
    {status: {installed: true, current: true, problem: {code: 'SUPERVISOR_START', message: 'no'}}},
    ['broken boot-failed'],
  ],
  [
    'another version wrote it',
    {status: {installed: true, current: false, problem: {code: 'VERSION_MISMATCH', message: 'no'}}},
    ['warning boot-outdated'],
  ],
];

for (const [title, facts, expected] of TABLE) {
  test(`judgeBoot() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeBoot({...WELL, ...facts})), expected);
  });
}
