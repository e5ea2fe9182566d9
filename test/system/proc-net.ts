import {once} from 'node:events';
import net from 'node:net';

import test from 'ava';
import fc from 'fast-check';

import {
  ephemeralRange,
  listeners,
  loginOf,
  parseEphemeralRange,
  parseListeners,
  parseLogin,
  parseReservedPorts,
  userName,
  unixListeners,
  hasConnection,
  hasUnixConnection,
} from '../../src/system/proc-net.ts';

const HEAD4 =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const HEAD6 =
  '  sl  local_address                         remote_address                        st tx_queue rx_queue\n';

/** Recorded on Linux 6.18, x86-64; uid 65534 is nobody. */
const TCP = `${HEAD4}   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 566 1 00000000f9174061 100 0 0 10 0
   1: 00000000:4EAD 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65534        0 3461693 1 00000000d060609e 100 0 0 10 0
   2: 0100007F:4EAC 00000000:0000 0A 00000000:00000001 00:00000000 00000000 65534        0 3461692 2 0000000059f09c04 100 0 0 10 0
   3: 0100007F:D4AC 0100007F:4EAC 01 00000000:00000000 00:00000000 00000000 65534        0 3461698 2 000000000c060c9e 20 0 0 10 -1
   4: 0100007F:4EAC 0100007F:D4AC 01 00000000:00000000 00:00000000 00000000 65534        0 0 1 000000005726d125 20 0 0 10 -1
`;
const TCP6 = `${HEAD6}   0: 00000000000000000000000001000000:4EAC 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1007        0 3461694 1 000000005bc76a8e 100 0 0 10 0
   1: 00000000000000000000000000000000:4EAE 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 65534        0 3461695 1 0000000052158b19 100 0 0 10 0
   3: 0000000000000000FFFF00000100007F:4EB0 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 65534        0 3461697 1 00000000ae510498 100 0 0 10 0
`;

test('parseListeners() gives the listening sockets of /proc/net/tcp and leaves out connections', (t) => {
  t.deepEqual(parseListeners(TCP, 'LE'), [
    {family: 4, address: '0.0.0.0', port: 2024, uid: 0, inode: 566},
    {family: 4, address: '0.0.0.0', port: 20_141, uid: 65_534, inode: 3_461_693},
    {family: 4, address: '127.0.0.1', port: 20_140, uid: 65_534, inode: 3_461_692},
  ]);
});

test('parseListeners() gives the addresses of /proc/net/tcp6 as people write them', (t) => {
  t.deepEqual(
    parseListeners(TCP6, 'LE').map(({family, address, port, uid}) => [family, address, port, uid]),
    [
      [6, '::1', 20_140, 1007],
      [6, '::', 20_142, 65_534],
      [6, '::ffff:127.0.0.1', 20_144, 65_534],
    ],
  );
});

test('parseListeners() reads the words of a big-endian machine', (t) => {
  const text = TCP.replaceAll('0100007F', '7F000001');
  t.is(parseListeners(text, 'BE')[2]?.address, '127.0.0.1');
});

test('parseListeners() finds nothing in text of another form, and never throws', (t) => {
  for (const text of ['', HEAD4, 'garbage\n', TCP.replaceAll(' 0A ', ' 01 ')])
    t.deepEqual(parseListeners(text), []);
  fc.assert(fc.property(fc.string(), (text) => parseListeners(text).length === 0));
});

test('parseListeners() shortens every IPv6 address as the URL standard does', (t) => {
  const group = fc.oneof({weight: 3, arbitrary: fc.constant(0)}, fc.integer({min: 0, max: 0xffff}));
  fc.assert(
    fc.property(fc.array(group, {minLength: 8, maxLength: 8}), (groups) => {
      const hex = groups
        .map((each) => each.toString(16).padStart(4, '0'))
        .join('')
        .toUpperCase();
      const row = `   0: ${hex}:4EAC ${'0'.repeat(32)}:0000 0A 0:0 0:0 0  1007        0 1 1`;
      const [found] = parseListeners(row, 'BE');
      const url = new URL(`http://[${found?.address}]/`).hostname;
      t.is(url, new URL(`http://[${groups.map((each) => each.toString(16)).join(':')}]/`).hostname);
      if (!found?.address.includes('.')) t.is(url, `[${found?.address}]`);
    }),
  );
});

