import test from 'ava';

import {judgeLimits, parseLimits} from '../../src/doctor/limits.ts';
import {troubles} from '../helpers/findings.ts';

const NAMES = {
  files: 'Max open files',
  processes: 'Max processes',
  memory: 'Max address space',
  cpu: 'Max cpu time',
  size: 'Max file size',
};

const TABLE: readonly (readonly [string, Partial<Record<keyof typeof NAMES, number>>, readonly string[]])[] =
  [
    ['nothing is limited', {}, []],
    ['the limits are those of a distribution', {files: 1024, processes: 31_000}, []],
    ['few files may be open', {files: 512}, ['warning limit-files']],
    ['hardly any file may be open', {files: 64}, ['broken limit-files']],
    ['few processes are left', {processes: 130}, ['warning limit-processes']],
    ['no process is left', {processes: 101}, ['broken limit-processes']],
    ['address space is limited', {memory: 2e9}, ['broken limit-memory']],
    ['work is limited', {cpu: 600}, ['broken limit-cpu']],
    ['files are limited', {size: 1e6}, ['warning limit-file-size']],
  ];

for (const [title, some, expected] of TABLE) {
  test(`judgeLimits() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    const limits = new Map(
      Object.entries(some).map(([key, value]) => [NAMES[key as keyof typeof NAMES], value]),
    );
    t.deepEqual(troubles(judgeLimits({limits, threads: 100, root: false})), expected);
  });
}

test('judgeLimits() knows that root may have any number of processes', (t) => {
  const limits = new Map([['Max processes', 10]]);
  t.deepEqual(troubles(judgeLimits({limits, threads: 100, root: true})), []);
});

test('parseLimits() reads the soft limits of the kernel’s table', (t) => {
  const text = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max open files            1024                 524288               files     
Max nice priority         0                    0                    
`;
  t.deepEqual(
    [...parseLimits(text)],
    [
      ['Max cpu time', Infinity],
      ['Max open files', 1024],
      ['Max nice priority', 0],
    ],
  );
});
