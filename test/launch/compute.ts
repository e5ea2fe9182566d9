import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {ProgramSpec} from '../../src/core/program-spec.ts';
import {computeValues} from '../../src/launch/compute.ts';
import {systemProc} from '../../src/system/proc.ts';
import {layOut, startOf, temporaryHome, told} from '../helpers/launch-start.ts';
import {waitUntil} from '../helpers/wait.ts';

type Commands = Readonly<Record<string, readonly string[]>>;

const ENV = {PATH: '/usr/bin:/bin', TOKEN: 'hunter2hunter2', HOME: '/nowhere'};

async function values(
  t: ExecutionContext,
  computed: Commands,
  {home = temporaryHome(t), program = {}}: {home?: string; program?: Partial<ProgramSpec>} = {},
) {
  const start = startOf({kind: 'command', argv: ['true']}, {home, app: {computed}, program});
  return await computeValues(start, {env: ENV, secrets: [ENV.TOKEN]}, undefined);
}

async function refusal(t: ExecutionContext, argv: readonly string[]) {
  const home = temporaryHome(t);
  const error: unknown = await values(t, {HASH: argv}, {home}).catch((reason: unknown) => reason);
  return told(error).map((text) => text?.replaceAll(home, '/HOME'));
}

const sh = (script: string): readonly string[] => ['sh', '-c', script];

test('computeValues() is what a command prints, without line ends at the end, as $(...) of a shell', async (t) => {
  const printed = {
    PLAIN: ['echo', 'ba77c61'],
    LINES: sh(`printf 'a\\nb \\n\\n'`),
    WIDE: ['printf', 'ü ☃'],
    NONE: ['true'],
    ERRORS: sh('echo noise >&2; echo value'),
  };
  t.deepEqual(await values(t, printed), {
    PLAIN: 'ba77c61',
    LINES: 'a\nb ',
    WIDE: 'ü ☃',
    NONE: '',
    ERRORS: 'value',
  });
});

test("computeValues() runs in the app's directory and environment, with no input and no shell", async (t) => {
  const home = temporaryHome(t);
  layOut(home, {'bin/version': ['#!/bin/sh\necho 1.2\n', 0o755]});
  const asked = {
    HERE: ['pwd'],
    SAID: sh('echo "$HOME"'),
    INPUT: ['cat'],
    WORDS: ['echo', '$HOME', '|', 'x'],
    SCRIPT: ['bin/version'],
  };
  t.deepEqual(await values(t, asked, {home}), {
    HERE: home,
    SAID: '/nowhere',
    INPUT: '',
    WORDS: '$HOME | x',
    SCRIPT: '1.2',
  });
});

test('computeValues() does not ask for what the program sets by itself', async (t) => {
  const home = temporaryHome(t);
  const program = {env: {HASH: 'fixed'}};
  t.deepEqual(await values(t, {HASH: ['touch', 'asked']}, {home, program}), {});
  t.false(existsSync(path.join(home, 'asked')));
});

for (const [what, argv, problem] of [
  ['fails', sh('echo "fatal: not a repository" >&2; exit 128'), 'it ended with 128: fatal: not a repository'],
  ['fails and says so on its output', sh('echo sorry; exit 1'), 'it ended with 1: sorry'],
  ['is killed', sh('kill -9 $$'), 'it ended with SIGKILL'],
  ['is not there', ['gti', 'rev-parse'], 'it cannot be run (ENOENT)'],
  ['prints no text', sh(`printf 'a\\0b'`), 'it printed a zero byte'],
  ['floods', ['yes'], 'it printed more than 64 KiB'],
  ['says a secret', sh('echo "bad $TOKEN" >&2; exit 1'), 'it ended with 1: bad ***'],
] as const) {
  test(`computeValues() refuses the start when the command ${what}, with the name of the variable`, async (t) => {
    const [code, message] = await refusal(t, argv);
    t.is(code, 'NO_VALUE');
    t.is(message, `Cannot start "tasks:web": HASH has no value, its command failed in ~: ${problem}`);
  });
}

test('computeValues() says which line to try', async (t) => {
  const [, , hint] = await refusal(t, ['sh', '-c', 'exit 1']);
  t.is(hint, `try it: cd ~ && sh -c 'exit 1'; or correct env: appsup edit tasks`);
});

test('computeValues() ends a command that hangs, with all that it started', async (t) => {
  const home = temporaryHome(t);
  const script = 'sleep 600 & echo $! >child; echo waiting >&2; wait';
  const error: unknown = await values(t, {HASH: sh(script)}, {home}).catch((reason: unknown) => reason);
  t.true(told(error)[1].endsWith('it did not end within 10 s: waiting'), told(error)[1]);
  const child = Number(readFileSync(path.join(home, 'child'), 'utf8'));
  await waitUntil('sleep has ended', () => ['Z', undefined].includes(systemProc.stat(child)?.state));
  t.pass();
});

test('computeValues() gives the hash of the commit that is checked out', async (t) => {
  const home = temporaryHome(t);
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: home,
      encoding: 'utf8',
    });
  git('init', '-q');
  git('commit', '-q', '--allow-empty', '-m', 'one');
  const HASH = ['git', 'rev-parse', '--short', 'HEAD'];
  t.deepEqual(await values(t, {HASH}, {home}), {HASH: git('rev-parse', '--short', 'HEAD').trim()});
});
