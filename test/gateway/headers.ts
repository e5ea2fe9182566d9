import test from 'ava';
import fc from 'fast-check';

import {
  bodyOf,
  mendCookie,
  mendLocation,
  refusal,
  requestHeaders,
  responseHeaders,
  visitorOf,
} from '../../src/gateway/headers.ts';
import {route} from '../helpers/gateway-world.ts';

const VISITOR = {address: '192.0.2.7', proto: 'https', host: 'eco.example.org'} as const;

function head(
  headers: Readonly<Record<string, string>>,
  changes: Partial<Parameters<typeof refusal>[0]> = {},
) {
  const rawHeaders = Object.entries(headers).flat();
  return {method: 'GET', url: '/a', httpVersion: '1.1', headers, rawHeaders, ...changes};
}

test('visitorOf() believes the last entry of each list, which is the front end’s own', (t) => {
  const rows = [
    [{host: 'a.example'}, {address: '127.0.0.1', proto: 'http', host: 'a.example'}],
    [{host: 'a.example', 'x-forwarded-for': '192.0.2.7'}, {address: '192.0.2.7'}],
    [{host: 'a.example', 'x-forwarded-for': '10.9.8.7, 192.0.2.7'}, {address: '192.0.2.7'}],
    [{host: 'a.example', 'x-forwarded-for': '2001:db8::1'}, {address: '2001:db8::1'}],
    [{host: 'a.example', 'x-forwarded-for': 'evil" -'}, {address: '127.0.0.1'}],
    [{host: 'a.example', 'x-forwarded-for': '192.0.2.7,'}, {address: '127.0.0.1'}],
    [{host: 'a.example', 'x-forwarded-proto': 'https'}, {proto: 'https'}],
    [{host: 'a.example', 'x-forwarded-proto': 'https, http'}, {proto: 'http'}],
    [{host: 'a.example', 'x-forwarded-proto': 'gopher'}, {proto: 'http'}],
    [{host: 'a.example', 'x-forwarded-host': 'b.example'}, {host: 'a.example'}],
    [{host: '127.0.0.1:20140', 'x-forwarded-host': 'evil.example, b.example'}, {host: 'b.example'}],
    [{host: 'localhost', 'x-forwarded-host': 'b.example:8443'}, {host: 'b.example:8443'}],
    [{host: '127.0.0.1:20140', 'x-forwarded-host': 'b/../evil'}, {host: '127.0.0.1:20140'}],
    [{}, {host: undefined}],
  ] as const;
  for (const [headers, wanted] of rows)
    t.like(visitorOf(headers, '127.0.0.1'), wanted, JSON.stringify(headers));
  t.is(visitorOf({}, undefined).address, '127.0.0.1');
});

test('requestHeaders() passes on what is the visitor’s, and says itself what an app may believe of its front end', (t) => {
  const spoofed = {
    host: '127.0.0.1:20140',
    cookie: 'a=1',
    authorization: 'Basic x',
    accept: '*/*',
    'x-csrf-token': '1',
    'x-forwarded-for': '10.9.8.7, 192.0.2.7',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-prefix': '/evil',
    'x-forwarded-ssl': 'on',
    'x-forwarded-protocol': 'ssl',
    'x-forwarded-port': '1',
    'x-forwarded-server': 'evil',
    'x-forwarded-user': 'root',
    'x-forwarded': 'for=1',
    forwarded: 'for=10.9.8.7',
    'x-real-ip': '10.9.8.7',
    'x-scheme': 'https',
    'x-original-url': '/admin',
    'x-rewrite-url': '/admin',
    'front-end-https': 'on',
    proxy: 'http://evil',
    'remote-user': 'root',
    script_name: '/evil',
    'script-name': '/evil',
    path_info: '/evil',
    x_forwarded_for: '10.9.8.7',
    remote_user: 'root',
    expect: '100-continue',
    te: 'trailers',
    upgrade: 'h2c',
    'http2-settings': 'x',
    connection: 'keep-alive, X-Hop, Upgrade, HTTP2-Settings',
    'x-hop': '1',
  };
  const kept = {
    host: 'eco.example.org',
    cookie: 'a=1',
    authorization: 'Basic x',
    accept: '*/*',
    'x-csrf-token': '1',
    'x-forwarded-for': '192.0.2.7',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'eco.example.org',
  };
  t.deepEqual(requestHeaders(head(spoofed), {visitor: VISITOR, route: route()}), kept);
  t.deepEqual(requestHeaders(head(spoofed), {visitor: VISITOR, route: route({prefix: 'strip'})}), {
    ...kept,
    'x-forwarded-prefix': '/alice/tasks',
  });
  t.deepEqual(requestHeaders(head(spoofed), {visitor: VISITOR, route: route(), upgrade: true}), {
    ...kept,
    connection: 'Upgrade',
    upgrade: 'websocket',
  });
});

