import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {appendFileSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

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
