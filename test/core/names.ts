import test from 'ava';
import fc from 'fast-check';

import {
  isMount,
  isName,
  isSocketKey,
  isSocketName,
  isUserName,
  nameFrom,
  socketVariable,
} from '../../src/core/names.ts';

const long = 'a'.repeat(63);

const tables: readonly (readonly [
  check: (text: string) => boolean,
  good: readonly string[],
  bad: readonly string[],
])[] = [
  [
    isName,
    ['a', 'web', 'flask-tasks', 'Flask_Tasks2', '007', long],
    [
      '',
      '-rf',
      '_private',
      'a b',
      'a.b',
      'a/b',
      '../x',
      'täsk',
      'a\n',
      '\na',
      'a%b',
      'a:b',
      "a'b",
      'a$b',
      `${long}a`,
    ],
  ],
  [
    isSocketName,
    ['metrics', 'a.b', 'Control_2-x', 'a'.repeat(32)],
    ['', '8080', '.a', '-a', '_a', 'a:b', 'a b', 'a/b', 'a\n', 'ä', 'a'.repeat(33)],
  ],
  [isSocketKey, ['eco:metrics', '007:a.b'], ['eco', 'eco:', ':metrics', 'eco:a:b', 'e.o:metrics', 'eco:1']],
  [
    isUserName,
    ['alice', '_apt', 'a.b', 'j-doe', 'www-data', 'Alice2', '1000', long],
    ['', '-x', '.x', 'a b', 'a\nb', 'a\n', 'a$', 'ä', 'a%', '<a>', `${long}a`],
  ],
  [
    isMount,
    ['/a', '/alice_tasks', '/~alice/tasks', '/a/b/c/d/e/f/g/h', '/-a_'],
    [
      '',
      '/',
      'a',
      '/a/',
      '//a',
      '/a//b',
      '/a.b',
      '/..',
      '/a b',
      '/a\n',
      '/~',
      '/a~b',
      '/a/b/c/d/e/f/g/h/i',
      '/a%20',
      '/"',
      '/$1',
    ],
  ],
];

for (const [check, good, bad] of tables) {
  for (const text of good) test(`${check.name}() takes ${JSON.stringify(text)}`, (t) => t.true(check(text)));
  for (const text of bad)
    test(`${check.name}() refuses ${JSON.stringify(text)}`, (t) => t.false(check(text)));
}

test('isMount() refuses more than 200 characters', (t) => {
  t.true(isMount(`/${'a'.repeat(199)}`));
  t.false(isMount(`/${'a'.repeat(200)}`));
});

test('nothing that means something to a shell, a crontab or a web server passes', (t) => {
  const special = fc.constantFrom(...Array.from(' \t\n\r\0"\'`$\\&|;<>(){}[]*?!#%^=+,@:'));
  fc.assert(
    fc.property(fc.string(), special, fc.string(), (before, character, after) => {
      const text = `${before}${character}${after}`;
      t.false(isName(text) || isUserName(text) || isMount(text) || isMount(`/${text}`));
    }),
  );
});

const names: readonly (readonly [text: string, name: string | undefined])[] = [
  ['Flask Tasks!', 'flask-tasks'],
  ['flask-tasks', 'flask-tasks'],
  ['my.app (copy)', 'my-app-copy'],
  ['__init__', 'init'],
  ['...', undefined],
  ['', undefined],
  ['Ünïcode', 'n-code'],
  ['a'.repeat(100), long],
];

for (const [text, name] of names) {
  test(`nameFrom(${JSON.stringify(text)}) is ${JSON.stringify(name)}`, (t) => t.is(nameFrom(text), name));
}

test('nameFrom() gives a name or nothing, and a name of its own making unchanged', (t) => {
  fc.assert(
    fc.property(fc.string({unit: 'binary'}), (text) => {
      const name = nameFrom(text);
      if (name === undefined) return;
      t.true(isName(name));
      t.regex(name, /[a-z0-9]$/);
      t.is(nameFrom(name), name);
    }),
    {numRuns: 1000},
  );
});

test('socketVariable() is a name that a shell takes', (t) => {
  t.is(socketVariable('a.b-c_d9'), 'APPSUP_SOCKET_A_B_C_D9');
});
