import {chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {apacheMinimalSnippet, apacheSnippet} from '../../src/frontend/apache.ts';
import {apacheVersion, checkSnippet} from '../../src/frontend/check.ts';
import type {CheckOptions} from '../../src/frontend/check.ts';
import {htaccessSnippet} from '../../src/frontend/htaccess.ts';
import {nginxSnippet} from '../../src/frontend/nginx.ts';
import {FRONT_ENDS} from '../../src/frontend/snippet.ts';
import type {SnippetInput} from '../../src/frontend/snippet.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';
import {testWith} from '../helpers/tools.ts';

const INPUT = {
  user: 'alice',
  app: 'tasks',
  mount: '/alice_tasks',
  upstream: {protocol: 'http', kind: 'tcp', port: 20_140},
  date: '2026-11-20',
} as const;
const PRINTERS = {
  apache: apacheSnippet,
  'apache-minimal': apacheMinimalSnippet,
  htaccess: htaccessSnippet,
  nginx: nginxSnippet,
} as const;

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

const FILES = {
  statics: [
    {path: '/', directory: '/nonexistent/dist'},
    {path: '/media', directory: '/nonexistent/media'},
  ],
  fallback: 'index.html',
  passes: ['/api'],
  maintenance: 'Zurück "bald": 100% $x \\ {}',
  streaming: true,
} as const;
const SOCKET = {kind: 'unix', path: '/home/alice/run/tasks.sock'} as const;
const VARIANTS: Readonly<Record<string, Partial<SnippetInput>>> = {
  keep: {prefix: 'keep'},
  strip: {prefix: 'strip'},
  none: {prefix: 'none', mount: ''},
  'a socket': {upstream: {protocol: 'http', ...SOCKET}},
  'a socket, strip': {prefix: 'strip', upstream: {protocol: 'http', ...SOCKET}},
  uwsgi: {upstream: {protocol: 'uwsgi', kind: 'tcp', port: 20_140}},
  'uwsgi, a socket, strip': {prefix: 'strip', upstream: {protocol: 'uwsgi', ...SOCKET}},
  files: FILES,
  'files at the root': {...FILES, prefix: 'none', mount: ''},
  '2.4.6': {httpdVersion: '2.4.6', prefix: 'strip'},
  '2.4.46': {httpdVersion: '2.4.46', ...FILES},
};

for (const front of FRONT_ENDS) {
  const tool = front === 'nginx' ? 'nginx' : 'apache2';

  testWith(
    [tool],
    `C10: checkSnippet() has the real ${tool} accept the ${front} snippet in every prefix mode, over every transport, with files`,
    async (t) => {
      const directory = placeFor(t);
      for (const [name, more] of Object.entries(VARIANTS)) {
        const input: SnippetInput = {...INPUT, prefix: 'keep', ...more};
        if (front === 'htaccess' && (input.mount === '' || input.upstream.protocol === 'uwsgi')) continue;
        const result = await checkSnippet(PRINTERS[front](input), front, {env: {}, directory});
        t.like(result, {checked: true, ok: true, message: 'Syntax OK', line: undefined}, name);
        t.regex(result.checked ? result.version : '', front === 'nginx' ? /^nginx\/1\./ : /^Apache\/2\.4/);
      }
      t.deepEqual(readdirSync(directory), []);
    },
  );
}

testWith(['apache2'], 'checkSnippet() gives the line of a mistake in a .htaccess', async (t) => {
  const text = htaccessSnippet({...INPUT, prefix: 'keep'}).replace('RewriteEngine', 'RewriteEngin');
  t.like(await checkSnippet(text, 'htaccess', {env: {}}), {checked: true, ok: false, line: 5});
});

testWith(['apache2'], 'apacheVersion() is the version of the Apache of this host', async (t) => {
  t.regex((await apacheVersion({env: {}})) ?? '', /^2\.4\.\d+$/);
  t.is(await apacheVersion({env: {}, folders: []}), undefined);
  t.is(
    await apacheVersion({...fakeServer(t, 'httpd', 'echo "Server version: Apache/2.4.6 (CentOS)"')}),
    '2.4.6',
  );
  t.is(await apacheVersion({...fakeServer(t, 'httpd', 'exec sleep 600'), timeoutMs: 300}), undefined);
});

testWith(['apache2'], 'checkSnippet() gives the line of a mistake in an Apache snippet', async (t) => {
  const text = apacheSnippet({...INPUT, prefix: 'keep'}).replace('ProxyPreserveHost', 'ProxyPreservHost');
  const result = await checkSnippet(text, 'apache', {env: {}});
  t.like(result, {checked: true, ok: false, line: 11});
  t.regex(result.checked ? result.message : '', /^line 11: Invalid command 'ProxyPreservHost'/);
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
