import test from 'ava';
import fc from 'fast-check';

import {apacheMinimalSnippet, apacheSnippet} from '../../src/frontend/apache.ts';
import {nginxSnippet} from '../../src/frontend/nginx.ts';
import {parseRequest, REQUEST_LIMITS, serializeRequest} from '../../src/frontend/request.ts';
import type {PublishedRequest} from '../../src/frontend/request.ts';

const REQUEST: PublishedRequest = {
  version: 1,
  user: 'alice',
  host: 'eco.example.ac.uk',
  app: 'flasktasks',
  mount: '/alice_flasktasks',
  prefix: 'keep',
  upstream: {protocol: 'http', kind: 'tcp', port: 20_140},
  statics: [{path: '/static', directory: '/home/alice/flask-tasks/dist'}],
  bodyLimitMb: 100,
  timeoutS: 300,
  date: '2026-11-20',
  front: 'apache',
};

const problemOf = (text: string | Uint8Array) => {
  const parsed = parseRequest(text);
  return parsed.ok ? 'none' : parsed.problem;
};
/** The request with one key set to anything. */
const withKey = (key: string, value: unknown) => JSON.stringify({...REQUEST, [key]: value});
const withUpstream = (upstream: unknown) => withKey('upstream', upstream);

test('serializeRequest() writes one key per line, always in the same order', (t) => {
  const text = serializeRequest({...REQUEST, statics: []});
  const turned = Object.fromEntries(Object.entries({...REQUEST, statics: []}).toReversed());
  t.is(serializeRequest(turned as unknown as PublishedRequest), text);
  t.is(
    text,
    `{
  "version": 1,
  "user": "alice",
  "host": "eco.example.ac.uk",
  "app": "flasktasks",
  "mount": "/alice_flasktasks",
  "prefix": "keep",
  "upstream": {
    "protocol": "http",
    "kind": "tcp",
    "port": 20140
  },
  "statics": [],
  "bodyLimitMb": 100,
  "timeoutS": 300,
  "date": "2026-11-20",
  "front": "apache"
}
`,
  );
});

const SOCKET = {protocol: 'uwsgi', kind: 'unix', path: '/home/alice/.appsup/run/tasks.sock'} as const;

test('parseRequest() gives back what serializeRequest() wrote', (t) => {
  const requests: readonly PublishedRequest[] = [
    REQUEST,
    {...REQUEST, statics: [], text: '# >>> "anything" >>>\nÄ\u0000'},
    {...REQUEST, upstream: SOCKET},
    {...REQUEST, mount: '', prefix: 'none'},
    {
      ...REQUEST,
      statics: [{path: '/', directory: '/home/alice/dist'}],
      fallback: 'index.html',
      passes: ['/api', '/ws'],
    },
    {...REQUEST, maintenance: 'Zurück um 5 "%{x}" $host; }', streaming: true},
    {...REQUEST, mount: '/~alice/tasks', prefix: 'strip', front: 'nginx'},
  ];
  for (const request of requests) t.deepEqual(parseRequest(serializeRequest(request)), {ok: true, request});
});

test('serializeRequest() writes nothing that parseRequest() would refuse', (t) => {
  t.throws(() => serializeRequest({...REQUEST, app: 'a b'}), {message: /"app" may not be "a b"/});
  t.throws(() => serializeRequest({...REQUEST, text: 'x'.repeat(REQUEST_LIMITS.bytes)}), {message: /bytes/});
});

