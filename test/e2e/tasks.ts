import {once} from 'node:events';
import {existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';

import test from 'ava';

import type {RunStatus} from '../../src/control/api.ts';
import {startPostgres} from '../helpers/postgres.ts';
import {Rig, alive, until} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

const WAITER = '[programs.queue]\ncommand = "sleep 1000"\n';

/** The last run of a task, out of its book. */
function lastRun(rig: Rig, app: string, name: string): RunStatus | undefined {
  const file = path.join(rig.paths.runs, `${app}.${name}`, 'book.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as {past: readonly RunStatus[]}).past[0];
}

testWith(
  ['postgresql'],
  'N6: reset-database stops the app first; a failing step 5 of 9 leaves a report and the app stopped, and --resume goes on',
  async (t) => {
    const postgres = await startPostgres();
    t.teardown(async () => await postgres.stop());
    const rig = Rig.create();
    t.teardown(async () => await rig.clean());
    const database = 'alice_backscope_db';
    const env = JSON.stringify(postgres.env).replaceAll('":"', '" = "');
    postgres.query('postgres', `create database ${database}`);
    // It holds a connection: with it, the database cannot be dropped.
    const {directory} = await rig.define(
      'backscope',
      `env = ${env}
[programs.web]
command = ["sh", "-c", "sleep 1000 | psql -q -d ${database}"]
listen = "none"
[tasks.reset]
recipe = "reset-database"
database = "${database}"
createdb = ["--encoding", "UTF8", "--template", "template0", "--locale", "C"]
dropdb = []
migrate = [
  "psql -q -d ${database} -c 'create table scores(n int)'",
  ["sh", "-c", "test -e mended || { echo 'relation \\"users\\" does not exist'; exit 3; }"],
  "psql -q -d ${database} -c 'insert into scores values (1)'",
  "psql -q -d ${database} -c 'insert into scores values (2)'",
  "true",
]
`,
    );
    await rig.define('other', WAITER);
    await rig.ok('start', 'all');
    const other = await rig.pid('other', 'queue');
    postgres.query(database, 'create table old(n int)');

    const unasked = await rig.appsup('run', 'backscope', 'reset');
    t.deepEqual(
      [unasked.code, unasked.stderr],
      [
        1,
        `Cannot run "reset" of backscope: it was not confirmed\n  hint: appsup run backscope reset --yes --confirm "${database}"\n`,
      ],
    );
    t.is((await rig.process('backscope')).state, 'running');

    const failed = await rig.appsup('run', 'backscope', 'reset', '--yes', '--confirm', database);
    t.is(failed.code, 3, failed.stderr);
    t.regex(
      failed.stdout,
      /^ 1\/9 {2}stop .*\n 2\/9 {2}dropdb alice_backscope_db .*\n 3\/9 {2}createdb --encoding UTF8/,
    );
    t.regex(
      failed.stderr,
      /^Cannot finish "reset" of backscope: failed at step 5 of 9, .*: exit 3\n {2}relation "users" does not exist\n! backscope is left stopped \(web\)\n! when it is put right: appsup run backscope reset --resume\n/,
    );
    t.is((await rig.process('backscope')).state, 'stopped');
    const report = lastRun(rig, 'backscope', 'reset');
    t.like(report, {result: 'failed', code: 3, stopped: ['web']});
    t.regex(readFileSync(report?.log ?? '', 'utf8'), /relation "users" does not exist/);
    t.is(statSync(report?.log ?? '').mode & 0o777, 0o600);

    writeFileSync(path.join(directory, 'mended'), '');
    const resumed = await rig.appsup('run', 'backscope', 'reset', '--resume', '--yes', '--confirm', database);
    t.is(resumed.code, 0, resumed.stderr);
    t.regex(resumed.stdout, /^ 5\/9 .*\n 6\/9 .*\n 7\/9 .*\n 8\/9 {2}true .*\n 9\/9 {2}start .*\ndone/);
    t.is(postgres.query(database, 'select string_agg(n::text, $$,$$) from scores'), '1,2');
    t.is(postgres.query(database, "select count(*) from pg_tables where tablename = 'old'"), '0');
    t.is((await rig.process('backscope')).state, 'running');
    t.is(await rig.pid('other', 'queue'), other);
  },
);

test('a hang-up leaves a task running, Ctrl-C ends it with all that it started, and a second task is told who runs', async (t) => {
  const rig = Rig.create();
  t.teardown(async () => await rig.clean());
  const {directory} = await rig.define(
    'app',
    `${WAITER}[tasks.long]
steps = ["./long", "touch ended"]
[tasks.other]
steps = ["true"]
`,
    {
      long: '#!/bin/sh\nsetsid sh -c "echo \\$\\$ > pid; exec sleep 996" &\ntouch begun\nuntil [ -e go ]; do sleep 0.05; done\n',
    },
  );
  const file = (name: string) => path.join(directory, name);
  await rig.ok('start', 'app');

  const lost = rig.begin('run', 'app', 'long');
  await until(() => existsSync(file('begun')) && existsSync(file('pid')), 'the begin of the task');
  lost.kill('SIGHUP');
  await once(lost, 'exit');
  const refused = await rig.appsup('run', 'app', 'other');
  t.is(refused.code, 1);
  t.regex(
    refused.stderr,
    /^Cannot run "other": "long" of app runs since \d+ s \(step 1 of 2: \.\/long\)\n {2}hint: wait for it, or end it: appsup run app long --cancel\n/,
  );
  writeFileSync(file('go'), '');
  await until(() => lastRun(rig, 'app', 'long')?.result === 'done', 'the end of the task');
  t.true(existsSync(file('ended')));
  t.false(alive(Number(readFileSync(file('pid'), 'utf8'))));

  for (const name of ['go', 'begun', 'ended', 'pid']) rmSync(file(name));
  const ended = rig.begin('run', 'app', 'long');
  await until(() => existsSync(file('begun')) && existsSync(file('pid')), 'the begin of the second run');
  ended.kill('SIGINT');
  await once(ended, 'exit');
  t.is(ended.exitCode, 1);
  t.like(lastRun(rig, 'app', 'long'), {result: 'cancelled'});
  t.false(alive(Number(readFileSync(file('pid'), 'utf8'))));
  t.false(existsSync(file('ended')));
});

test('a step that wants a terminal, a password or a directory that is gone says so at once', async (t) => {
  const server = http.createServer((_request, response) => {
    response.writeHead(401, {'WWW-Authenticate': 'Basic realm="code"'}).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const {port} = server.address() as AddressInfo;
  const rig = Rig.create();
  t.teardown(async () => await rig.clean());
  await rig.define(
    'app',
    `${WAITER}[tasks.tty]
steps = [["sh", "-c", "head -c 1 | wc -c; read answer < /dev/tty"]]
[tasks.password]
steps = ["git ls-remote http://127.0.0.1:${port}/code.git"]
[tasks.nowhere]
steps = [{ run = "true", directory = "gone" }]
[tasks.missing]
steps = ["no-such-program"]
`,
  );
  for (const [name, told] of [
    ['tty', /failed at step 1 of 1.*\n {2}0\n.*cannot open \/dev\/tty/s],
    ['password', /terminal prompts disabled/],
    ['nowhere', /the directory .*app\/gone does not exist/],
    ['missing', /there is no program no-such-program in PATH/],
  ] as const) {
    const {code, stderr} = await rig.appsup('run', 'app', name);
    t.not(code, 0, name);
    t.regex(stderr, told, name);
  }
});

test('if_changed and unless leave steps out; a dry run does nothing', async (t) => {
  const rig = Rig.create();
  t.teardown(async () => await rig.clean());
  const {directory} = await rig.define(
    'app',
    `${WAITER}[tasks.make]
steps = [
  { run = "touch packages", name = "packages", if_changed = "list.txt" },
  { run = "touch made", name = "make", unless = "test -e made" },
  ["sh", "-c", "test ! -e broken; echo \\"is at $(ls | wc -l)\\" > $APPSUP_NOTE; test ! -e broken"],
]
`,
    {'list.txt': 'a\n'},
  );
  const file = (name: string) => path.join(directory, name);
  const states = async () =>
    (await rig.appsup('run', 'app', 'make')).stdout
      .match(/^ \d\/3.*?(skipped|failed|[\d.]+ s)/gm)
      ?.map((line) => /skipped|failed/.exec(line)?.[0] ?? 'done');

  t.regex(
    await rig.ok('run', 'app', 'make', '--dry-run'),
    /^1\/3 {2}packages {2,}only when list\.txt has changed\n2\/3 {2}make {2,}unless test -e made ends well\n3\/3/,
  );
  t.deepEqual(readdirSync(directory), ['list.txt']);
  t.deepEqual(await states(), ['done', 'done', 'done']);
  t.deepEqual(await states(), ['skipped', 'skipped', 'done']);
  writeFileSync(file('list.txt'), 'b\n');
  writeFileSync(file('broken'), '');
  t.deepEqual(await states(), ['done', 'skipped', 'failed']);
  // It did not go well: what it depends on counts as changed until it does.
  rmSync(file('broken'));
  t.deepEqual(await states(), ['done', 'skipped', 'done']);
  t.regex(await rig.ok('run', 'app', 'make'), / 3\/3 .* is at 3\n/);
});

test('a task that floods its log is kept within the limits of the logs', async (t) => {
  const rig = Rig.create();
  t.teardown(async () => await rig.clean());
  await rig.define(
    'app',
    `${WAITER}[logs]
max_size = "1MB"
total = "3MB"
compress = false
[tasks.flood]
steps = [["sh", "-c", "yes a line that says nothing at all | head -c 60000000; echo the end"], "sleep 1"]
`,
  );
  await rig.ok('run', 'app', 'flood');
  const directory = path.join(rig.paths.logs, 'app/runs');
  const bytes = () =>
    readdirSync(directory).reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0);
  await until(() => bytes() < 5_000_000, 'the logs within their limits');
  t.regex(readFileSync(lastRun(rig, 'app', 'flood')?.log ?? '', 'utf8'), /the end\n$/);
});
