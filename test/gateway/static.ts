import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {Route} from '../../src/gateway/routes.ts';
import {namesOf, placeFor} from '../../src/gateway/static.ts';
import type {Changes} from '../helpers/gateway-world.ts';
import {ask, raw, route, startApp, startGateway, statusesOf} from '../helpers/gateway-world.ts';

const M = '/alice/tasks';

async function world(t: ExecutionContext, place = '/static', front: Changes<Route>['front'] = {}) {
  const home = mkdtempSync(path.join(tmpdir(), 'as-static-'));
  t.teardown(() => rmSync(home, {recursive: true, force: true}));
  const directory = path.join(home, 'dist');
  mkdirSync(path.join(directory, 'sub'), {recursive: true});
  mkdirSync(path.join(directory, '.git'));
  mkdirSync(path.join(home, 'dist-other'));
  const files = {
    'style.css': 'body {}',
    'index.html': '<p>start',
    'sub/index.html': '<p>sub',
    'sub/a b+ü.txt': 'odd',
    'data.bin': '0123456789',
    empty: '',
    '.env': 'SECRET=1',
    '.git/config': 'secret',
    '../secret.txt': 'secret',
    '../dist-other/x.txt': 'secret',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
  utimesSync(path.join(directory, 'data.bin'), 1_700_000_000, 1_700_000_000);
  symlinkSync('../secret.txt', path.join(directory, 'out.txt'));
  symlinkSync('..', path.join(directory, 'up'));
  symlinkSync('../dist-other', path.join(directory, 'beside'));
  symlinkSync('.env', path.join(directory, 'env.txt'));
  symlinkSync('style.css', path.join(directory, 'link.css'));
  symlinkSync('nowhere', path.join(directory, 'dangling'));
  execFileSync('mkfifo', [path.join(directory, 'pipe')]);
  const app = await startApp(t, (request, response) => response.end(`app ${request.url}`));
  const statics = [{path: place, directory}];
  const it = await startGateway(t, [
    route({upstream: {kind: 'tcp', port: app.port}, front: {statics, ...front}}),
  ]);
  return {
    ...it,
    get: async (url: string, options = {}) => await ask(it.port, `${M}${url}`, options),
    directory,
  };
}

test('files are served with what a browser needs to keep them', async (t) => {
  const {get} = await world(t);
  const answer = await get('/static/style.css?v=1');
  t.deepEqual([answer.status, answer.body], [200, 'body {}']);
  const {etag, 'last-modified': modified, ...headers} = answer.headers;
  t.like(headers, {
    'content-type': 'text/css; charset=utf-8',
    'content-length': '7',
    'accept-ranges': 'bytes',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  t.regex(etag ?? '', /^"7-[0-9a-f]+"$/);
  t.is((await get('/static/style.css', {headers: {'if-none-match': etag}})).status, 304);
  t.is((await get('/static/style.css', {headers: {'if-modified-since': modified}})).status, 304);
  const bare = await get('/static/style.css', {method: 'HEAD'});
  t.deepEqual([bare.status, bare.body, bare.headers['content-length']], [200, '', '7']);
  t.is((await get('/static/sub/a%20b+%C3%BC.txt')).body, 'odd');
  t.is((await get('/static/link.css')).body, 'body {}');
  t.deepEqual(
    [(await get('/static/empty')).status, (await get('/static/empty')).headers['content-type']],
    [200, 'application/octet-stream'],
  );
});

test('parts of files are served', async (t) => {
  const {get} = await world(t);
  const part = await get('/static/data.bin', {headers: {range: 'bytes=2-4'}});
  t.deepEqual([part.status, part.body, part.headers['content-range']], [206, '234', 'bytes 2-4/10']);
  const none = await get('/static/data.bin', {headers: {range: 'bytes=10-'}});
  t.deepEqual([none.status, none.body, none.headers['content-range']], [416, '', 'bytes */10']);
  t.is(
    (await get('/static/data.bin', {headers: {range: 'bytes=2-4', 'if-range': '"x"'}})).body,
    '0123456789',
  );
});

test('a directory is its index.html, with a slash', async (t) => {
  const {get} = await world(t);
  t.is((await get('/static/')).body, '<p>start');
  t.is((await get('/static/sub/')).body, '<p>sub');
  const bare = await get('/static/sub?a=1');
  t.deepEqual([bare.status, bare.headers.location], [308, `${M}/static/sub/?a=1`]);
  t.is((await get('/static')).headers.location, `${M}/static/`);
});

test('nothing outside of the directory, nothing hidden, and nothing that is no file is served', async (t) => {
  const {get, port} = await world(t);
  const paths = [
    '/static/none',
    '/static/.env',
    '/static/%2eenv',
    '/static/.git/config',
    '/static/../secret.txt',
    '/static/%2e%2e/secret.txt',
    '/static/..%2fsecret.txt',
    '/static/sub/../../secret.txt',
    '/static/sub%2f..%2f..%2fsecret.txt',
    '/static/..%5csecret.txt',
    '/static//../secret.txt',
    '/static/%00',
    '/static/style.css%00.txt',
    '/static/%zz',
    '/static/%c0%ae%c0%ae/secret.txt',
    '/static/out.txt',
    '/static/up/secret.txt',
    '/static/beside/x.txt',
    '/static/env.txt',
    '/static/dangling',
    '/static/pipe',
    '/static/style.css/',
    `/static/${'x'.repeat(300)}`,
  ];
  for (const each of paths) {
    const text = await raw(port, `GET ${M}${each} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    t.deepEqual(statusesOf(text), [404], each);
    t.notRegex(text, /secret|SECRET/, each);
  }
  t.is((await get('/static/style.css', {method: 'POST', body: 'x'})).status, 404);
});

test('what is beside the place is the app’s; below a place at the root, only what is passed on', async (t) => {
  const beside = await world(t);
  t.is((await beside.get('/staticx')).body, `app ${M}/staticx`);
  t.is((await beside.get('/')).body, `app ${M}/`);
  const root = await world(t, '/', {passes: ['/api']});
  t.is((await root.get('/style.css')).body, 'body {}');
  t.is((await root.get('/')).body, '<p>start');
  t.is((await root.get('/api/x?y')).body, `app ${M}/api/x?y`);
  t.is((await root.get('/apix')).status, 404);
  t.is((await root.get('/style.css', {method: 'POST'})).status, 404);
});

test('a page that does its own routing is served where no file is', async (t) => {
  const {get} = await world(t, '/', {passes: ['/api'], fallback: 'index.html'});
  t.is((await get('/style.css')).body, 'body {}');
  for (const page of ['/deep/page', '/sub/none', '/none.js']) t.is((await get(page)).body, '<p>start', page);
  t.is((await get('/api/none')).body, `app ${M}/api/none`);
  t.is((await get('/%2e%2e/secret.txt')).status, 404);
});

test('placeFor() takes the longest path, of what is served and of what is passed on', (t) => {
  const statics = ['/', '/static', '/api/docs'].map((path) => ({path, directory: `/srv${path}`}));
  const it = route({front: {statics, passes: ['/api', '/static/live']}});
  const rows = {
    '/': '/',
    '/x': '/',
    '/static': '/static',
    '/static/x': '/static',
    '/staticx': '/',
    '/static/live/x': undefined,
    '/api': undefined,
    '/api/docs/x': '/api/docs',
  };
  for (const [rest, path] of Object.entries(rows)) t.is(placeFor({route: it, rest})?.path, path, rest);
});

test('namesOf() is undefined for every path that is not plainly a file’s', (t) => {
  t.deepEqual(namesOf('/a//b%20c/'), ['a', 'b c']);
  t.deepEqual(namesOf(''), []);
  for (const path of ['/.', '/..', '/a/..', '/%2e%2e/a', '/a%2fb', '/a%5cb', '/a%00', '/%', '/.a', '/a/.b'])
    t.is(namesOf(path), undefined, path);
});
