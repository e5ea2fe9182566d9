import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {judgeFiles, lookAtFiles} from '../../src/doctor/files.ts';
import type {FileFacts, Place} from '../../src/doctor/files.ts';
import {worldWith} from '../helpers/doctor-world.ts';
import {hostWith} from '../helpers/host-files.ts';
import {troubles} from '../helpers/findings.ts';

const LOCAL = {point: '/', type: 'ext4', options: new Set(['rw', 'relatime'])};
const place = (mode: number, differs: Partial<Place> = {}, uid = 1007): Place => ({
  path: '/home/alice',
  stat: {uid, gid: 1007, mode: 0o40000 | mode},
  mount: LOCAL,
  ...differs,
});
const on = (type: string, ...options: readonly string[]) => ({
  mount: {point: '/home', type, options: new Set(options)},
});
const WELL: FileFacts = {
  home: place(0o755),
  config: place(0o700),
  state: place(0o710),
  uid: 1007,
  gid: 1007,
  umask: 0o022,
};

const TABLE: readonly (readonly [string, Partial<FileFacts>, readonly string[]])[] = [
  ['all is well', {}, []],
  ['nothing was made yet', {config: place(0, {stat: undefined}), state: place(0, {stat: undefined})}, []],
  ['the home is not mounted', {home: place(0, {stat: undefined})}, ['broken home-gone']],
  ["the home is somebody else's", {home: place(0o755, {}, 1008)}, ['broken home-foreign']],
  ['everybody can write the home', {home: place(0o777)}, ['broken home-writable']],
  ['the own group can write the home', {home: place(0o775)}, []],
  [
    'a shared group can write the home',
    {home: place(0o775, {stat: {uid: 1007, gid: 100, mode: 0o40775}}), gid: 100},
    ['broken home-writable'],
  ],
  ['the state is open', {state: place(0o755)}, ['broken state-open']],
  ["the state is somebody else's", {state: place(0o700, {}, 0)}, ['broken state-foreign']],
  ['everybody can write the settings', {config: place(0o777)}, ['broken config-writable']],
  ['the state is read-only', {state: place(0o700, on('ext4', 'ro'))}, ['broken state-read-only']],
  ['programs may not run there', {state: place(0o700, on('ext4', 'rw', 'noexec'))}, ['broken state-noexec']],
  ['the state is on NFS', {state: place(0o700, on('nfs4', 'rw'))}, ['warning state-network']],
  ['the home is on NFS, the state is not', {home: place(0o700, on('nfs4', 'rw', 'sec=sys'))}, []],
  ['the home wants a ticket', {home: place(0o700, on('nfs4', 'rw', 'sec=krb5p'))}, ['warning home-locked']],
  ['the home is in AFS', {home: place(0o700, on('afs'))}, ['warning home-locked']],
  ['the home is encrypted', {home: place(0o700, on('ecryptfs'))}, ['warning home-locked']],
  ['the umask keeps nobody out', {umask: 0}, ['warning umask-open']],
  ['the umask is for a private group', {umask: 0o002}, []],
];

for (const [title, facts, expected] of TABLE) {
  test(`judgeFiles() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeFiles({...WELL, ...facts})), expected);
  });
}

test('lookAtFiles() reads from the kernel’s list that the home is on NFS with Kerberos', (t) => {
  const root = hostWith(t, {});
  const world = worldWith(t, {root});
  const {home} = world.paths;
  mkdirSync(path.join(root, 'proc/self'), {recursive: true});
  const lines = [
    '21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    `40 21 0:40 / ${home} rw,nosuid shared:20 - nfs4 files:/home rw,vers=4.2,sec=krb5`,
  ];
  writeFileSync(path.join(root, 'proc/self/mountinfo'), `${lines.join('\n')}\n`);
  const answers = lookAtFiles(world);
  t.deepEqual(troubles(answers as Awaited<typeof answers>), ['warning state-network', 'warning home-locked']);
});
