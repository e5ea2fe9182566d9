import test from 'ava';

import {judgePrograms} from '../../src/doctor/programs.ts';
import {troubles} from '../helpers/findings.ts';

const ALL = ['flock', 'python3'];
const TABLE: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['all is well', '20.19.0', ALL, []],
  ['Node is newer', '24.0.1', ALL, []],
  ['Node is too old', '18.20.4', ALL, ['broken node-old']],
  ['Node is a little too old', '20.18.3', ALL, ['broken node-old']],
  ['there is no flock', '22.1.0', ['python3'], ['broken flock-missing']],
  ['there is no python3', '22.1.0', ['flock'], ['warning python3-missing']],
];

for (const [title, node, there, expected] of TABLE) {
  test(`judgePrograms() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgePrograms({node, there: new Set(there)})), expected);
  });
}
