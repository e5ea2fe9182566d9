import test from 'ava';
import fc from 'fast-check';

import {looksLikeEndpoint, parseEndpoint} from '../../src/config/endpoint.ts';

for (const [text, host, port] of [
  ['tcp://127.0.0.1:5432', '127.0.0.1', 5432],
  ['tcp://localhost:1', 'localhost', 1],
  ['tcp://db-1.example.ac.uk:65535', 'db-1.example.ac.uk', 65_535],
  ['tcp://my_db:80', 'my_db', 80],
  ['tcp://[::1]:5432', '::1', 5432],
  ['tcp://[fe80::1%eth0]:22', 'fe80::1%eth0', 22],
] as const) {
  test(`parseEndpoint() reads ${text}`, (t) => {
    t.deepEqual(parseEndpoint(text), {ok: true, endpoint: {host, port}});
  });
}

const EXAMPLE = 'as "tcp://db.example.ac.uk:5432" or "tcp://[::1]:5432"';
const NOT_ONE = ': expected a program of this app, or "tcp://host:port"';

for (const [text, message, hint] of [
  ['tcp://db', 'The port is missing in "tcp://db"', 'as "tcp://db:5432"'],
  ['tcp://db:0', 'Expected a port from 1 to 65535 in "tcp://db:0": got "0"', 'as "tcp://db:5432"'],
  [
    'tcp://db:65536',
    'Expected a port from 1 to 65535 in "tcp://db:65536": got "65536"',
    'as "tcp://db:5432"',
  ],
  [
    'tcp://db:postgres',
    'Expected a port from 1 to 65535 in "tcp://db:postgres": got "postgres"',
    'as "tcp://db:5432"',
  ],
  ['tcp://db:', 'Expected a port from 1 to 65535 in "tcp://db:": got ""', 'as "tcp://db:5432"'],
  ['tcp://', 'Expected a host name or an IP address in "tcp://": got ""', EXAMPLE],
  ['tcp://:80', 'Expected a host name or an IP address in "tcp://:80": got ""', EXAMPLE],
  ['tcp://a b:80', 'Expected a host name or an IP address in "tcp://a b:80": got "a b"', EXAMPLE],
  ['tcp://me@db:80', 'Expected a host name or an IP address in "tcp://me@db:80": got "me@db"', EXAMPLE],
  [
    'tcp://300.1.1.1:80',
    'Expected a host name or an IP address in "tcp://300.1.1.1:80": got "300.1.1.1"',
    EXAMPLE,
  ],
  ['tcp://[x]:80', 'Expected a host name or an IP address in "tcp://[x]:80": got "[x]"', EXAMPLE],
  ['tcp://[::1]', 'The port is missing in "tcp://[::1]"', 'as "tcp://[::1]:5432"'],
  [
    'tcp://::1:5432',
    'Expected the IPv6 address in "tcp://::1:5432" to stand in brackets',
    'as "tcp://[::1]:5432"',
  ],
  [
    'tcp://fe80::',
    'Expected the IPv6 address in "tcp://fe80::" to stand in brackets',
    'as "tcp://[fe80::]:5432"',
  ],
  ['localhost:5432', `Cannot wait for "localhost:5432"${NOT_ONE}`, 'did you mean "tcp://localhost:5432"?'],
  ['http://db:80/up', `Cannot wait for "http://db:80/up"${NOT_ONE}`, 'did you mean "tcp://db:80"?'],
  ['tcp://db:80/', `Cannot wait for "tcp://db:80/"${NOT_ONE}`, 'did you mean "tcp://db:80"?'],
  ['other:web', `Cannot wait for "other:web"${NOT_ONE}`, EXAMPLE],
  ['../db', `Cannot wait for "../db"${NOT_ONE}`, EXAMPLE],
] as const) {
  test(`parseEndpoint() says ${message}`, (t) => {
    t.true(looksLikeEndpoint(text));
    t.deepEqual(parseEndpoint(text), {ok: false, message, hint});
  });
}

test('parseEndpoint() gives a host and a port or a way out, and every endpoint that a hint shows is one', (t) => {
  const piece = fc.oneof(
    fc.constantFrom(
      'tcp',
      '://',
      ':',
      '/',
      '[',
      ']',
      '::1',
      '127.0.0.1',
      'db',
      '80',
      '.',
      '@',
      '%',
      ' ',
      '0',
    ),
    fc.string({maxLength: 4}),
  );
  fc.assert(
    fc.property(fc.array(piece, {maxLength: 8}), (pieces) => {
      const read = parseEndpoint(pieces.join(''));
      if (read.ok) {
        t.true(read.endpoint.port >= 1 && read.endpoint.port <= 65_535);
        t.regex(read.endpoint.host, /^[A-Za-z0-9_.:%-]+$/);
        return;
      }
      for (const [, shown = ''] of read.hint.matchAll(/"(tcp:[^"]*)"/g))
        t.true(parseEndpoint(shown).ok, shown);
    }),
    {numRuns: 2000},
  );
});
