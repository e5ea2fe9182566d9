import test from 'ava';
import fc from 'fast-check';

import {mask} from '../../src/launch/mask.ts';
import {looksSecret, secretTexts, secretsIn} from '../../src/launch/secrets.ts';

test('mask() replaces every occurrence, and overlapping ones by a single mask', (t) => {
  t.is(mask('a hunter2 b hunter2', ['hunter2']), 'a *** b ***');
  t.is(mask('abcdefghi', ['abcdef', 'defghi']), '***');
  t.is(mask('secret-long', ['secret', 'secret-long']), '***');
  t.is(mask('nothing', []), 'nothing');
  t.is(mask('aaaa', ['aa']), '***');
});

test('mask() leaves no secret of letters in any text', (t) => {
  const word = fc.stringMatching(/^[ab]{2,4}$/);
  fc.assert(
    fc.property(fc.array(word), fc.array(word, {minLength: 1}), (words, secrets) => {
      const masked = mask(words.join(''), secrets);
      return secrets.every((secret) => !masked.includes(secret));
    }),
  );
  t.pass();
});

for (const name of [
  'DB_PASSWORD',
  'PGPASSWORD',
  'SECRET_KEY',
  'GITHUB_TOKEN',
  'SENTRY_DSN',
  'API_KEY',
  'MYSQL_PWD',
  'aws_credentials',
]) {
  test(`looksSecret() knows ${name}`, (t) => t.true(looksSecret(name)));
}
for (const name of ['DEBUG', 'KEYBOARD', 'FLASK_APP', 'AUTHOR', 'PORT', 'PATH', 'MONKEY']) {
  test(`looksSecret() lets ${name} be seen`, (t) => t.false(looksSecret(name)));
}

const file = (name: string, value: string) => ({name, value, fromFile: true});
const shown = (name: string, value: string) => ({name, value, fromFile: false});

test('secretTexts() takes values of env files from 6 characters, and of names that look secret from 4', (t) => {
  t.deepEqual(
    secretTexts(
      [
        file('A', 'short'),
        file('B', 'longer'),
        shown('C', 'longest'),
        shown('X_TOKEN', 'tokn'),
        shown('PIN', '123'),
      ],
      [],
    ),
    ['longer', 'tokn'],
  );
});

test('secretTexts() finds the password in a URL, as it is written and as it is used', (t) => {
  const texts = secretTexts([shown('DATABASE_URL', 'postgres://tasks:p%40ss@db/tasks')], []);
  t.true(texts.includes('p%40ss'));
  t.true(texts.includes('p@ss'));
  t.is(mask('connect postgres://tasks:p%40ss@db/tasks failed for p@ss', texts), 'connect *** failed for ***');
});

test('secretTexts() finds the lines of a key, and what becomes of it in JSON and in a URL', (t) => {
  const texts = secretTexts([file('K', 'first "line"\nsecond line')], []);
  for (const text of [
    'first "line"',
    'second line',
    'second%20line',
    String.raw`first \"line\"\nsecond line`,
  ])
    t.true(texts.includes(text), text);
});

test('secretTexts() leaves what everybody may see', (t) => {
  t.deepEqual(
    secretTexts([file('APP_ENV', 'production'), file('ROOT', '/home/alice/tasks')], ['/home/alice/tasks']),
    [],
  );
  t.deepEqual(secretTexts([file('DB_PASSWORD', 'production')], []), ['production']);
});

test('secretsIn() takes every setting of an environment for a secret, but what appsup and the shell put there', (t) => {
  const ours = {
    APPSUP_MARK: 'state|tasks:web',
    HOME: '/home/alice',
    PATH: '/usr/bin:/bin',
    PORT: '20140',
    PWD: '/home/alice/tasks',
  };
  t.deepEqual(
    secretsIn({...ours, PIN: 'a1b2', DEBUG: '1', WHERE: '/home/alice/tasks', COLOUR: 'ultramarine'}),
    ['ultramarine', 'a1b2'],
  );
});
