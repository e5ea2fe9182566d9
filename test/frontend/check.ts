import {chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {apacheMinimalSnippet, apacheSnippet} from '../../src/frontend/apache.ts';
import {checkSnippet} from '../../src/frontend/check.ts';
import type {CheckOptions} from '../../src/frontend/check.ts';
import {nginxSnippet} from '../../src/frontend/nginx.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';
import {testWith} from '../helpers/tools.ts';

const INPUT = {
  user: 'alice',
  app: 'tasks',
  mount: '/alice_tasks',
  upstream: {protocol: 'http', kind: 'tcp', port: 20_140},
  date: '2026-11-20',
} as const;
const PRINTERS = {apache: apacheSnippet, 'apache-minimal': apacheMinimalSnippet, nginx: nginxSnippet};

/** Only programs of the test's own. */
function fakeServer(t: ExecutionContext, name: string, script: string): CheckOptions {
  const folder = temporaryDirectory(t);
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(folder, name), 0o755);
  return {env: {}, folders: [folder], directory: placeFor(t)};
}

function placeFor(t: ExecutionContext): string {
  const directory = path.join(temporaryDirectory(t), 'run');
  mkdirSync(directory, {mode: 0o700});
  return directory;
}

for (const front of ['apache', 'apache-minimal', 'nginx'] as const) {
  const tool = front === 'nginx' ? 'nginx' : 'apache2';

  testWith(
    [tool],
    `checkSnippet() has the real ${tool} accept the ${front} snippet in every prefix mode`,
    async (t) => {
      const directory = placeFor(t);
      for (const more of [{prefix: 'keep'}, {prefix: 'strip'}, {prefix: 'none', mount: ''}] as const) {
        const result = await checkSnippet(PRINTERS[front]({...INPUT, ...more}), front, {env: {}, directory});
        t.like(result, {checked: true, ok: true, message: 'Syntax OK', line: undefined});
        t.regex(result.checked ? result.version : '', front === 'nginx' ? /^nginx\/1\./ : /^Apache\/2\.4/);
      }
      t.deepEqual(readdirSync(directory), []);
    },
  );
}

testWith(['apache2'], 'checkSnippet() gives the line of a mistake in an Apache snippet', async (t) => {
  const text = apacheSnippet({...INPUT, prefix: 'keep'}).replace('ProxyPreserveHost', 'ProxyPreservHost');
  const result = await checkSnippet(text, 'apache', {env: {}});
  t.like(result, {checked: true, ok: false, line: 8});
  t.regex(result.checked ? result.message : '', /^line 8: Invalid command 'ProxyPreservHost'/);
  const open = await checkSnippet('<Location "/x/">\n', 'apache', {env: {}});
  t.like(open, {checked: true, ok: false, line: 1, message: 'line 1: <Location> was not closed.'});
});

testWith(['nginx'], 'checkSnippet() gives the line of a mistake in an nginx snippet', async (t) => {
  const text = nginxSnippet({...INPUT, prefix: 'keep'}).replace('proxy_http_version', 'proxy_http_versio');
  const result = await checkSnippet(text, 'nginx', {env: {}});
  t.like(result, {
    checked: true,
    ok: false,
    line: 7,
    message: 'line 7: unknown directive "proxy_http_versio"',
  });
});

test('checkSnippet() says «not checked» where there is no such program', async (t) => {
  const nowhere = {env: {PATH: '.:relative:/nonexistent'}, folders: []};
  t.deepEqual(await checkSnippet('', 'apache', nowhere), {
    checked: false,
    reason: 'no apache2 or httpd on this host',
  });
  t.deepEqual(await checkSnippet('', 'nginx', nowhere), {checked: false, reason: 'no nginx on this host'});
});

test('checkSnippet() says «not checked» where it may not write', async (t) => {
  const {folders} = fakeServer(t, 'nginx', 'exit 0');
  const result = await checkSnippet('', 'nginx', {env: {}, folders, directory: '/proc'});
  t.false(result.checked);
  t.regex(result.checked ? '' : result.reason, /^no place for the files of the check/);
});

test('checkSnippet() gives up on a program that does not answer, and leaves no files', async (t) => {
  const options = fakeServer(t, 'nginx', 'exec sleep 600');
  const result = await checkSnippet('', 'nginx', {...options, timeoutMs: 300});
  t.false(result.checked);
  t.regex(result.checked ? '' : result.reason, /did not answer within 0.3 s$/);
  t.deepEqual(readdirSync(options.directory ?? ''), []);
});

test('checkSnippet() gives the first line of a complaint that is about no line', async (t) => {
  const options = fakeServer(
    t,
    'nginx',
    'echo "nginx version: nginx/1.0.15" >&2; [ "$1" = -V ] || { echo "out of paper"; exit 1; }',
  );
  const result = await checkSnippet('', 'nginx', options);
  t.like(result, {checked: true, ok: false, version: 'nginx/1.0.15', line: undefined});
});

test('checkSnippet() does not ask an old nginx for an option that it lacks', async (t) => {
  const seen = path.join(temporaryDirectory(t), 'seen');
  const script = (version: string) => `echo "nginx version: nginx/${version}" >&2; echo "$@" >> ${seen}`;
  await checkSnippet('', 'nginx', fakeServer(t, 'nginx', script('1.18.0')));
  t.notRegex(readFileSync(seen, 'utf8'), /-e/);
  await checkSnippet('', 'nginx', fakeServer(t, 'nginx', script('1.19.5')));
  t.regex(readFileSync(seen, 'utf8'), /-t -e stderr -p/);
});