const NO_PORT = '"port" may not be ';
/** What stands in the file → what is said of it. */
const REFUSED: Readonly<Record<string, readonly (readonly [text: string, problem: string])[]>> = {
  'a text that is no JSON object': [
    ['', 'it is not JSON'],
    ['{', 'it is not JSON'],
    ['{}{}', 'it is not JSON'],
    ['null', 'the request may not be null'],
    ['[]', 'the request may not be a list'],
    ['"x"', 'the request may not be "x"'],
    ['7', 'the request may not be 7'],
    ['\uFEFF{}', 'it is not JSON'],
    ['['.repeat(60_000), 'it is not JSON'],
    ['['.repeat(30_000) + ']'.repeat(30_000), 'the request may not be a list'],
  ],
  'keys that it does not know': [
    [withKey('socket', '/x'), 'the key "socket" is not known'],
    [withKey('constructor', {}), 'the key "constructor" is not known'],
    [withUpstream({...REQUEST.upstream, host: '10.0.0.1'}), 'the key "host" is not known'],
    ['{"__proto__": {"version": 1}}', 'the key "__proto__" is not known'],
    [withUpstream(JSON.parse('{"__proto__": {"protocol": "http"}}')), 'the key "__proto__" is not known'],
  ],
  'what objects inherit': [
    ['{}', 'version missing is not known here, only 1'],
    [withKey('user', undefined), '"user" may not be missing'],
  ],
  'another version': [
    [withKey('version', 2), 'version 2 is not known here, only 1'],
    [withKey('version', '1'), 'version "1" is not known here, only 1'],
  ],
  'values of another kind': [
    [withKey('app', ['flasktasks']), '"app" may not be a list'],
    [withKey('mount', {toString: '/x'}), '"mount" may not be a table'],
    [withKey('user', 7), '"user" may not be 7'],
    [withKey('bodyLimitMb', '100'), '"bodyLimitMb" may not be "100"'],
    [withKey('timeoutS', true), '"timeoutS" may not be true'],
    [withKey('text', {}), '"text" may not be a table'],
    [withKey('statics', {}), '"statics" may not be a table'],
    [withUpstream([]), '"upstream" may not be a list'],
  ],
  'names with characters of a configuration': [
    [withKey('user', 'alice"'), '"user" may not be "alice\\""'],
    [withKey('app', 'a\nProxyPass'), '"app" may not be "a\\nProxyPass"'],
    [withKey('app', '../x'), '"app" may not be "../x"'],
    [withKey('host', 'a b'), '"host" may not be "a b"'],
    [withKey('host', ''), '"host" may not be ""'],
  ],
  'mounts that are no plain path': [
    [withKey('mount', '/a/../b'), '"mount" may not be "/a/../b"'],
    [withKey('mount', '/(.*)'), '"mount" may not be "/(.*)"'],
    [withKey('mount', '/%{HTTP_HOST}'), '"mount" may not be "/%{HTTP_HOST}"'],
    [withKey('mount', '/$host'), '"mount" may not be "/$host"'],
    [withKey('mount', '/a;}'), '"mount" may not be "/a;}"'],
    [withKey('mount', '/'), '"mount" may not be "/"'],
    [withKey('mount', ''), '"mount" may not be ""'],
    [withKey('mount', `/${'x'.repeat(300)}`), `"mount" may not be "/${'x'.repeat(59)}"...`],
  ],
  'upstreams that are no port and no plain path': [
    [withUpstream({protocol: 'http', kind: 'tcp', port: 80}), `${NO_PORT}80`],
    [withUpstream({protocol: 'http', kind: 'tcp', port: 20_140.5}), `${NO_PORT}20140.5`],
    [withUpstream({protocol: 'http', kind: 'tcp', port: '20140'}), `${NO_PORT}"20140"`],
    ['{"version":1,"upstream":{"protocol":"http","kind":"tcp","port":1e999}}', '"user" may not be missing'],
    [withUpstream({protocol: 'http', kind: 'tcp'}), `${NO_PORT}missing`],
    [withUpstream({protocol: 'ftp', kind: 'tcp', port: 20_140}), '"protocol" may not be "ftp"'],
    [withUpstream({protocol: 'http', kind: 'udp', port: 20_140}), '"kind" may not be "udp"'],
    [withUpstream({...SOCKET, port: 20_140}), '"port" and "path" exclude each other'],
    [withUpstream({...SOCKET, path: 'run/x.sock'}), '"path" may not be "run/x.sock"'],
    [withUpstream({...SOCKET, path: '/home/alice/../bob/x'}), '"path" may not be "/home/alice/../bob/x"'],
    [withUpstream({...SOCKET, path: '/home//alice'}), '"path" may not be "/home//alice"'],
    [withUpstream({...SOCKET, path: '/a|http://evil/'}), '"path" may not be "/a|http://evil/"'],
    [withUpstream({...SOCKET, path: `/${'x'.repeat(107)}`}), `"path" may not be "/${'x'.repeat(59)}"...`],
  ],
  'statics that leave their place': [
    [withKey('statics', [{path: '/../x', directory: '/home/alice'}]), '"path" may not be "/../x"'],
    [withKey('statics', [{path: '/.git', directory: '/home/alice'}]), '"path" may not be "/.git"'],
    [withKey('statics', [{path: '/s', directory: '/home/a b"'}]), '"directory" may not be "/home/a b\\""'],
    [withKey('statics', [{path: '/s', directory: '/home/x/..'}]), '"directory" may not be "/home/x/.."'],
    [withKey('statics', [{path: '/s', directory: '/'}]), '"directory" may not be "/"'],
    [withKey('statics', ['x']), 'an entry of "statics" may not be "x"'],
    [withKey('statics', Array.from({length: 33})), '"statics" has 33 entries, at most 32 are read'],
  ],
  'what goes beside static files': [
    [withKey('fallback', '../x'), '"fallback" may not be "../x"'],
    [withKey('fallback', '/index.html'), '"fallback" may not be "/index.html"'],
    [withKey('fallback', '@x'), '"fallback" may not be "@x"'],
    [withKey('passes', '/api'), '"passes" may not be "/api"'],
    [withKey('passes', ['/api', '/(.*)']), '"passes" may not have "/(.*)"'],
    [withKey('passes', [['/api']]), '"passes" may not be a list'],
    [withKey('passes', Array.from({length: 33})), '"passes" has 33 entries, at most 32 are read'],
  ],
  'what is no sentence and no flag': [
    [withKey('maintenance', 'a\nb'), '"maintenance" may not be "a\\nb"'],
    [withKey('maintenance', ''), '"maintenance" may not be ""'],
    [withKey('maintenance', 'x'.repeat(501)), `"maintenance" may not be "${'x'.repeat(60)}"...`],
    [withKey('streaming', 'yes'), '"streaming" may not be "yes"'],
  ],
  'days that no calendar has': [
    [withKey('date', '2026-11-31'), '"date" may not be "2026-11-31"'],
    [withKey('date', '+275760-09-13'), '"date" may not be "+275760-09-13"'],
    [withKey('date', 'now'), '"date" may not be "now"'],
    [withKey('date', 0), '"date" may not be 0'],
  ],
  'choices that there are not': [
    [withKey('prefix', 'KEEP'), '"prefix" may not be "KEEP"'],
    [withKey('front', 'caddy'), '"front" may not be "caddy"'],
  ],
};

