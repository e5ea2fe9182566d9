import {once} from 'node:events';
import {spawn} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {COMMANDS} from '../../src/cli/table.ts';
import type {Verb} from '../../src/cli/table.ts';
import {schemaOf} from '../helpers/json/document.ts';
import {misfits} from '../helpers/json/shape.ts';
import {ROOT, WSGI} from '../helpers/rig.ts';
import type {Rig} from '../helpers/rig.ts';
import {rigFor} from '../helpers/rig-for.ts';
import {testWith} from '../helpers/tools.ts';

const TOML = `env_file = ".env"
static = { "/static" = "files" }
[programs.web]
gunicorn = "wsgi:application"
[programs.queue]
command = "sleep 600"
listen = "none"
[programs.broken]
command = "no-such-program"
listen = "none"
give_up = 1
[jobs.night]
schedule = "@daily"
command = "echo good night"
[tasks.update]
steps = ["echo one", "false"]
`;

/** It depends on the host. */
const ANY = -1;

/** In this order; each line that comes is held against the schema of its verb. */
const LINES: readonly (readonly [line: string, code?: number])[] = [
  ['version'],
  ['list'],
  ['check', 1],
  ['status', 3],
  ['top', 3],
  ['daemon status', 3],
  ['help'],
  ['help start'],
  ['help exit-codes'],
  ['help errors'],
  ['help config'],
  ['explain'],
  ['explain fatal'],
  ['explain nonsense', 2],
  ['completion bash'],
  ['add ./added'],
  ['add ./added', 1],
  ['import theirs.conf --dry-run'],
  ['import theirs.conf'],
  ['start hello', 7],
  ['start hello:web'],
  ['version'],
  ['status --no-memory', 3],
  ['top', 3],
  ['reload hello:web'],
  ['restart hello:web hello:queue --no-wait'],
  ['restart hello:web'],
  ['restart hello:queue --timeout 1ms', 124],
  ['scale hello:web=3 hello:queue=2 hello:broken=1'],
  ['scale hello:queue=1'],
  ['signal CONT hello'],
  ['signal CONT hello:web hello:broken', 7],
  ['logs hello -n 5'],
  ['run hello'],
  ['run hello update --dry-run'],
  ['run hello update', 1],
  ['run hello update --cancel'],
  ['run hello night'],
  ['jobs'],
  ['events -n 200'],
  ['open all'],
  ['show all', 1],
  ['edit hello'],
  ['env hello hello:queue'],
  ['env wrong', 1],
  ['exec hello no-such-program', 127],
  ['secret hello NEW_KEY --generate 64'],
  ['secret hello NEW_KEY --generate 64 --show'],
  ['ports'],
  ['ports move added'],
  ['snippet hello --front apache'],
  ['request hello --front nginx'],
  ['verify hello --url http://127.0.0.1:PORT', 1],
  ['gateway status'],
  ['gateway enable'],
  ['gateway status'],
  ['boot status', 1],
  ['doctor', ANY],
  ['report --print'],
  ['report'],
  ['admin check site.toml', 1],
  ['status', 3],
  ['daemon restart'],
  ['stop hello'],
  ['remove added --yes'],
  ['daemon stop'],
  ['daemon stop'],
];

function fits(t: ExecutionContext, verb: Verb, stdout: string, line: string): void {
  const values = stdout.split('\n').filter((each) => each !== '');
  for (const value of values)
    t.deepEqual(misfits(schemaOf(verb), JSON.parse(value)), [], `appsup ${line}: ${value.slice(0, 500)}`);
}

testWith(
  ['gunicorn', 'nginx', 'apache2'],
  'what every verb prints with --json fits its schema',
  async (t) => {
    const rig = rigFor(t, {EDITOR: 'true'});
    const port = await home(rig);
    const seen = new Set<string>();
    for (const [line, code = 0] of LINES) {
      const words = line.replace('PORT', String(port)).split(' ');
      const verb = words[0] as Verb;
      seen.add(verb);
      const ran = await rig.appsup(...(verb === 'exec' ? ['--json', ...words] : [...words, '--json']));
      if (code !== ANY) t.is(ran.code, code, `appsup ${line}: ${ran.stdout}${ran.stderr}`);
      t.not(ran.stdout, '', line);
      fits(t, verb, ran.stdout, line);
    }
    fits(t, 'preview', await firstLine(rig, 'preview', 'hello', '--json'), 'preview hello');
    seen.add('preview');
    t.deepEqual([...seen].toSorted(), Object.keys(COMMANDS).toSorted());
  },
);

async function home(rig: Rig): Promise<number> {
  const {port} = await rig.define('hello', TOML, {
    'wsgi.py': WSGI,
    '.env': 'SECRET_KEY=hush-hush\n',
    'files/a': '',
  });
  await rig.define('wrong', 'nonsense = 1\n');
  const added = path.join(rig.home, 'added');
  mkdirSync(added);
  writeFileSync(path.join(added, 'wsgi.py'), WSGI);
  writeFileSync(
    path.join(rig.home, 'theirs.conf'),
    '[program:theirs]\ncommand=sleep 5\nnumprocs=2\nnonsense=1\n',
  );
  writeFileSync(path.join(rig.home, 'site.toml'), 'nonsense = 1\n');
  return port;
}

/** Of a command that goes on. */
async function firstLine(rig: Rig, ...words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [path.join(ROOT, 'bin/appsup'), ...words], {
    env: rig.env,
    cwd: rig.home,
  });
  const [bytes] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGTERM');
  await once(child, 'close');
  return bytes.toString();
}
