import {spawn} from 'node:child_process';
import {chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {parseEnv as nodeReads} from 'node:util';

import test from 'ava';
import type {ExecutionContext} from 'ava';
import fc from 'fast-check';

import {damageOf, lookUp, withSecret} from '../../src/cli/secret-file.ts';
import type {SecretKind} from '../../src/cli/secret-file.ts';
import {findEnv, parseEnv, setEnv} from '../../src/launch/env-text.ts';
import {homeWith} from '../helpers/cli.ts';

const MAIN = path.join(import.meta.dirname, '../../src/cli/main.js');

/** A home with the app "ktyper", and the command line in it; `said` is what comes on stdin. */
async function world(t: ExecutionContext, settings = 'env_file = ".env"') {
  const home = await homeWith(t);
  const [directory, apps] = [
    path.join(home.directory, 'ktyper'),
    path.join(home.directory, '.config/appsup/apps'),
  ];
  mkdirSync(path.join(directory, 'config'), {recursive: true});
  mkdirSync(apps, {recursive: true, mode: 0o700});
  writeFileSync(
    path.join(apps, 'ktyper.toml'),
    `directory = "~/ktyper"\n${settings}\n[programs.web]\ncommand = "x"\n`,
  );
  const at = (name: string): string => path.join(directory, name);
  const secret = async (...words: readonly string[]) => await home.appsup('secret', 'ktyper', ...words);
  const told = async (said: string, ...words: readonly string[]) => {
    const env = {...process.env, HOME: home.directory, APPSUP_STATE_DIR: home.state};
    const child = spawn(process.execPath, [MAIN, 'secret', 'ktyper', ...words], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
    child.stdin.end(said);
    const code = await new Promise((resolve) => child.once('close', resolve));
    return {code, printed};
  };
  return {
    at,
    secret,
    told,
    write: (name: string, text: string, mode = 0o600) => {
      writeFileSync(at(name), text);
      chmodSync(at(name), mode);
    },
    read: (name: string) => readFileSync(at(name), 'utf8'),
    mode: (name: string) => statSync(at(name)).mode & 0o777,
  };
}

test('K4: a secret is made once: 64 letters and digits, 0600, kept over re-runs, never printed', async (t) => {
  const {secret, read, mode, at} = await world(t);
  const first = await secret('SECRET_KEY', '--generate', '64');
  t.is(first.code, 0, first.stderr);
  t.is(first.stdout, 'Wrote SECRET_KEY in ~/ktyper/.env\n');
  t.regex(first.stderr, /it counts from the next start: appsup restart ktyper/);
  const text = read('.env');
  const value = /^SECRET_KEY=([A-Za-z0-9]{64})\n$/.exec(text)?.[1] ?? '';
  t.not(value, '');
  t.is(mode('.env'), 0o600);
  t.false((first.stdout + first.stderr).includes(value));

  const again = await secret('SECRET_KEY', '--generate');
  t.is(again.code, 0);
  t.is(again.stdout, 'Kept SECRET_KEY in ~/ktyper/.env\n');
  t.is(read('.env'), text);
  for (const options of [
    ['--generate', '--json'],
    ['--json', '--generate'],
  ]) {
    const {json} = await secret('SECRET_KEY', ...options);
    t.deepEqual(json(), [{app: 'ktyper', key: 'SECRET_KEY', file: at('.env'), did: 'kept'}]);
  }
  t.is((await secret('SECRET_KEY', '--show')).stdout, `${value}\n`);
});

test('X8: a secret is made anew with --force alone; all other lines stay byte for byte', async (t) => {
  const {secret, read, write, mode} = await world(t);
  const before = '# ours\n\nexport SECRET_KEY = "old one" # made in May\nDEBUG=1   # not\r\nEMPTY=\nLAST=x';
  write('.env', before, 0o644);
  const made = await secret('SECRET_KEY', '--force', '--generate', '20');
  t.is(made.code, 0, made.stderr);
  t.regex(
    read('.env'),
    /^# ours\n\nexport SECRET_KEY = [A-Za-z0-9]{20} # made in May\nDEBUG=1 {3}# not\r\nEMPTY=\nLAST=x$/,
  );
  t.is(mode('.env'), 0o600);
  t.regex(made.stderr, /until now other users of this host could open ~\/ktyper\/\.env \(mode 0644\)/);
  t.is((await secret('EMPTY', '--generate', '16')).code, 0, 'nothing is lost where there is nothing');
  t.regex(read('.env'), /\nEMPTY=[A-Za-z0-9]{16}\nLAST=x$/);
});

test('a secret that is there already is not replaced by one that is told, and no value is in the message', async (t) => {
  const {told, read, write} = await world(t);
  write('.env', 'TOKEN=oldoldold\n');
  const {code, printed} = await told('newnewnew\n', 'TOKEN', '--stdin');
  t.is(code, 1);
  t.is(
    printed,
    'Cannot set TOKEN: ~/ktyper/.env has it already\n  hint: nothing was changed; --force replaces it\n',
  );
  t.is(read('.env'), 'TOKEN=oldoldold\n');
  const forced = await told('newnewnew\n', 'TOKEN', '--stdin', '--force');
  t.is(forced.code, 0);
  t.false(forced.printed.includes('newnewnew'));
  t.is(read('.env'), 'TOKEN=newnewnew\n');
});

test('line breaks and quotes come from stdin and are read back as they were, by Node too', async (t) => {
  const {told, read} = await world(t);
  const key = '-----BEGIN KEY-----\nabc+/=\ndef\n-----END KEY-----';
  t.is((await told(`${key}\n`, 'DEPLOY_KEY', '--stdin')).code, 0);
  const odd = `it's "so" #1 $HOME`;
  t.is((await told(odd, 'ODD', '--stdin')).code, 0);
  t.is(nodeReads(read('.env'))['DEPLOY_KEY'], key);
  t.is(findEnv(read('.env'), 'ODD'), odd);
  t.is(findEnv(read('.env'), 'DEPLOY_KEY'), key);
});

test('K4: secrets.json and config.py get the key beside what they have, 0600, once', async (t) => {
  const {secret, read, write, mode} = await world(t);
  const json = ['SECRET_KEY', '--file', 'config/secrets.json', '--generate'];
  t.is((await secret(...json)).code, 0);
  const made = JSON.parse(read('config/secrets.json')) as Record<string, string>;
  t.regex(made['SECRET_KEY'] ?? '', /^[A-Za-z0-9]{64}$/);
  t.is(mode('config/secrets.json'), 0o600);
  t.regex((await secret(...json)).stdout, /^Kept/);

  write(
    'config.py',
    `import os\nDEBUG = False\nSECRET_KEY = 'old'  # from May\nOTHER = os.environ["X"]\n`,
    0o644,
  );
  t.is((await secret('SECRET_KEY', '--file', 'config.py', '--force', '--generate')).code, 0);
  t.regex(
    read('config.py'),
    /^import os\nDEBUG = False\nSECRET_KEY = '[A-Za-z0-9]{64}' {2}# from May\nOTHER = os.environ\["X"\]\n$/,
  );
  t.is(mode('config.py'), 0o600);
  const other = await secret('OTHER', '--file', 'config.py', '--force', '--generate');
  t.is(other.code, 1);
  t.regex(other.stderr, /what ~\/ktyper\/config\.py has under that name is no plain text/);
});

for (const [what, name, text, message] of [
  ['a broken line', '.env', 'A=1\nhunter2\n', /Cannot write ~\/ktyper\/\.env: line 2: there is no "="/],
  ['broken JSON', 'secrets.json', '{"a": "hunter2",}', /secrets\.json: it is no JSON object/],
  ['a JSON list', 'secrets.json', '["hunter2"]', /secrets\.json: it is no JSON object/],
] as const) {
  test(`nothing is written into a file with ${what}, and nothing of it is shown`, async (t) => {
    const {secret, read, write} = await world(t);
    write(name, text);
    const {code, stdout, stderr} = await secret('KEY', '--file', name, '--generate');
    t.is(code, 1);
    t.regex(stderr, message);
    t.notRegex(stdout + stderr, /hunter2/);
    t.is(read(name), text);
  });
}

test('what cannot be a secret is refused, and a value is never taken from the command line', async (t) => {
  const {secret, told} = await world(t, '');
  t.is((await secret('A=hunter2', '--generate')).code, 2);
  t.is((await secret('A', 'hunter2', '--generate')).code, 2);
  t.is((await secret('__proto__', '--generate')).code, 2);
  t.is((await secret('A', '--generate', '5')).code, 2);
  t.is((await secret('A', '--stdin', '--generate')).code, 2);
  const nobody = await secret('A');
  t.is(nobody.code, 2);
  t.regex(nobody.stderr, /there is nobody to ask\n {2}hint: appsup secret ktyper A --stdin/);
  t.regex((await told('', 'A', '--stdin')).printed, /the value is empty/);
  t.regex((await secret('A', '--file', 'no/.env', '--generate')).stderr, /hint: mkdir -p ~\/ktyper\/no/);
  const unread = await secret('A', '--generate');
  t.regex(unread.stderr, /ktyper does not read it yet: env_file = "\.env" \(appsup edit ktyper\)/);
});

test('of several env files the one that has the key is written, else the strongest; a link stays a link', async (t) => {
  const {secret, read, write, at} = await world(t, 'env_file = [".env", "local.env"]');
  write('.env', 'OLD=\nA=1\n');
  write('real.env', 'B=2\n');
  symlinkSync('real.env', at('local.env'));
  t.is((await secret('A', '--generate')).code, 0);
  t.is(read('.env'), 'OLD=\nA=1\n');
  t.is((await secret('NEW', '--generate')).code, 0);
  t.regex(read('real.env'), /^B=2\nNEW=\w{64}\n$/);
  t.is(read('local.env'), read('real.env'));
});

test('two set-up scripts at once lose no secret of each other', async (t) => {
  const {secret, read} = await world(t);
  const names = ['A', 'B', 'C'];
  const all = await Promise.all(names.map(async (name) => await secret(name, '--generate')));
  t.deepEqual(
    all.map(({code}) => code),
    [0, 0, 0],
  );
  for (const name of names) t.regex(read('.env'), new RegExp(`^${name}=\\w{64}$`, 'm'));
});

const value = fc.string({unit: 'grapheme', minLength: 1}).filter((text) => !text.includes('\0'));
const tricky = fc
  .array(
    fc.constantFrom('a', ' ', '\n', '\r', '\t', "'", '"', '`', '\\', '$', '{', '}', '#', '=', '\\n', 'é'),
    {minLength: 1},
  )
  .map((parts) => parts.join(''));

test('setEnv() writes any value so that it is read back, and changes no other', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(value, tricky),
      fc.constantFrom('', 'A=1\n', '\uFEFFA="x"\r\n', 'K=old # why\nA=1', "export K='a\nb'\nA=1\n"),
      (said, text) => {
        const after = parseEnv(setEnv(text, 'K', said));
        const before = parseEnv(text);
        t.true(after.ok && before.ok);
        if (!after.ok || !before.ok) return;
        t.deepEqual(Object.fromEntries(after.values), {...Object.fromEntries(before.values), K: said});
      },
    ),
  );
});

test('withSecret() is read back from JSON and Python, whatever the value, and replaced there', (t) => {
  const texts: Readonly<Record<SecretKind, readonly string[]>> = {
    env: ['', 'B=1\n'],
    json: ['', '{}', '{\n    "B": "1"\n}\n'],
    python: ['', 'B = 1', "K = 'old'\nB = 2\n"],
  };
  fc.assert(
    fc.property(
      fc.oneof(value, tricky),
      fc.constantFrom<SecretKind>('env', 'json', 'python'),
      (said, kind) => {
        for (const text of texts[kind]) {
          const once = withSecret(kind, text, 'K', said);
          t.is(damageOf(kind, once), undefined);
          t.deepEqual(lookUp(kind, once, 'K'), {state: 'text', value: said});
          const twice = withSecret(kind, once, 'K', 'x');
          t.deepEqual(lookUp(kind, twice, 'K'), {state: 'text', value: 'x'});
        }
      },
    ),
  );
});
