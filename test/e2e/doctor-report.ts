import {randomBytes} from 'node:crypto';
import {mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {Rig, until} from '../helpers/rig.ts';

const random = (bytes: number) => randomBytes(bytes).toString('hex');

test('report holds what a bug report needs, for its owner’s eyes only, and no secret of any shape', async (t) => {
  const rig = Rig.create({APPSUP_SITE_FILE: '/nowhere/site.toml'});
  t.teardown(async () => void (await rig.clean()));
  const key = [random(16), random(16)];
  const secrets = {
    TOKEN: random(16),
    PIN: random(3),
    PLAIN: `nothing-says-${random(6)}`,
    QUOTED: `say "${random(6)}" & more`,
    PASSWORD: random(8),
    TABLE: random(8),
    OF_PROGRAM: random(8),
    JSON_KEY: random(12),
    HOOK: random(12),
    OLD: random(12),
    SPOKEN: random(12),
  };
  const {directory} = await rig.define(
    'vault',
    `env_file = ".env"
env = { TABLE = "${secrets.TABLE}" }
[programs.web]
command = "./talk"
listen = "none"
env = { OF_PROGRAM = "${secrets.OF_PROGRAM}" }
`,
    {
      talk: `#!/bin/sh
for name in TOKEN PIN PLAIN QUOTED KEY_FILE DATABASE_URL TABLE OF_PROGRAM OLD; do eval "echo cannot use \\"\\$$name\\""; done
echo "from json ${secrets.JSON_KEY}"
echo "login with password=${secrets.SPOKEN}"
echo "$OLD" >old
echo ready
exec sleep 1000
`,
      'secrets.json': `{"SECRET_KEY": "${secrets.JSON_KEY}"}`,
    },
  );
  const env = `TOKEN=${secrets.TOKEN}
PIN=${secrets.PIN}
PLAIN=${secrets.PLAIN}
QUOTED='${secrets.QUOTED}'
KEY_FILE='-----BEGIN KEY-----
${key.join('\n')}
-----END KEY-----'
DATABASE_URL=postgres://tasks:${secrets.PASSWORD}@127.0.0.1/tasks
`;
  const file = path.join(directory, '.env');
  writeFileSync(file, `${env}OLD=${secrets.OLD}\n`, {mode: 0o600});
  mkdirSync(rig.paths.config, {recursive: true});
  writeFileSync(rig.paths.globalConfig, `[notify]\nwebhook = "https://127.0.0.1:9/${secrets.HOOK}"\n`, {
    mode: 0o600,
  });
  await rig.ok('start', 'vault');
  const log = path.join(rig.paths.logs, 'vault/web.log');
  await until(() => readFileSync(log, 'utf8').includes('ready'), 'the words of the app');
  // What runs was started with a value that the file has no more.
  writeFileSync(file, env, {mode: 0o600});

  const {stdout, stderr} = await rig.appsup('report');
  t.regex(stdout, /^~\/appsup-report-.+\.txt {2}\d+ KB, only you can read it\n$/);
  t.regex(stderr, /^! secrets are masked as far as appsup can know them: read it before you send it\n$/);
  const [name = ''] = readdirSync(rig.home).filter((each) => each.startsWith('appsup-report-'));
  const written = path.join(rig.home, name);
  t.is(statSync(written).mode & 0o777, 0o600);
  const text = readFileSync(written, 'utf8');
  for (const [shape, secret] of [
    ...Object.entries(secrets),
    ...key.map((line) => ['KEY_FILE', line] as const),
  ]) {
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
      t.false(text.includes(form), `${shape} is in the report`);
  }
  for (const part of [
    'versions and host',
    'appsup doctor',
    'appsup status',
    'config.toml',
    'vault.toml',
    'log of vault/web.log',
  ])
    t.true(text.includes(part), part);
  t.regex(text, /"id":"supervisor-answers","level":"ok"/);
  t.regex(text, /"process":\s*"web"/);
  t.regex(text, /"type":"state".*"app":"vault"/);
  t.regex(text, /\nTOKEN|env_file = "\.env"/);
  t.regex(text, /env = \{ TABLE = "\*\*\*" \}/);
  t.regex(text, /\ncannot use \*\*\*\n/);
  t.regex(text, /\nready\n/);

  const again = await rig.appsup('report', '--output', name);
  t.is(again.code, 2);
  t.regex(again.stderr, /it is there already\n {2}hint: take another name/);
});

test('report is made when nothing works: no supervisor, a broken file, a PATH that leads nowhere', async (t) => {
  const rig = Rig.create({APPSUP_SITE_FILE: '/nowhere/site.toml', PATH: '/nowhere'});
  t.teardown(async () => void (await rig.clean()));
  const secret = random(12);
  await rig.define('broken', `[env]\nKEY = "${secret}\n[programs.web]\ncommand = "x"\n`);
  mkdirSync(path.join(rig.paths.logs, 'broken/web.log'), {recursive: true});
  const {code, stdout} = await rig.appsup('report', '--print');
  t.is(code, 0);
  t.regex(stdout, /Cannot reach the supervisor/);
  t.regex(stdout, /"id":"app-file","level":"broken"/);
  t.regex(stdout, /\[programs\.web\]\ncommand = \*\*\*/);
  t.false(stdout.includes(secret));
});
