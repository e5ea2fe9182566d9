import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {appendFileSync, mkdirSync, renameSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {gzipSync} from 'node:zlib';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {homeWith} from '../helpers/cli.ts';
import type {Home} from '../helpers/cli.ts';

async function withLogs(t: ExecutionContext, logs: Readonly<Record<string, string>>): Promise<Home> {
  const home = await homeWith(t);
  for (const [name, text] of Object.entries(logs)) {
    const [app = '', process = ''] = name.split(':');
    mkdirSync(path.join(home.state, 'logs', app), {recursive: true});
    writeFileSync(path.join(home.state, 'logs', app, `${process}.log`), text);
  }
  return home;
}

test('«appsup logs APP» merges its programs by time, and names each line’s', async (t) => {
  const home = await withLogs(t, {
    'shop:web': '[2026-11-21 00:00:01 +0000] one\n[2026-11-21 00:00:03 +0000] three\n  more\n',
    'shop:queue': '2026-11-21T00:00:02Z two\n',
    'other:web': 'not this\n',
  });
  t.is(
    (await home.appsup('logs', 'shop')).stdout,
    [
      'shop:web   | [2026-11-21 00:00:01 +0000] one',
      'shop:queue | 2026-11-21T00:00:02Z two',
      'shop:web   | [2026-11-21 00:00:03 +0000] three',
      'shop:web   |   more',
      '',
    ].join('\n'),
  );
});

test('«appsup logs APP:PROGRAM» prints plain lines, -n of them', async (t) => {
  const home = await withLogs(t, {'shop:web': 'a\nb\nc\n', 'shop:queue_00': 'q\n', 'shop:queue_01': 'r\n'});
  t.is((await home.appsup('logs', '-n', '2', 'shop:web')).stdout, 'b\nc\n');
  t.is((await home.appsup('logs', 'shop:queue')).stdout, 'shop:queue_00 | q\nshop:queue_01 | r\n');
  t.is((await home.appsup('logs', '-n', '0', 'shop')).stdout, '');
});

test('«appsup logs --since» leaves out what is older', async (t) => {
  const recent = new Date(Date.now() - 5000).toISOString();
  const home = await withLogs(t, {'shop:web': `2020-01-01T00:00:00Z old\n  of it\n${recent} new\n`});
  t.is((await home.appsup('logs', '--since', '1h', 'shop')).stdout, `${recent} new\n`);
});

test('«appsup logs --json» says whose each line is, and when', async (t) => {
  const home = await withLogs(t, {'shop:web': '2026-11-21T00:00:01Z x\n'});
  t.deepEqual((await home.appsup('logs', '--json')).json(), [
    {app: 'shop', process: 'web', at: Date.UTC(2026, 10, 21, 0, 0, 1), line: '2026-11-21T00:00:01Z x'},
  ]);
});

test('«appsup logs» of an unknown app guesses, of a silent one says so', async (t) => {
  const home = await withLogs(t, {'shop:web': ''});
  const unknown = await home.appsup('logs', 'shpo');
  t.is(unknown.code, 1);
  t.regex(unknown.stderr, /did you mean "shop"\?/);
  t.is((await home.appsup('logs', 'shop')).stderr, '! nothing was printed yet\n');
});

test('«appsup logs -f» of a program that there is not guesses, and does not wait', async (t) => {
  const home = await withLogs(t, {'shop:web': ''});
  const apps = path.join(home.directory, '.config/appsup/apps');
  mkdirSync(apps, {recursive: true, mode: 0o700});
  const file = 'directory = "~"\n[programs.web]\ncommand = "x"\n[programs.queue]\ncommand = "y"\n';
  writeFileSync(path.join(apps, 'shop.toml'), file, {mode: 0o600});
  const {code, stderr} = await home.appsup('logs', '-f', 'shop:qeue');
  t.is(code, 1);
  t.regex(stderr, /no such program\n {2}hint: did you mean "queue"\?/);
});

test('«appsup logs -f» prints lines as they come, also of a process that starts later', async (t) => {
  const home = await withLogs(t, {'shop:web': 'old\n'});
  const main = path.join(import.meta.dirname, '../../src/cli/main.js');
  const env = {HOME: home.directory, APPSUP_STATE_DIR: home.state, PATH: process.env['PATH']};
  const child = spawn(process.execPath, [main, 'logs', '-f', '-n', '1', 'shop:web', 'shop:queue'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  const printed = async (part: string): Promise<void> => {
    while (!text.includes(part)) await once(child.stdout, 'data');
  };
  child.stdout.setEncoding('utf8').on('data', (some: string) => (text += some));
  await printed('old\n');
  appendFileSync(path.join(home.state, 'logs/shop/web.log'), 'new\n');
  await printed('new\n');
  writeFileSync(path.join(home.state, 'logs/shop/queue.log'), 'born\n');
  await printed('born\n');
  t.is(text, 'shop:web   | old\nshop:web   | new\nshop:queue | born\n');
});

test('«appsup logs -f --grep» follows the app’s own logs as well, and hints before it waits', async (t) => {
  const {code, directory, state} = await withDeclared(t, '["logs/api.log*", "logs/none"]');
  writeFileSync(path.join(code, 'logs/api.log'), '2026-11-21T00:00:01Z keep one\n');
  const main = path.join(import.meta.dirname, '../../src/cli/main.js');
  const env = {HOME: directory, APPSUP_STATE_DIR: state, PATH: process.env['PATH']};
  const child = spawn(process.execPath, [main, 'logs', '-f', '--grep', 'keep', 'shop'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let [text, hints] = ['', ''];
  const printed = async (part: string): Promise<void> => {
    while (!text.includes(part)) await once(child.stdout, 'data');
  };
  child.stdout.setEncoding('utf8').on('data', (some: string) => (text += some));
  child.stderr.setEncoding('utf8').on('data', (some: string) => (hints += some));
  await printed('one\n');
  appendFileSync(path.join(code, 'logs/api.log'), 'drop\nkeep two\n');
  await printed('two\n');
  renameSync(path.join(code, 'logs/api.log'), path.join(code, 'logs/api.log.1'));
  writeFileSync(path.join(code, 'logs/api.log'), 'keep three\n');
  await printed('three\n');
  appendFileSync(path.join(state, 'logs/shop/web.log'), 'drop\nkeep four\n');
  await printed('four\n');
  t.deepEqual(text.match(/keep \w+$/gm), ['keep one', 'keep two', 'keep three', 'keep four']);
  t.is(hints, `! There is no ${code}/logs/none yet: see log_files of shop\n`);
});

test('«appsup logs --grep» shows the last lines that match, from as far back as it takes', async (t) => {
  const home = await withLogs(t, {'shop:web': `first ERROR\n${'fine\n'.repeat(50_000)}last error: (x)\n`});
  t.is(
    (await home.appsup('logs', '--grep', '[Ee]rror|ERROR', 'shop')).stdout,
    'first ERROR\nlast error: (x)\n',
  );
  t.is((await home.appsup('logs', '--grep', 'ERROR|error', '-n', '1', 'shop')).stdout, 'last error: (x)\n');
  const none = await home.appsup('logs', '--grep=-x', 'shop');
  t.is(none.stdout, '');
  t.is(none.stderr, '! no line matches /-x/\n');
});

test('«appsup logs --grep» with a broken expression says what is wrong with it', async (t) => {
  const home = await withLogs(t, {'shop:web': 'x\n'});
  const {code, stderr} = await home.appsup('logs', '--grep', '(oops', 'shop');
  t.is(code, 2);
  t.regex(
    stderr,
    /^Cannot understand "--grep \(oops": unterminated group\n {2}hint: it is a regular expression/,
  );
});

/** A home with an app `shop` that declares logs of its own. */
async function withDeclared(t: ExecutionContext, logFiles: string): Promise<Home & {readonly code: string}> {
  const home = await withLogs(t, {'shop:web': '[2026-11-21 00:00:02 +0000] two\n'});
  const code = path.join(home.directory, 'shop');
  mkdirSync(path.join(code, 'logs'), {recursive: true});
  mkdirSync(path.join(home.directory, '.config/appsup/apps'), {recursive: true, mode: 0o700});
  writeFileSync(
    path.join(home.directory, '.config/appsup/apps/shop.toml'),
    `directory = "~/shop"\nlog_files = ${logFiles}\n[programs.web]\ncommand = "true"\n`,
  );
  return {...home, code};
}

test('«appsup logs APP» merges the app’s own logs by their own times, rotated ones in the order of age', async (t) => {
  const {code, appsup} = await withDeclared(t, '["logs/api.log*"]');
  writeFileSync(path.join(code, 'logs/api.log.2.gz'), gzipSync('{"asctime":"2026-11-20 23:00:00,000"}\n'));
  writeFileSync(path.join(code, 'logs/api.log.1'), '2026-11-21 00:00:00,500 before\n  its traceback\n');
  writeFileSync(
    path.join(code, 'logs/api.log'),
    '2026-11-21 00:00:01,000 one\n2026-11-21 00:00:03,000 three\n',
  );
  t.is(
    (await appsup('logs', 'shop')).stdout,
    [
      'shop:logs/api.log | {"asctime":"2026-11-20 23:00:00,000"}',
      'shop:logs/api.log | 2026-11-21 00:00:00,500 before',
      'shop:logs/api.log |   its traceback',
      'shop:logs/api.log | 2026-11-21 00:00:01,000 one',
      'shop:web          | [2026-11-21 00:00:02 +0000] two',
      'shop:logs/api.log | 2026-11-21 00:00:03,000 three',
      '',
    ].join('\n'),
  );
  t.is((await appsup('logs', 'shop:web')).stdout, '[2026-11-21 00:00:02 +0000] two\n');
  t.deepEqual((await appsup('logs', 'shop', '-n', '1', '--json')).json(), [
    {
      app: 'shop',
      process: null,
      file: path.join(code, 'logs/api.log'),
      at: Date.UTC(2026, 10, 21, 0, 0, 3),
      line: '2026-11-21 00:00:03,000 three',
    },
  ]);
});

test('«appsup logs --since» reads rotated logs of the app, and archives, only as far back as asked', async (t) => {
  const {code, state, appsup} = await withDeclared(t, '["logs/api.log*"]');
  const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
  writeFileSync(path.join(code, 'logs/api.log.1'), `${ago(90)} a\n${ago(50)} b\n`);
  writeFileSync(path.join(code, 'logs/api.log'), `${ago(30)} d\n`);
  writeFileSync(path.join(state, 'logs/shop/web.log.20261121T000000Z'), `${ago(80)} a\n${ago(40)} c\n`);
  writeFileSync(path.join(state, 'logs/shop/web.log'), `${ago(20)} e\n`);
  const {stdout} = await appsup('logs', 'shop', '--since', '1h');
  t.deepEqual(stdout.match(/\w$/gm), ['b', 'c', 'd', 'e']);
});

test('«appsup logs» of a declared log that is not there, unreadable or a pipe: one hint, and the others are shown', async (t) => {
  const {code, appsup} = await withDeclared(t, '["logs/api.log"]');
  const {stdout, stderr, code: exit} = await appsup('logs', 'shop');
  t.is(exit, 0);
  t.is(stdout, 'shop:web | [2026-11-21 00:00:02 +0000] two\n');
  t.is(stderr, `! There is no ${code}/logs/api.log yet: see log_files of shop\n`);
  execFileSync('mkfifo', [path.join(code, 'logs/api.log')]);
  t.regex(
    (await appsup('logs', 'shop')).stderr,
    /^! Cannot show .*api\.log: it is no plain file: see log_files of shop\n$/,
  );
});

test('«appsup logs» of an app whose file is broken says that its own logs are left out', async (t) => {
  const {directory, appsup} = await withDeclared(t, '["logs/api.log"]');
  appendFileSync(path.join(directory, '.config/appsup/apps/shop.toml'), 'nonsense = [');
  const {stdout, stderr} = await appsup('logs', 'shop');
  t.is(stdout, '[2026-11-21 00:00:02 +0000] two\n');
  t.regex(stderr, /^! the file of shop has mistakes, so its log_files are not shown: appsup check shop\n$/);
});

test('«appsup logs | head» ends without a complaint', async (t) => {
  const home = await withLogs(t, {'shop:web': 'x\n'.repeat(200_000)});
  const main = path.join(import.meta.dirname, '../../src/cli/main.js');
  const env = {HOME: home.directory, APPSUP_STATE_DIR: home.state, PATH: process.env['PATH']};
  const child = spawn(process.execPath, [main, 'logs', '-n', '200000', 'shop'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (some: string) => (complaint += some));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  await once(child, 'close');
  t.is(complaint, '');
});
