import {symlinkSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {cronKind, judgeCron, lookAtCron} from '../../src/doctor/cron.ts';
import type {CronFacts} from '../../src/doctor/cron.ts';
import {troubles} from '../helpers/findings.ts';
import {worldWith} from '../helpers/doctor-world.ts';
import {hostWith} from '../helpers/host-files.ts';

const WELL: CronFacts = {
  refusal: undefined,
  daemon: 'running',
  hidden: false,
  kind: 'Debian',
  hardened: false,
  installed: true,
};
const refusal = (code: 'CRON_MISSING' | 'CRON_DENIED' | 'CRON_FAILED') => ({
  code,
  message: 'no',
  hint: undefined,
});

const TABLE: readonly (readonly [string, Partial<CronFacts>, readonly string[]])[] = [
  ['all is well', {}, []],
  ['there is no crontab(1)', {refusal: refusal('CRON_MISSING'), daemon: 'unknown'}, ['broken cron-missing']],
  ['the account is denied', {refusal: refusal('CRON_DENIED')}, ['broken cron-denied']],
  ['crontab(1) fails', {refusal: refusal('CRON_FAILED')}, ['broken cron-failed']],
  ['nobody reads our block', {daemon: 'unknown'}, ['broken cron-not-running']],
  ['nobody would read it', {daemon: 'unknown', installed: false}, ['warning cron-not-running']],
  ['other processes are hidden', {daemon: 'unknown', hidden: true}, []],
  ['writable code is forbidden', {hardened: true}, ['warning cron-hardened']],
];

for (const [title, facts, expected] of TABLE) {
  test(`judgeCron() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeCron({...WELL, ...facts})), expected);
  });
}

test('cronKind() tells implementations by what they bring along', (t) => {
  const host = (files: readonly string[], link?: string) => {
    const root = hostWith(t, Object.fromEntries(files.map((file) => [file, ''])));
    if (link !== undefined) symlinkSync(path.join(root, link), path.join(root, 'usr/sbin/crond'));
    return cronKind(root);
  };
  t.is(host(['usr/sbin/cron']), 'Debian');
  t.is(host(['usr/sbin/crond']), 'cronie');
  t.is(host(['usr/lib/systemd/system-generators/systemd-crontab-generator']), 'systemd-cron');
  t.is(host(['bin/busybox', 'usr/sbin/x'], 'bin/busybox'), 'busybox');
  t.is(host([]), 'unknown');
});

test('lookAtCron() finds the daemon of a host whose service forbids writable code', async (t) => {
  const root = hostWith(t, {
    'proc/70/comm': 'crond\n',
    'usr/sbin/crond': '',
    'usr/lib/systemd/system/crond.service': '[Service]\nMemoryDenyWriteExecute=yes\n',
  });
  t.deepEqual(troubles(await lookAtCron(worldWith(t, {root}))), ['warning cron-hardened']);
});