test('listeners() sees a socket of this process with our uid', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as net.AddressInfo;
  const found = listeners().find((listener) => listener.port === port);
  server.close();
  t.like(found, {family: 4, address: '127.0.0.1', uid: process.getuid?.()});
});

test('parseEphemeralRange() reads two numbers and nothing else', (t) => {
  t.deepEqual(parseEphemeralRange('32768\t60999\n'), {first: 32_768, last: 60_999});
  for (const text of ['', '1', 'a b', '1 2 3']) t.is(parseEphemeralRange(text), undefined);
  t.true(ephemeralRange().first < ephemeralRange().last);
});

test('parseReservedPorts() reads single ports and ranges', (t) => {
  t.deepEqual(parseReservedPorts('8080,9148-9150\n'), [
    {first: 8080, last: 8080},
    {first: 9148, last: 9150},
  ]);
  t.deepEqual(parseReservedPorts('\n'), []);
});

test('parseLogin() finds a uid, and no name that would break a line', (t) => {
  const text = 'root:x:0:0::/root:/bin/sh\nbob:x:1007:1007::/home/bob:/bin/sh\nbad\u001B[1m:x:1008:1::/:/\n';
  t.is(parseLogin(text, 1007), 'bob');
  t.is(parseLogin(text, 100), undefined);
  t.is(parseLogin(text, 1008), undefined);
});

test('userName() names accounts of this host, and others by their number', (t) => {
  t.is(userName(0), 'root');
  t.is(loginOf(3_999_999), undefined);
  t.is(userName(3_999_999), 'uid 3999999');
});

test('unixListeners() takes what listens at a path, and nothing else', (t) => {
  const text = [
    'Num       RefCount Protocol Flags    Type St Inode Path',
    '0000000036479c47: 00000003 00000000 00000000 0001 03 24273896',
    '00000000dffd373b: 00000002 00000000 00010000 0001 01 23453141 /run/a b.sock',
    '00000000dffd373c: 00000003 00000000 00000000 0001 03 23453142 /run/a b.sock',
    '00000000dffd373d: 00000002 00000000 00010000 0001 01 7 @abstract',
    '',
  ].join('\n');
  t.deepEqual(unixListeners(text), [{path: '/run/a b.sock', inode: 23_453_141}]);
});

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const row = (local: string, remote: string, state: string, timer = '00:00000000') =>
  `   1: ${local} ${remote} ${state} 00000000:00000000 ${timer} 00000000     0        0 1`;
const [HERE, THERE, ELSEWHERE] = ['0100007F:4EAC', '0100007F:C350', '0100007F:4EAD'];
const CONNECTIONS: readonly (readonly [what: string, line: string, has: boolean])[] = [
  ['a listener', row(HERE, '00000000:0000', '0A'), false],
  ['a visitor', row(HERE, THERE, '01'), true],
  ['a visitor at his end', row(THERE, HERE, '01'), true],
  ['a visitor of another port', row(ELSEWHERE, THERE, '01'), false],
  // 0x1700 ticks are 58.88 s of 60.
  ['a visitor who left a second ago', row(THERE, HERE, '06', '03:00001700'), true],
  ['a visitor who left half a minute ago', row(HERE, THERE, '06', '03:00000BB8'), false],
];
for (const [what, line, has] of CONNECTIONS) {
  test(`hasConnection() within 5 s with ${what} is ${has}`, (t) => {
    t.is(hasConnection(0x4eac, 5000, [`${HEAD}\n${line}\n`]), has);
  });
}

test('hasUnixConnection() sees an accepted socket of that path, and neither listeners nor other paths', (t) => {
  const line = (state: string, path: string) =>
    `000000007bebf8cd: 00000003 00000000 00010000 0001 ${state} 24275357 ${path}\n`;
  const path = '/home/alice/ä b.sock';
  const inLatin1 = Buffer.from(path).toString('latin1');
  t.true(hasUnixConnection(path, `Num ...\n${line('01', inLatin1)}${line('03', inLatin1)}`));
  t.false(hasUnixConnection(path, `Num ...\n${line('01', inLatin1)}${line('03', '/other')}`));
});
