import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {knownSecrets} from '../../src/doctor/known-secrets.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';

test('knownSecrets() knows values of env files and env tables, and what sounds secret in other files', (t) => {
  const home = temporaryDirectory(t);
  const write = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(home, 'tasks', name)), {recursive: true});
    writeFileSync(path.join(home, 'tasks', name), text);
  };
  write('own.env', 'GREETING=from-the-env-file\nPIN=1234\nMODE=production\n');
  write('config/secrets.json', '{"SECRET_KEY": "from-json", "title": "not-this-one"}');
  write('config.py', 'API_TOKEN = "from-python"\nNAME = "nor-this-one"\n');
  const app = `directory = "~/tasks"
env_file = ["own.env"]
env = { A = "from-a-table" }
[programs.web]
gunicorn = "wsgi:application"
[jobs.night.env]
B = "from-a-job"
`;
  const settings = '[notify]\nwebhook = "https://chat.example.org/hooks/42"\n';
  const known = knownSecrets(
    [
      {file: path.join(home, '.config/appsup/apps/tasks.toml'), text: app},
      {file: path.join(home, '.config/appsup/config.toml'), text: settings},
    ],
    home,
  );
  const hidden = ['from-the-env-file', '1234', 'from-json', 'from-python', 'from-a-table', 'from-a-job'];
  for (const text of [...hidden, 'https://chat.example.org/hooks/42']) t.true(known.includes(text), text);
  for (const text of ['not-this-one', 'nor-this-one', 'production', 'wsgi:application', 'web'])
    t.false(known.includes(text), text);
});

test('knownSecrets() takes files with mistakes at their word, too', (t) => {
  const home = temporaryDirectory(t);
  mkdirSync(path.join(home, 'tasks'));
  writeFileSync(path.join(home, 'tasks/.env'), 'A=behind a broken line\nthis is no line\nB="quoted one"\n');
  const file = path.join(home, 'tasks.toml');
  const valid = knownSecrets([{file, text: 'directory = "~/tasks"\nunknown = 1\n'}], home);
  t.true(valid.includes('behind a broken line'));
  t.true(valid.includes('quoted one'));
  t.true(knownSecrets([{file, text: 'env = { A = "half a file"\n'}], home).includes('half a file'));
});
