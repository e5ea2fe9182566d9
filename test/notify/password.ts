import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {readPassword} from '../../src/notify/password.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';

function fileWith(t: ExecutionContext, text: string, mode = 0o600): string {
  const file = path.join(temporaryDirectory(t), 'password');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

test('readPassword() is the first line, blanks included', (t) => {
  t.is(readPassword(fileWith(t, ' open sesame \r\nnotes\n')), ' open sesame ');
});

for (const mode of [0o640, 0o604, 0o620]) {
  test(`readPassword() refuses mode ${mode.toString(8)}, and says how to mend it`, (t) => {
    const file = fileWith(t, 'x\n', mode);
    const error = t.throws(() => readPassword(file), {code: 'UNSAFE_MODE'});
    t.like(error, {hint: `chmod 600 ${file}`});
  });
}

test('readPassword() says what is wrong with a file that has none', (t) => {
  const file = fileWith(t, '\n');
  t.throws(() => readPassword(file), {code: 'NOT_FOUND', message: /its first line is empty/});
  t.throws(() => readPassword(`${file}.not`), {code: 'NOT_FOUND', message: /there is no such file/});
  mkdirSync(`${file}.d`, {mode: 0o700});
  t.throws(() => readPassword(`${file}.d`), {code: 'NOT_FOUND', message: /it is no file with a password/});
});
