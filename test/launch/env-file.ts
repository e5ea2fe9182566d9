import {execFileSync} from 'node:child_process';
import {chmodSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {readEnvFile} from '../../src/launch/env-file.ts';
import {complaint, temporaryHome} from '../helpers/launch-start.ts';

const uid = process.getuid?.() ?? 0;

test('readEnvFile() takes a file that only its owner can read, also through a link', (t) => {
  const home = temporaryHome(t);
  writeFileSync(path.join(home, 'real'), 'A=1\n', {mode: 0o600});
  symlinkSync('real', path.join(home, '.env'));
  t.deepEqual([...readEnvFile(path.join(home, '.env'), {home, uid}).values], [['A', '1']]);
});

for (const [mode, verb] of [
  [0o644, 'read'],
  [0o640, 'read'],
  [0o604, 'read'],
  [0o620, 'write'],
  [0o602, 'write'],
  [0o601, 'run'],
] as const) {
  test(`readEnvFile() refuses mode ${mode.toString(8)} with the command to type`, (t) => {
    const home = temporaryHome(t);
    const file = path.join(home, 'thesis.env');
    writeFileSync(file, 'A=1\n');
    chmodSync(file, mode);
    t.deepEqual(
      complaint(() => readEnvFile(file, {home, uid})),
      [
        'ENV_FILE',
        `Cannot use ~/thesis.env: other users of this host can ${verb} it (mode 0${mode.toString(8)})`,
        'chmod 600 ~/thesis.env',
      ],
    );
  });
}

test('readEnvFile() refuses the target of a link that others can read', (t) => {
  const home = temporaryHome(t);
  writeFileSync(path.join(home, 'real'), 'A=1\n', {mode: 0o644});
  symlinkSync('real', path.join(home, '.env'));
  t.is(complaint(() => readEnvFile(path.join(home, '.env'), {home, uid}))[2], 'chmod 600 ~/.env');
});

test("readEnvFile() refuses another user's file", (t) => {
  const home = temporaryHome(t);
  const file = path.join(home, '.env');
  writeFileSync(file, 'A=1\n', {mode: 0o600});
  t.is(
    complaint(() => readEnvFile(file, {home, uid: uid + 1}))[1],
    `Cannot use ~/.env: it belongs to uid ${uid}`,
  );
});

test('readEnvFile() names file and line of a mistake, and quotes a name with blanks for the shell', (t) => {
  const home = temporaryHome(t);
  const file = path.join(home, 'my env');
  writeFileSync(file, 'A=1\nhunter2\n', {mode: 0o600});
  t.is(complaint(() => readEnvFile(file, {home, uid}))[1], 'Cannot use ~/my env: line 2: there is no "="');
  chmodSync(file, 0o644);
  t.is(complaint(() => readEnvFile(file, {home, uid}))[2], `chmod 600 '${file}'`);
});

test('readEnvFile() refuses what is no file, without waiting for it', (t) => {
  const home = temporaryHome(t);
  execFileSync('mkfifo', ['-m', '600', path.join(home, 'pipe')]);
  t.is(
    complaint(() => readEnvFile(path.join(home, 'pipe'), {home, uid}))[1],
    'Cannot use ~/pipe: it is not a file',
  );
  t.is(complaint(() => readEnvFile(home, {home, uid}))[1], 'Cannot use ~: it is not a file');
  t.is(
    complaint(() => readEnvFile(path.join(home, 'none'), {home, uid}))[1],
    'Cannot use ~/none: there is no such file',
  );
  writeFileSync(path.join(home, 'latin'), Buffer.from([0x41, 0x3d, 0xe9]), {mode: 0o600});
  t.is(
    complaint(() => readEnvFile(path.join(home, 'latin'), {home, uid}))[1],
    'Cannot use ~/latin: it is not UTF-8 text',
  );
});