test('requestHeaders() keeps the framing: a length, chunks, or no body at all', (t) => {
  const framing = (headers: Readonly<Record<string, string>>, method = 'POST') => {
    const {'content-length': length, 'transfer-encoding': coding} = requestHeaders(head(headers, {method}), {
      visitor: VISITOR,
      route: route(),
    });
    return [length, coding];
  };
  t.deepEqual(framing({'content-length': '5'}), ['5', undefined]);
  t.deepEqual(framing({'transfer-encoding': 'Chunked'}), [undefined, 'chunked']);
  t.deepEqual(framing({}), ['0', undefined]);
  t.deepEqual(framing({}, 'GET'), [undefined, undefined]);
  t.deepEqual(framing({'content-length': '5', connection: 'content-length'}), ['5', undefined]);
});

test('refusal() finds what two servers could read differently', (t) => {
  const good = {host: 'x'};
  t.is(refusal(head(good)), undefined);
  t.is(refusal(head({}, {httpVersion: '1.0'})), undefined);
  t.is(refusal(head(good, {url: '/a%2Fb//c/../d?e=[f]\\|`'})), undefined);
  t.is(refusal(head({host: '[::1]:80'})), undefined);
  t.is(refusal(head({...good, 'transfer-encoding': 'chunked'})), undefined);
  const rows = [
    head(good, {url: 'http://x/a'}),
    head(good, {url: '*'}),
    head(good, {url: '/a#b'}),
    head(good, {url: '/a b'}),
    head(good, {url: '/a\x7f'}),
    head(good, {url: undefined}),
    head({}),
    head({host: 'x y'}),
    head({host: 'x@y'}),
    head({host: ''}),
    head(good, {rawHeaders: ['Host', 'x', 'hOST', 'x']}),
    head({...good, 'transfer-encoding': 'chunked'}, {httpVersion: '1.0'}),
    head({...good, 'transfer-encoding': 'chunked', 'content-length': '1'}),
    head({...good, 'transfer-encoding': 'chunked, chunked'}),
    head({...good, 'transfer-encoding': 'identity'}),
  ];
  for (const row of rows) t.is(refusal(row)?.status, 400, JSON.stringify(row));
  for (const method of ['TRACE', 'TRACK', 'CONNECT']) t.is(refusal(head(good, {method}))?.status, 405);
});

test('bodyOf() is no body without a length or chunks', (t) => {
  t.deepEqual(bodyOf({}), {kind: 'none'});
  t.deepEqual(bodyOf({'content-length': '0'}), {kind: 'none'});
  t.deepEqual(bodyOf({'content-length': '7'}), {kind: 'length', bytes: 7});
  t.deepEqual(bodyOf({'transfer-encoding': 'chunked'}), {kind: 'chunked'});
});

test('responseHeaders() keeps names, order and doubles, and drops what is of one connection', (t) => {
  const sent = [
    ['Server', 'app'],
    ['Connection', 'close, X-Hop'],
    ['X-Hop', '1'],
    ['Keep-Alive', 'timeout=5'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '5'],
    ['Set-Cookie', 'a=1; Path=/; HttpOnly'],
    ['set-cookie', 'b=2; path=/alice/tasks/x'],
    ['Location', '/elsewhere'],
  ].flat();
  t.deepEqual(responseHeaders(sent, {visitor: VISITOR, route: route()}), [
    ...['Server', 'app'],
    ...['Set-Cookie', 'a=1; Path=/alice/tasks/; HttpOnly'],
    ...['set-cookie', 'b=2; path=/alice/tasks/x'],
    ...['Location', '/elsewhere'],
  ]);
});

