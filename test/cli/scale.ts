import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {keyFor} from '../../src/cli/commands/scale.ts';
import type {ProgramSpec} from '../../src/core/program-spec.ts';
import {homeWith} from '../helpers/cli.ts';
import type {Home} from '../helpers/cli.ts';
import {programSpec} from '../helpers/spec.ts';

const queue: ProgramSpec['launch'] = {kind: 'celery', target: 'a:b', workers: 2, args: []};
const uwsgi = {kind: 'uwsgi', workers: 2, threads: 1, protocol: 'http', args: []} as const;
const KEYS: readonly (readonly [Partial<ProgramSpec>, ReturnType<typeof keyFor>])[] = [
  [{launch: queue}, 'workers'],
  [{launch: queue, numprocs: 2}, 'numprocs'],
  [{launch: {kind: 'command', argv: ['x']}}, 'numprocs'],
  [{launch: {...uwsgi, target: 'a:b'}}, 'workers'],
  [{launch: {...uwsgi, target: 'a.ini'}}, undefined],
  [{launch: {kind: 'daphne', target: 'a:b', args: []}}, undefined],
  [{launch: {kind: 'gateway'}}, undefined],
];
for (const [fields, key] of KEYS) {
  test(`keyFor() scales ${JSON.stringify(fields)} by ${key ?? 'nothing'}`, (t) =>
    t.is(keyFor(programSpec(fields)), key));
}

async function homeWithApp(t: ExecutionContext): Promise<{readonly home: Home; readonly file: string}> {
  const home = await homeWith(t);
  const apps = path.join(home.directory, '.config/appsup/apps');
  mkdirSync(apps, {recursive: true, mode: 0o700});
  const file = path.join(apps, 'hello.toml');
  const toml = `directory = "${home.directory}"
port = 20140
[programs.web]
gunicorn = "wsgi:application"  # the app
[programs.asgi]
command = "work"
listen = "none"
`;
  writeFileSync(file, toml, {mode: 0o600});
  return {home, file};
}

test('«appsup scale» without a supervisor writes the file, and says from when on it counts', async (t) => {
  const {home, file} = await homeWithApp(t);
  const {code, stdout} = await home.appsup('scale', 'hello=3', 'hello:asgi=2');
  t.is(code, 0);
  t.is(
    stdout,
    'hello:web  workers 2 -> 3  from its next start on\nhello:asgi  numprocs 1 -> 2  from its next start on\n',
  );
  t.regex(readFileSync(file, 'utf8'), /^gunicorn = "wsgi:application" {2}# the app\nworkers {2}= 3\n/m);
  t.regex(readFileSync(file, 'utf8'), /^command = "work"\nnumprocs = 2\n/m);
  t.is((await home.appsup('scale', 'hello:web=3')).stdout, 'hello:web  workers 3, as before\n');
});

const REFUSED: readonly (readonly [string, number, RegExp])[] = [
  ['hello', 2, /expected a name, "=" and a number from 1 on\n {2}hint: appsup scale APP:PROGRAM=N/],
  ['hello:web=0', 2, /hint: to have none of it is: appsup stop APP:PROGRAM/],
  ['hello:web=-1', 2, /expected a name/],
  ['hello:web=1e3', 2, /expected a name/],
  ['=2', 2, /an app's name has letters/],
  ['hello:nothing=2', 1, /Cannot find the program "nothing" in hello/],
  ['hello:web=9999', 1, /^Cannot scale "hello:web" to 9999: .*workers/],
  ['hello:asgi=101', 1, /^Cannot scale "hello:asgi" to 101: .*numprocs/],
];
for (const [word, code, message] of REFUSED) {
  test(`«appsup scale ${word}» is refused, and the file stays`, async (t) => {
    const {home, file} = await homeWithApp(t);
    const before = readFileSync(file, 'utf8');
    const ran = await home.appsup('scale', word);
    t.is(ran.code, code);
    t.regex(ran.stderr, message);
    t.is(readFileSync(file, 'utf8'), before);
  });
}
