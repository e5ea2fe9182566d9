import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {Launch} from '../../src/core/program-spec.ts';
import {command} from '../../src/launch/command.ts';
import type {Interpreter} from '../../src/launch/interpreter.ts';
import type {Layout} from '../helpers/launch-start.ts';
import {complaint, layOut, startOf, temporaryHome} from '../helpers/launch-start.ts';

const SCRIPT = ['#!/bin/sh\n', 0o755] as const;
const interpreter: Interpreter = {
  kind: 'system',
  prefix: '/usr',
  python: '/usr/bin/python3',
  bin: [],
  sites: [],
  env: {},
};

/** Plan a command in a home with `bin` in PATH. */
function plan(
  t: ExecutionContext,
  argv: readonly string[],
  layout: Layout = {},
  listen: 'socket' | 'none' = 'none',
) {
  const home = temporaryHome(t);
  layOut(home, {'bin/tool': SCRIPT, ...layout});
  const launch: Extract<Launch, {kind: 'command'}> = {kind: 'command', argv};
  const env = {
    PATH: `${home}/bin:/usr/bin:/bin`,
    PORT: '20140',
    HOST: '127.0.0.1',
    SCRIPT_NAME: '/m',
    API_TOKEN: 'x',
  };
  return {home, call: () => command(startOf(launch, {home, program: {listen}}), launch, env, interpreter)};
}

test("command() finds the program in the app's PATH, in the directory, or where it is", (t) => {
  for (const [word, place] of [
    ['tool', 'bin/tool'],
    ['./run.sh', 'run.sh'],
    ['scripts/x', 'scripts/x'],
    ['~/bin/tool', 'bin/tool'],
  ] as const) {
    const {home, call} = plan(t, [word, '-v'], {'run.sh': SCRIPT, 'scripts/x': SCRIPT});
    t.deepEqual(call().argv, [path.join(home, place), '-v']);
  }
});

test('command() takes the app\'s interpreter for "python" where only python3 exists', (t) => {
  const {home, call} = plan(t, ['python', 'x.py'], {'bin/python': SCRIPT});
  t.is(call().argv[0], path.join(home, 'bin/python'));
  const launch: Extract<Launch, {kind: 'command'}> = {kind: 'command', argv: ['python', 'x.py']};
  t.is(command(startOf(launch, {home}), launch, {PATH: '/none'}, interpreter).argv[0], '/usr/bin/python3');
});

test('command() takes the held socket only when it asks for it', (t) => {
  t.like(plan(t, ['tool'], {}, 'socket').call(), {sockets: ['held'], listenFds: true});
  t.like(plan(t, ['tool']).call(), {sockets: [], listenFds: false});
});

test('command() puts in the port and the prefix, and nothing into the script of a shell', (t) => {
  const {call} = plan(t, [
    'tool',
    '--port=$PORT',
    '${HOST}:${PORT}',
    '--base-url',
    '$SCRIPT_NAME',
    '^a$',
    '$x',
    'cost$PER',
  ]);
  t.deepEqual(call().argv.slice(1), [
    '--port=20140',
    '127.0.0.1:20140',
    '--base-url',
    '/m',
    '^a$',
    '$x',
    'cost$PER',
  ]);
  t.deepEqual(plan(t, ['sh', '-c', 'exec tool "$API_TOKEN" | cat']).call().argv.slice(1), [
    '-c',
    'exec tool "$API_TOKEN" | cat',
  ]);
});

for (const word of ['$API_TOKEN', '--token=${API_TOKEN}', '${HOME}/x']) {
  test(`command() refuses to put ${word} into arguments, which all users can see`, (t) => {
    const [code, message, hint] = complaint(plan(t, ['tool', word]).call);
    t.is(code, 'CONFIG');
    t.regex(message, /^Cannot start "tasks:web": the command has \$\{?\w+\}?, which no shell will replace$/);
    t.regex(hint ?? '', /read \w+ from its environment/);
  });
}

const SHELL: readonly [readonly string[], string][] = [
  [['cd', 'src'], '"cd" is a word of the shell'],
  [['source', 'venv/bin/activate'], '"source" is a word of the shell'],
  [['tool', 'x', '|', 'cat'], 'the command has |'],
  [['tool', '&&', 'tool'], 'the command has &&'],
  [['tool', '>>', 'log'], 'the command has >>'],
  [['A=1', 'tool'], 'the command begins with a variable (A=...)'],
];
for (const [argv, problem] of SHELL) {
  test(`command() says of "${argv.join(' ')}" that there is no shell`, (t) => {
    const [code, message] = complaint(plan(t, argv).call);
    t.is(code, 'CONFIG');
    t.true(message.includes(problem), message);
  });
}

test('command() takes a sign after an option for the value that it is', (t) => {
  t.deepEqual(plan(t, ['tool', '-F', '|', 'x']).call().argv.slice(1), ['-F', '|', 'x']);
});

test('command() says what is wrong with a file, and what to type', (t) => {
  const cases: readonly [string, Layout, string, string][] = [
    ['./server.js', {'server.js': 'x'}, './server.js is not executable', 'chmod +x ./server.js'],
    ['scripts/x', {'scripts/x': 'x'}, 'scripts/x is not executable', 'chmod +x ~/scripts/x'],
    ['lame', {'bin/lame': 'x'}, '~/bin/lame is not executable', 'chmod +x ~/bin/lame'],
    [
      'run.sh',
      {'run.sh': SCRIPT},
      'there is no program run.sh in PATH',
      'it is in the directory: write ./run.sh',
    ],
    [
      'nosuch',
      {},
      'there is no program nosuch in PATH',
      'is it installed for this app? see where it looks: appsup env tasks',
    ],
    ['./none', {}, 'there is no program ./none', 'it is looked for at ~/none'],
    [
      './old',
      {old: ['#!/usr/bin/python9\n', 0o755]},
      './old asks for /usr/bin/python9 in its first line, which does not exist',
      'correct the first line of ~/old',
    ],
    ['./dos', {dos: ['#!/bin/sh\r\n', 0o755]}, './dos has line ends of Windows', "sed -i 's/\\r$//' ~/dos"],
  ];
  for (const [word, layout, problem, hint] of cases) {
    t.deepEqual(complaint(plan(t, [word], layout).call), [
      'NOT_FOUND',
      `Cannot start "tasks:web": ${problem}`,
      hint,
    ]);
  }
});
