import {writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {judgeLogout, lookAtLogout} from '../../src/doctor/logout.ts';
import type {LogoutFacts} from '../../src/doctor/logout.ts';
import type {Answer} from '../../src/doctor/finding.ts';
import {worldWith} from '../helpers/doctor-world.ts';
import {hostWith} from '../helpers/host-files.ts';
import {troubles} from '../helpers/findings.ts';

const KILLED: LogoutFacts = {
  user: 'alice',
  systemd: true,
  killUserProcesses: true,
  excluded: ['root'],
  only: [],
  lingers: false,
  group: '0::/user.slice/user-1007.slice/session-3.scope\n',
};

const TABLE: readonly (readonly [string, Partial<LogoutFacts>, readonly string[]])[] = [
  ['the supervisor belongs to the session', {}, ['broken logout-kills']],
  ['no supervisor runs yet', {group: undefined}, ['warning logout-kills']],
  ['nothing is killed', {killUserProcesses: false}, []],
  ['there is no systemd', {systemd: false}, []],
  ['the user is excluded', {excluded: ['alice']}, []],
  ['only others are meant', {only: ['bob']}, []],
  ['the user is among those who are meant', {only: ['alice']}, ['broken logout-kills']],
  ['cron has started the supervisor', {group: '0::/system.slice/cron.service\n'}, []],
  [
    'it is a scope of the user manager',
    {group: '0::/user.slice/user-1007.slice/user@1007.service/app.slice/run-1.scope\n'},
    [],
  ],
];

for (const [title, facts, expected] of TABLE) {
  test(`judgeLogout() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeLogout({...KILLED, ...facts})), expected);
  });
}

test('judgeLogout() asks to linger only who does not yet', (t) => {
  t.regex(judgeLogout(KILLED)[0]?.hint ?? '', /^loginctl enable-linger; /);
  t.notRegex(judgeLogout({...KILLED, lingers: true})[0]?.hint ?? '', /linger/);
});

test('lookAtLogout() takes the last word of logind.conf and its drop-ins', async (t) => {
  const files = {
    'run/systemd/system/x': '',
    'etc/systemd/logind.conf': '[Login]\n#KillUserProcesses=no\nKillUserProcesses=no\n',
    'usr/lib/systemd/logind.conf.d/10-site.conf': '[Login]\nKillUserProcesses=no\n',
    'etc/systemd/logind.conf.d/50-kill.conf': '[Login]\nKillUserProcesses = yes\n',
  };
  const root = hostWith(t, files);
  const look = async (): Promise<readonly Answer[]> => await lookAtLogout(worldWith(t, {root}));
  t.deepEqual(troubles(await look()), ['warning logout-kills']);

  writeFileSync(
    path.join(root, 'etc/systemd/logind.conf.d/90-spare.conf'),
    '[Login]\nKillExcludeUsers=root alice\n',
  );
  t.deepEqual(troubles(await look()), []);
});