test('responseHeaders() has nginx pass events on at once, unless the app decides', (t) => {
  const of = (...raw: readonly string[]) => responseHeaders(raw, {visitor: VISITOR, route: route()});
  t.deepEqual(of('Content-Type', 'text/event-stream'), [
    'Content-Type',
    'text/event-stream',
    'X-Accel-Buffering',
    'no',
  ]);
  t.deepEqual(of('X-Accel-Buffering', 'yes', 'Content-Type', 'text/event-stream').length, 4);
  t.deepEqual(of('Content-Type', 'text/html').length, 2);
});

test('mendCookie() keeps cookies below the mount', (t) => {
  const keep = {mount: '/alice/tasks', prefix: 'keep'} as const;
  const strip = {mount: '/alice/tasks', prefix: 'strip'} as const;
  t.is(mendCookie('a=1; Path=/', keep), 'a=1; Path=/alice/tasks/');
  t.is(mendCookie('a=1; path=/ ; Secure', keep), 'a=1; path=/alice/tasks/; Secure');
  t.is(mendCookie('a=1; Path=/other', keep), 'a=1; Path=/other');
  t.is(mendCookie('a=1', keep), 'a=1');
  t.is(mendCookie('a=1; Path=/x', strip), 'a=1; Path=/alice/tasks/x');
  t.is(mendCookie('a=1; Path=/alice/tasks/x', strip), 'a=1; Path=/alice/tasks/x');
  t.is(mendCookie('a=1; Path=/alice/tasksx', strip), 'a=1; Path=/alice/tasks/alice/tasksx');
  t.is(mendCookie('path=/; Path=/', strip), 'path=/; Path=/alice/tasks/');
});

test('mendLocation() puts redirects of an app that knows no mount below it, and leaves foreign ones', (t) => {
  const rows = {
    '/deep?x=1': '/alice/tasks/deep?x=1',
    '/': '/alice/tasks/',
    '/alice/tasks/deep': '/alice/tasks/deep',
    '/alice/tasks': '/alice/tasks',
    '/alice/tasksx': '/alice/tasks/alice/tasksx',
    'http://eco.example.org/deep': 'http://eco.example.org/alice/tasks/deep',
    'https://eco.example.org': 'https://eco.example.org/alice/tasks/',
    'https://eco.example.org/alice/tasks/x': 'https://eco.example.org/alice/tasks/x',
    'https://login.example.org/deep': 'https://login.example.org/deep',
    '//login.example.org/deep': '//login.example.org/deep',
    deep: 'deep',
    '../deep': '../deep',
    '?x=1': '?x=1',
  };
  for (const [location, wanted] of Object.entries(rows))
    t.is(mendLocation(location, '/alice/tasks', 'eco.example.org'), wanted, location);
});

const name = fc.stringMatching(/^[!#$%&'*+.^`|~a-z0-9_-]{1,12}$/);
const value = fc.stringMatching(/^[ -~]{0,12}$/);

test('no header of a visitor’s can make an app believe another visitor, scheme, host or mount', (t) => {
  const names = fc.oneof(
    name,
    fc.constantFrom(
      'connection',
      'x-forwarded-for',
      'x-forwarded-prefix',
      'forwarded',
      'script_name',
      'host',
      'x-hop',
    ),
  );
  fc.assert(
    fc.property(fc.dictionary(names, value), (headers) => {
      const got = requestHeaders(head(headers), {visitor: VISITOR, route: route()});
      t.is(got['x-forwarded-for'], '192.0.2.7');
      t.is(got['x-forwarded-proto'], 'https');
      t.is(got['x-forwarded-host'], 'eco.example.org');
      t.is(got['host'], 'eco.example.org');
      t.deepEqual(
        Object.keys(got).filter(
          (each) =>
            each.includes('_') || ['connection', 'forwarded', 'upgrade', 'x-forwarded-prefix'].includes(each),
        ),
        [],
      );
    }),
  );
});
