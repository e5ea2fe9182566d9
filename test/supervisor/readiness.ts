import {appendFileSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import type {watch} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {askCommand, lineInLog} from '../../src/supervisor/readiness.ts';

const EXHAUSTED = (() => {
  throw Object.assign(new Error('EMFILE: too many open files, watch'), {code: 'EMFILE'});
}) as unknown as typeof watch;

function logOf(t: ExecutionContext, text: string): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'ready-'));
  t.teardown(() => rmSync(directory, {recursive: true}));
  const file = path.join(directory, 'web.log');
  writeFileSync(file, text);
  return file;
}

for (const [name, watching] of [
  ['the kernel tells of changes', undefined],
  ['no inotify instance is left', EXHAUSTED],
] as const) {
  test(`lineInLog() finds the line that comes later: ${name}`, async (t) => {
    const file = logOf(t, 'ready\n');
    const {signal} = new AbortController();
    const found = lineInLog(file, 6, /^ready$/, signal, watching);
    appendFileSync(file, 'warming up\nre');
    appendFileSync(file, 'ady\n');
    await found;
    t.pass();
  });

  test(`lineInLog() ends when it is called off: ${name}`, async (t) => {
    const abort = new AbortController();
    const found = lineInLog(logOf(t, ''), 0, /^ready$/, abort.signal, watching);
    abort.abort();
    await t.throwsAsync(found, {message: 'aborted'});
  });
}

test("askCommand() waits for a command that is another user's by now (sudo) and cannot be killed", async (t) => {
  const signals: string[] = [];
  const processes = {signal: (_pid: number, signal: string) => signals.push(signal) === 0};
  const facts = {env: {PATH: '/usr/bin:/bin'}, directory: '/'};
  const options = {timeoutMs: 1, signal: new AbortController().signal, processes};
  const answer = await askCommand(['sleep', '0.5'], facts, options);
  t.deepEqual([answer.up, signals], [true, ['SIGKILL']]);
});
