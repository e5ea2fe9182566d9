import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {adviseOn} from '../../src/cli/advice.ts';
import type {Evidence} from '../../src/cli/advice.ts';
import {codeNames} from '../../src/cli/code-names.ts';
import {homeWith} from '../helpers/cli.ts';
import {layOut, temporaryHome} from '../helpers/launch-start.ts';
import {appSpec, programSpec} from '../helpers/spec.ts';

const code = (words: readonly string[], reads: readonly string[] = []) => ({
  words: new Set(words.map((word) => word.toLowerCase())),
  reads: new Set(reads),
});

function advice(changes: Partial<Evidence>): readonly string[] {
  return adviseOn({
    app: appSpec([programSpec()]),
    envFiles: [],
    others: [],
    code: undefined,
    missing: [],
    ...changes,
  });
}

const file = (text: string, mode = 0o600, name = '~/tasks/.env') => ({name, mode, text});

for (const [text, said] of [
  [
    'FLASK_DEBUG=1',
    'FLASK_DEBUG is on in ~/tasks/.env: visitors may see code and settings when something fails',
  ],
  [
    'DJANGO_DEBUG=True',
    'DJANGO_DEBUG is on in ~/tasks/.env: visitors may see code and settings when something fails',
  ],
  ['DEBUG=yes', 'DEBUG is on in ~/tasks/.env: visitors may see code and settings when something fails'],
  [
    'FLASK_ENV=development',
    'FLASK_ENV is "development" in ~/tasks/.env: for visitors it should be production',
  ],
  [
    'APP_ENVIRONMENT=development',
    'APP_ENVIRONMENT is "development" in ~/tasks/.env: for visitors it should be production',
  ],
] as const) {
  test(`X8: adviseOn() sees that ${text} is no setting for visitors`, (t) => {
    t.deepEqual(advice({envFiles: [file(text)]}), [said]);
  });
}

for (const text of ['DEBUG=0', 'FLASK_DEBUG=', 'DEBUG=express:*', 'NODE_ENV=production', 'DEBUG_LEVEL=1']) {
  test(`adviseOn() says nothing of ${text}`, (t) => t.deepEqual(advice({envFiles: [file(text)]}), []));
}

test('adviseOn() judges the value that counts: env is stronger than an env file', (t) => {
  const app = appSpec([programSpec()], {env: {DEBUG: '0'}});
  t.deepEqual(advice({app, envFiles: [file('DEBUG=1')]}), []);
});

test('adviseOn() names files with secrets that everybody can read, and leaves code without secrets alone', (t) => {
  const others = [
    file('{}', 0o644, '~/tasks/secrets.json'),
    file('SECRET_KEY = "hunter2hunter2"\n', 0o644, '~/tasks/config.py'),
    file('SECRET_KEY = os.environ["SECRET_KEY"]\n', 0o644, '~/tasks/settings.py'),
    file('{}', 0o640, '~/tasks/config/secrets.json'),
  ];
  t.deepEqual(advice({others, envFiles: [file('', 0o644)]}), [
    'other users of this host can read ~/tasks/.env: chmod 600 ~/tasks/.env',
    'other users of this host can read ~/tasks/secrets.json: chmod 600 ~/tasks/secrets.json',
    'other users of this host can read ~/tasks/config.py: chmod 600 ~/tasks/config.py',
  ]);
});

test('adviseOn() sends secrets of the TOML file into the env file, and shows none', (t) => {
  const env = {SECRET_KEY: 'hunter2hunter2', DB: 'postgres://a:hunter2@x/y', THEME: 'dark', API_KEY: ''};
  const found = advice({app: appSpec([programSpec({env: {SECRET_KEY: 'hunter2'}})], {env})});
  t.deepEqual(found, [
    'SECRET_KEY stands in tasks.toml: move it into the env file: appsup secret tasks SECRET_KEY',
    'DB stands in tasks.toml: move it into the env file: appsup secret tasks DB',
  ]);
});

test('N4: adviseOn() names keys that the code never mentions, and the one that was probably meant', (t) => {
  const envFiles = [file('SECRET_KEY=x\nPOSTGRES_USER=a\nAPP_NMAE=b\nUSED=c\nPGHOST=d\nODD=e')];
  t.deepEqual(
    advice({envFiles, code: code(['used', 'app_secret', 'APP_NAME'], ['APP_SECRET', 'APP_NAME'])}),
    [
      'SECRET_KEY of ~/tasks/.env is mentioned nowhere in the code; it reads APP_SECRET: is that meant?',
      'APP_NMAE of ~/tasks/.env is mentioned nowhere in the code; it reads APP_NAME: is that meant?',
      'ODD of ~/tasks/.env is mentioned nowhere in the code',
    ],
  );
});

