import test from 'ava';

import {judgeDisk, judgeQuota} from '../../src/doctor/disk.ts';
import type {Disk} from '../../src/doctor/disk.ts';
import {troubles} from '../helpers/findings.ts';

const WELL: Disk = {directory: '/home', freeBytes: 9e9, bytes: 1e11, freeFiles: 1e6, files: 1e7};

const TABLE: readonly (readonly [string, Partial<Disk>, readonly string[]])[] = [
  ['there is room', {}, []],
  ['there is none', {freeBytes: 4096}, ['broken disk-full']],
  ['there is little', {freeBytes: 1e8}, ['warning disk-low']],
  ['it takes no further file', {freeFiles: 0}, ['broken inodes-full']],
  ['it takes few files', {freeFiles: 12}, ['warning inodes-low']],
  ['it does not count files', {freeFiles: 0, files: 0}, []],
];

for (const [title, facts, expected] of TABLE) {
  test(`judgeDisk() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeDisk({...WELL, ...facts})), expected);
  });
}

const HEAD = `Disk quotas for user alice (uid 1007):
     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace
`;
const QUOTAS: readonly (readonly [string, string | undefined, readonly string[]])[] = [
  ['there is no quota(1)', undefined, []],
  ['there is no quota', 'Disk quotas for user alice (uid 1007): none\n', []],
  ['there is room', `${HEAD} /dev/sda1 1000 900000 1100000 0 812 0 0 0\n`, []],
  ['it is nearly used up', `${HEAD} /dev/sda1 1090000 1099000 1100000 0 812 0 0 0\n`, ['warning quota-low']],
  [
    'it is exceeded',
    `${HEAD} /dev/sda1 1048000* 900000 1100000 1764000000 812 0 0 0\n`,
    ['warning quota-low'],
  ],
  ['it is used up', `${HEAD} files:/home 1100000* 900000 1100000 6days 812 0 0 0\n`, ['broken quota-full']],
  ['files are used up', `${HEAD} /dev/sda1 10 0 0 0 5000* 4000 5000 6days\n`, ['broken quota-full']],
];

for (const [title, output, expected] of QUOTAS) {
  test(`judgeQuota() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeQuota(output)), expected);
  });
}
