import {chmodSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {commandEnvironment, tellCommand} from '../../src/notify/command.ts';
import type {Delivery} from '../../src/notify/delivery.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';
import {MESSAGE} from '../helpers/message.ts';
import {alive, until} from '../helpers/rig.ts';

/** Run a shell script as the user's command. */
async function tell(
  t: ExecutionContext,
  script: string,
  timeoutMs = 30_000,
): Promise<{delivery: Delivery; directory: string; read: (name: string) => string}> {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'tell me');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  const env = {PATH: '/usr/bin:/bin'};
  const delivery = await tellCommand(MESSAGE, {argv: [file, 'a b', '$HOME;'], env, directory, timeoutMs});
  return {delivery, directory, read: (name) => readFileSync(path.join(directory, name), 'utf8')};
}

test('tellCommand() gives the message on stdin, the facts in variables, and the words as they are', async (t) => {
  const script = 'cat > stdin; env > env; printf "%s|" "$@" > argv';
  const {delivery, read} = await tell(t, script);
  t.deepEqual(delivery, {ok: true});
  t.is(read('stdin'), MESSAGE.text);
  t.is(read('argv'), 'a b|$HOME;|');
  const env = read('env').split('\n');
  for (const line of [
    'APPSUP_EVENT=fatal',
    'APPSUP_APP=spectral',
    'APPSUP_PROCESS=queue',
    'APPSUP_STATE=fatal',
    'APPSUP_REASON=exit 1: KeyError',
    'APPSUP_AT=2026-11-20T14:02:11.000Z',
    'APPSUP_HOST=eco',
    'APPSUP_HELD=0',
    `APPSUP_SUBJECT=${MESSAGE.subject}`,
    'APPSUP_MISSING=',
  ]) {
    t.true(env.includes(line), line);
  }
  t.false(env.some((line) => line.startsWith('APPSUP_MARK=')));
});

test('tellCommand() says how a command failed, with its last line', async (t) => {
  const {delivery, directory} = await tell(t, 'echo one >&2; echo "no such channel" >&2; exit 3');
  t.deepEqual(delivery, {ok: false, why: `${directory}/tell me ended with 3: no such channel`, again: false});
});

test('tellCommand() takes a command that reads nothing', async (t) => {
  t.deepEqual((await tell(t, 'exec 0<&-; exit 0')).delivery, {ok: true});
});

test('tellCommand() ends a command that hangs, with all that it started', async (t) => {
  const {delivery, read, directory} = await tell(t, 'sleep 600 & echo $! > child; echo $$ > pid; wait', 1500);
  t.deepEqual(delivery, {
    ok: false,
    why: `${directory}/tell me was ended: not done within 1.5 s`,
    again: false,
  });
  const pids = [Number(read('pid')), Number(read('child'))];
  await until(() => !pids.some(alive), 'the end of the command and its child');
  t.pass();
});

test('tellCommand() does not wait for what a command leaves in the background', async (t) => {
  const {delivery, read} = await tell(t, 'sleep 600 & echo $! > child');
  t.deepEqual(delivery, {ok: true});
  const pid = Number(read('child'));
  t.true(alive(pid));
  process.kill(pid);
});

test('tellCommand() says that there is no such command', async (t) => {
  const directory = temporaryDirectory(t);
  const delivery = await tellCommand(MESSAGE, {
    argv: ['no-such-command'],
    env: {PATH: '/nowhere'},
    directory,
  });
  t.false(existsSync('/nowhere'));
  t.deepEqual(delivery, {ok: false, why: 'no-such-command: spawn no-such-command ENOENT', again: false});
});

test('commandEnvironment() keeps the places of appsup, drops its marks, and finds the user’s programs', (t) => {
  const env = {
    HOME: '/h',
    PATH: '/usr/bin',
    LANG: 'C',
    APPSUP_MARK: 'x',
    APPSUP_HANDED_OVER: '',
    APPSUP_STATE_DIR: '/s',
  };
  t.deepEqual(commandEnvironment(env, '/home/alice'), {
    HOME: '/home/alice',
    PATH: '/home/alice/.local/bin:/home/alice/bin:/usr/bin:/usr/sbin:/sbin',
    LANG: 'C',
    APPSUP_STATE_DIR: '/s',
  });
});
