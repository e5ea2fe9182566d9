import {spawn} from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {systemLogFiles} from '../../src/system/log-files.ts';
import {canCollapse, logDirectory} from '../helpers/numbered-log.ts';
import {waitUntil} from '../helpers/wait.ts';

const TOKEN = '0123456789abcdef0123456789abcdef';

function temporary(t: ExecutionContext, directory = mkdtempSync(path.join(tmpdir(), 'appsup-'))): string {
  t.teardown(() => rmSync(directory, {recursive: true}));
  return directory;
}

/** A program that has `file` open, and does nothing. */
function holderOf(t: ExecutionContext, file: string, flags: string): number {
  const fd = openSync(file, flags);
  const child = spawn('sleep', ['600'], {stdio: ['ignore', fd, 'ignore']});
  closeSync(fd);
  t.teardown(() => child.kill('SIGKILL'));
  return child.pid ?? 0;
}

test('collapse() cuts the head that carries the token, and no other', async (t) => {
  const file = path.join(temporary(t, logDirectory('disk')), 'web.log');
  writeFileSync(file, `${TOKEN}${'x'.repeat(4064)}the rest`);
  if (!canCollapse(path.dirname(file))) {
    t.is(await systemLogFiles.collapse(file, 4096, TOKEN), 'refused');
    return;
  }
  t.is(await systemLogFiles.collapse(file, 4096, TOKEN), 'done');
  t.is(readFileSync(file, 'latin1'), 'the rest');
  t.is(await systemLogFiles.collapse(file, 4096, TOKEN), 'done');
  t.is(readFileSync(file, 'latin1'), 'the rest');
});

test('collapse() is refused by a file system that cannot, and changes nothing', async (t) => {
  const file = path.join(temporary(t, logDirectory('memory')), 'web.log');
  const text = `${TOKEN}${'x'.repeat(8192)}`;
  writeFileSync(file, text);
  t.is(await systemLogFiles.collapse(file, 4096, TOKEN), 'refused');
  t.is(readFileSync(file, 'latin1'), text);
});

test('writers() finds who has a file open for writing, also when it was deleted, and no reader', (t) => {
  const file = path.join(temporary(t), 'web.log');
  const writer = holderOf(t, file, 'a');
  const reader = holderOf(t, file, 'r');
  t.deepEqual(systemLogFiles.writers(file), [writer]);
  t.not(reader, writer);
  unlinkSync(file);
  t.deepEqual(systemLogFiles.writers(file), [writer]);
  t.deepEqual(systemLogFiles.writers(`${file}.other`), []);
});

test('isStopped() is true of a stopped process and of one that is gone', async (t) => {
  const child = spawn('sleep', ['600'], {stdio: 'ignore'});
  const pid = child.pid ?? 0;
  t.teardown(() => child.kill('SIGKILL'));
  t.false(systemLogFiles.isStopped(pid));
  child.kill('SIGSTOP');
  await waitUntil('it is stopped', () => systemLogFiles.isStopped(pid));
  child.kill('SIGKILL');
  await waitUntil('it is gone', () => child.signalCode !== null);
  t.true(systemLogFiles.isStopped(pid));
});

test('a guard holds the record open for as long as it lives', async (t) => {
  const record = path.join(temporary(t), 'web.log.stopped');
  writeFileSync(record, '');
  const guard = systemLogFiles.guard([process.pid], record);
  t.is(systemLogFiles.writers(record).length, 1);
  guard.release();
  await waitUntil('it ends', () => systemLogFiles.writers(record).length === 0);
});

test('watch() says the name of what is written, and is undefined where there is nothing to watch', async (t) => {
  const directory = temporary(t);
  const names: (string | undefined)[] = [];
  const watch = systemLogFiles.watch(directory, (name) => names.push(name));
  writeFileSync(path.join(directory, 'web.log'), 'a line\n');
  await waitUntil('an event', () => names.length > 0);
  watch?.close();
  t.is(names[0], 'web.log');
  t.is(
    systemLogFiles.watch(path.join(directory, 'none'), () => undefined),
    undefined,
  );
  t.false(existsSync(path.join(directory, 'none')));
});