test("codeNames() reads the app's own code, and nobody else's", (t) => {
  const home = temporaryHome(t);
  const text = `import os\nA = os.environ["APP_SECRET"]\nB = os.getenv('B_B')\nos.environ.get("C_C")`;
  layOut(home, {
    'app/config.py': text,
    'web/server.js': 'process.env.TOKEN + process.env["PORT_X"]',
    'myenv/pyvenv.cfg': '',
    'myenv/lib/x.py': 'os.environ["FOREIGN"]',
    'node_modules/x/index.js': 'process.env.FOREIGN',
    'notes.txt': 'FOREIGN',
    loop: '-> .',
  });
  const names = codeNames(home);
  t.deepEqual([...(names?.reads ?? [])].toSorted(), ['APP_SECRET', 'B_B', 'C_C', 'PORT_X', 'TOKEN']);
  t.true(names?.words.has('app_secret'));
  t.false(names?.words.has('foreign'));
});

test('codeNames() says nothing of code that takes variables by a prefix, and where there is none', (t) => {
  const home = temporaryHome(t);
  t.is(codeNames(home), undefined);
  layOut(home, {'a.py': 'app.config.from_prefixed_env()'});
  t.is(codeNames(home), undefined);
});

test('N4: «appsup check» gives advice on settings, changes nothing by it, and shows no value', async (t) => {
  const home = await homeWith(t);
  const [directory, apps] = [
    path.join(home.directory, 'backscope'),
    path.join(home.directory, '.config/appsup/apps'),
  ];
  mkdirSync(apps, {recursive: true, mode: 0o700});
  layOut(directory, {'flaskr/config.py': 'import os\nsecret = os.environ["APP_SECRET"]\n'});
  writeFileSync(path.join(directory, '.env'), 'SECRET_KEY=hunter2hunter2\nFLASK_DEBUG=1\n');
  chmodSync(path.join(directory, '.env'), 0o644);
  writeFileSync(
    path.join(apps, 'backscope.toml'),
    'directory = "~/backscope"\nenv_file = ".env"\n[programs.web]\ncommand = "x"\n',
  );
  const {stdout, stderr, code: exit} = await home.appsup('check');
  t.is(exit, 0, stderr);
  t.regex(stdout, /backscope: fine/);
  t.is(
    stderr,
    [
      '! backscope: FLASK_DEBUG is on in ~/backscope/.env: visitors may see code and settings when something fails',
      '! backscope: other users of this host can read ~/backscope/.env: chmod 600 ~/backscope/.env',
      '! backscope: SECRET_KEY of ~/backscope/.env is mentioned nowhere in the code; it reads APP_SECRET: is that meant?',
      '',
    ].join('\n'),
  );
  const [told] = (await home.appsup('check', 'backscope', '--json')).json() as readonly {advice: string[]}[];
  t.is(told?.advice.length, 3);
  t.notRegex(stdout + stderr, /hunter2/);
});

test('K3: «appsup check» says which directory of a program, job or task is not there', async (t) => {
  const home = await homeWith(t);
  const apps = path.join(home.directory, '.config/appsup/apps');
  mkdirSync(path.join(home.directory, 'ktyper/config'), {recursive: true});
  mkdirSync(apps, {recursive: true, mode: 0o700});
  const file =
    'directory = "~/ktyper"\n[programs.queue]\ncommand = "x"\ndirectory = "konfig"\n[programs.web]\ncommand = "y"\ndirectory = "config"\n[tasks.front]\nsteps = ["z"]\ndirectory = "frontend"\n';
  writeFileSync(path.join(apps, 'ktyper.toml'), file, {mode: 0o600});
  const {stderr, code} = await home.appsup('check');
  t.is(code, 0);
  const place = `${home.directory}/ktyper`;
  t.deepEqual(stderr.match(/\S+( \S+)? cannot run: .*/g), [
    `ktyper: queue cannot run: there is no directory ${place}/konfig`,
    `task front cannot run: there is no directory ${place}/frontend`,
  ]);
});
