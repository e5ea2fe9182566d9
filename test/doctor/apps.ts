import test from 'ava';

import {judgeApp} from '../../src/doctor/apps.ts';
import {troubles} from '../helpers/findings.ts';

const refusal = (code: 'NO_INTERPRETER' | 'ENV_FILE' | 'NOT_FOUND' | 'CONFIG', hint = code) => ({
  ...{code, hint},
  message: `Cannot start "tasks": ${code}`,
});

const TABLE: readonly (readonly [string, Parameters<typeof judgeApp>[1], readonly string[]])[] = [
  ['all is well', {mistakes: [], refusals: []}, []],
  ['its file has mistakes', {mistakes: ['a', 'b'], refusals: []}, ['broken app-file']],
  ['its venv is broken', {mistakes: [], refusals: [refusal('NO_INTERPRETER')]}, ['broken app-python']],
  ['its env file is open', {mistakes: [], refusals: [refusal('ENV_FILE')]}, ['broken app-env-file']],
  ['gunicorn is not there', {mistakes: [], refusals: [refusal('NOT_FOUND')]}, ['broken app-program']],
  ['a setting cannot be', {mistakes: [], refusals: [refusal('CONFIG')]}, ['broken app-start']],
  [
    'two programs have one venv',
    {mistakes: [], refusals: [refusal('NO_INTERPRETER'), refusal('NO_INTERPRETER')]},
    ['broken app-python'],
  ],
  [
    'two things are wrong',
    {mistakes: [], refusals: [refusal('ENV_FILE'), refusal('NO_INTERPRETER')]},
    ['broken app-env-file', 'broken app-python'],
  ],
];

for (const [title, facts, expected] of TABLE) {
  test(`judgeApp() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeApp('tasks', facts)), expected);
  });
}