for (const [what, rows] of Object.entries(REFUSED)) {
  test(`parseRequest() refuses ${what}`, (t) => {
    for (const [text, problem] of rows) t.is(problemOf(text), problem, text.slice(0, 200));
  });
}

test('parseRequest() looks at the size before it reads, and wants UTF-8', (t) => {
  t.is(problemOf(Buffer.alloc(65_537, ' ')), 'it has 65537 bytes, at most 65536 are read');
  t.is(problemOf(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), 'it is not UTF-8');
  t.is(problemOf(Buffer.from([0xed, 0xa0, 0x80])), 'it is not UTF-8');
  t.false(parseRequest(serializeRequest(REQUEST), {...REQUEST_LIMITS, bytes: 10}).ok);
});

test('what parseRequest() says of a text is one line of ASCII', (t) => {
  t.is(
    problemOf(withKey('user', '\u202e\u001b[31mä\u{1f600}')),
    '"user" may not be "\\u202e\\u001b[31m\\u00e4\\ud83d\\ude00"',
  );
});

/** A value of any kind, with what opens and closes things in the languages of the servers. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.string({
    unit: fc.constantFrom('/', '.', '..', '"', "'", '\n', '\\', '$', '%', '{', '}', ';', '#', 'a', '~', '\0'),
  }),
  fc.stringMatching(/^[/A-Za-z0-9._~-]{0,40}$/),
  fc.constantFrom(80, 1024, 65_536, -0, 1e308, 'http', 'tcp', 'unix', 'keep', 'none', '__proto__'),
);
const paths = [
  ...Object.keys(REQUEST).map((key) => [key]),
  ...['protocol', 'kind', 'port', 'path'].map((key) => ['upstream', key]),
  ...['path', 'directory'].map((key) => ['statics', '0', key]),
];

test('whatever parseRequest() lets through fits into one block of each server, line by line', (t) => {
  const count = (text: string) => text.split('\n').length;
  let taken = 0;
  fc.assert(
    fc.property(fc.constantFrom(...paths), anything, ([first = '', ...rest], value) => {
      const whole = structuredClone(REQUEST) as unknown as Record<string, unknown>;
      let place = whole;
      let key = first;
      for (const next of rest) {
        place = place[key] as Record<string, unknown>;
        key = next;
      }
      place[key] = value;
      const parsed = parseRequest(JSON.stringify(whole));
      if (!parsed.ok) return /^[\x20-\x7e]{1,300}$/.test(parsed.problem);
      taken++;
      const {mount, prefix, statics, fallback, passes} = parsed.request;
      return [apacheSnippet, apacheMinimalSnippet, nginxSnippet].every((print) => {
        const usual = print({...REQUEST, mount, prefix, statics, fallback, passes});
        const text = print(parsed.request);
        return count(text) === count(usual) && !/[^\x20-\x7e\n]/.test(text);
      });
    }),
    {numRuns: 5000},
  );
  t.true(taken > 50);
});

test('parseRequest() never throws for what a file may hold', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({maxLength: 200}), fc.json(), fc.string()), (text) => {
      const parsed = parseRequest(text);
      return !parsed.ok && /^[\x20-\x7e]{1,300}$/.test(parsed.problem);
    }),
  );
  t.pass();
});
