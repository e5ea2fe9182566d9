import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {forEachApp} from '../../src/cli/each.ts';
import {AppsupError} from '../../src/errors.ts';
import {homeWith} from '../helpers/cli.ts';
import type {Home} from '../helpers/cli.ts';

const said = (name: string) => ({text: name, json: [{app: name}], hints: [`! ${name}`]});

test('forEachApp() of one app is that app’s result, also when it fails', async (t) => {
  t.deepEqual(await forEachApp(['a'], async (name) => said(name)), said('a'));
  await t.throwsAsync(
    forEachApp(['a'], async () => {
      throw new AppsupError('CONFIG', 'Cannot do it');
    }),
    {message: 'Cannot do it'},
  );
});

test('forEachApp() of several goes on behind one that fails, and ends as the last failure', async (t) => {
  const result = await forEachApp(
    ['a', 'b:web', 'c'],
    async (name) => {
      if (name !== 'b:web') return said(name);
      throw new AppsupError('AMBIGUOUS', 'Cannot choose', {hint: 'choose'});
    },
    '\n--\n',
  );
  t.deepEqual(result, {
    text: 'a\n--\nc',
    json: [
      {app: 'a'},
      {app: 'b', ok: false, error: {code: 'AMBIGUOUS', message: 'Cannot choose', hint: 'choose'}},
      {app: 'c'},
    ],
    failures: ['Cannot choose\n  hint: choose'],
    hints: ['! a', '! c'],
    exitCode: 2,
  });
});

test('forEachApp() hides no mistake of ours', async (t) => {
  await t.throwsAsync(
    forEachApp(['a', 'b'], async () => {
      throw new TypeError('x');
    }),
    {instanceOf: TypeError},
  );
});

async function homeWithApps(t: ExecutionContext): Promise<Home> {
  const home = await homeWith(t);
  const apps = path.join(home.directory, '.config/appsup/apps');
  mkdirSync(apps, {recursive: true, mode: 0o700});
  const define = (name: string, toml: string): void =>
    writeFileSync(path.join(apps, `${name}.toml`), `directory = ${JSON.stringify(home.directory)}\n${toml}`, {
      mode: 0o600,
    });
  define('hello', 'port = 20140\n[programs.web]\ncommand = "sleep 1"\n');
  define('queue', '[programs.work]\ncommand = "sleep 1"\nlisten = "none"\n');
  define('wrong', 'nonsense = 1\n');
  return home;
}

const ALL: readonly (readonly [verb: string, names: readonly string[], code: number])[] = [
  ['show', ['hello', 'queue', 'wrong'], 1],
  ['env', ['hello', 'queue', 'wrong'], 1],
  ['check', ['hello', 'queue', 'wrong'], 1],
  ['edit', ['hello', 'queue', 'wrong'], 1],
  ['snippet', ['hello'], 0],
  ['open', ['hello'], 0],
  ['verify --url=http://127.0.0.1:1', ['hello'], 1],
  ['remove --yes', ['hello', 'queue', 'wrong'], 0],
];
for (const [verb, names, code] of ALL) {
  test(`«appsup ${verb} all» is for ${names.join(', ')}`, async (t) => {
    const home = await homeWithApps(t);
    const ran = await home.with({EDITOR: 'true'}, ...verb.split(' '), 'all', '--json');
    const found = (ran.json() as readonly {readonly app?: string}[]).flatMap(({app}) => app ?? []);
    if (verb.startsWith('verify')) t.regex(ran.stdout, /SUPERVISOR_GONE/);
    else t.deepEqual(found, names);
    t.is(ran.code, code);
  });
}

test('a name that is given twice counts once, and «all» of nothing is an error', async (t) => {
  const home = await homeWithApps(t);
  t.is((await home.appsup('show', 'hello', 'hello', '--json')).json().length, 1);
  t.is((await home.appsup('remove', 'hello', 'queue', '--yes')).code, 0);
  t.regex(
    (await home.appsup('snippet', 'all')).stderr,
    /^Cannot write a snippet for all: no app serves anything/,
  );
  t.is((await home.appsup('remove', 'wrong', '--yes')).code, 0);
  t.regex(
    (await home.appsup('show', 'all')).stderr,
    /^Cannot show all: there are no apps yet\n {2}hint: appsup add/,
  );
});
