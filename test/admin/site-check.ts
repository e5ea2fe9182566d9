import {readFileSync} from 'node:fs';

import test from 'ava';

import {checkSite} from '../../src/admin/site-check.ts';
import type {HostFacts} from '../../src/admin/site-check.ts';
import {whyUnsafe} from '../../src/admin/safe-place.ts';
import {summarizeDiagnostic} from '../../src/config/diagnostic.ts';

const PEOPLE = ['alice', 'bob', 'carol'].map((name, index) => {
  return {name, uid: 1000 + index, gid: 1000 + index, home: `/home/${name}`};
});
const ACCOUNTS = [...PEOPLE, {name: 'www-data', uid: 33, gid: 33, home: '/var/www'}];

const facts = (more: Partial<HostFacts> = {}): HostFacts => ({
  people: PEOPLE,
  accountNamed: (name) => ACCOUNTS.find((account) => account.name === name),
  loginOf: (uid) => ACCOUNTS.find((account) => account.uid === uid)?.name,
  listeners: [],
  ephemeral: {first: 32_768, last: 60_999},
  reserved: [],
  stat: () => ({uid: 0, mode: 0o041777}),
  ...more,
});

const said = (text: string, more?: Partial<HostFacts>) =>
  checkSite(text, '/etc/appsup/site.toml', facts(more)).map((each) => summarizeDiagnostic(each));
const listener = (port: number, uid: number) =>
  ({family: 4, address: '127.0.0.1', port, uid, inode: 1}) as const;

test('checkSite() finds nothing wrong with the example, where its accounts and its directory are', (t) => {
  t.deepEqual(said(readFileSync('examples/site.toml', 'utf8')), []);
  t.deepEqual(said(''), []);
});

const CLAIMS = 'claims = "/c"';
const UNCLAIMED = 'site.toml:1:10 Ports are not claimed across accounts: /c';
const ROWS: readonly (readonly [
  what: string,
  text: string,
  said: readonly string[],
  more?: Partial<HostFacts>,
])[] = [
  [
    'a public address without https',
    'base_url = "http://eco"',
    ['site.toml:1:12 Passwords and cookies of visitors travel in the clear: "base_url" is not https'],
  ],
  [
    'mounts that any user can have',
    'mount = "/{app}"',
    ['site.toml:1:9 warning: Any user can have the mount of any other: there is no {user} in it'],
  ],
  [
    'a web user that there is not',
    'web_user = "apache"',
    ['site.toml:1:12 There is no account "apache" on this host'],
  ],
  ['claims nowhere', CLAIMS, [`${UNCLAIMED} is not there`], {stat: () => undefined}],
  [
    'claims in a file',
    CLAIMS,
    [`${UNCLAIMED} is no directory, or a symbolic link`],
    {
      stat: () => ({uid: 0, mode: 0o101777}),
    },
  ],
  [
    "claims in a user's directory",
    CLAIMS,
    [`${UNCLAIMED} belongs to uid 1000, not to root`],
    {
      stat: () => ({uid: 1000, mode: 0o041777}),
    },
  ],
  [
    'claims that anybody may remove',
    CLAIMS,
    [`${UNCLAIMED} has the mode 777, not 1777`],
    {
      stat: () => ({uid: 0, mode: 0o040777}),
    },
  ],
  [
    'a range for nobody',
    '[ports.users]\nmallory = "11000-11099"',
    ['site.toml:2:1 There is no account "mallory" on this host'],
  ],
  [
    'ranges that overlap each other',
    '[ports.users]\nalice = "11000-11099"\nbob = "11099-11100"',
    ['site.toml:3:7 The ranges overlap: bob 11099-11100 and alice 11000-11099'],
  ],
  [
    'a range that overlaps one by the rule',
    '[ports]\nbase = 20000\n[ports.users]\nalice = "20020-20020"',
    ['site.toml:4:9 The ranges overlap: alice 20020-20020 and bob 20020-20039'],
  ],
  [
    'uids that share a range',
    '[ports]\nsize = 10000',
    [
      'site.toml:1:2 warning: Two uids have the same range: bob 20000-29999 and alice 20000-29999',
      'site.toml:1:2 warning: Two uids have the same range: carol 20000-29999 and alice 20000-29999',
      'site.toml:1:2 warning: Two uids have the same range: carol 20000-29999 and bob 20000-29999',
    ],
  ],
  [
    'a range of outgoing connections',
    '[ports.users]\nalice = "32000-32800"',
    [
      'site.toml:2:9 The kernel gives ports of 32000-32800 to outgoing connections: ip_local_port_range is 32768-60999',
    ],
  ],
  [
    'a rule that leads there',
    '[ports]\nbase = 40000',
    [
      'site.toml:2:8 The kernel gives ports of alice 40000-40019 to outgoing connections: ip_local_port_range is 32768-60999',
    ],
  ],
  [
    'no outgoing connections where they were taken out',
    '[ports.users]\nalice = "40000-40099"',
    [],
    {
      reserved: [{first: 40_000, last: 40_999}],
    },
  ],
  [
    'a service that listens in a range',
    '[ports]\nbase = 20000\n[ports.users]\nalice = "11000-11099"',
    [
      'site.toml:2:8 warning: Port 20025 in the range of bob 20020-20039 is taken: www-data (uid 33) listens on 127.0.0.1',
      'site.toml:4:9 warning: Port 11001 in the range of alice 11000-11099 is taken: somebody (uid 7) listens on 127.0.0.1',
    ],
    {listeners: [listener(11_001, 7), listener(11_002, 1000), listener(20_025, 33), listener(9000, 33)]},
  ],
  [
    'what the schema refuses, in one list with the rest',
    'web_user = "apache"\nhelpdsk = "x"\nclaims = "c"',
    [
      'site.toml:1:12 There is no account "apache" on this host',
      'site.toml:2:1 Unknown key "helpdsk": did you mean "helpdesk"?',
      'site.toml:3:10 Expected "claims" to be an absolute path: got "c"',
    ],
  ],
  ['no more than the syntax when that is broken', 'web_user = apache', ['site.toml:1:12 Expected a value']],
];

for (const [what, text, expected, more] of ROWS) {
  test(`checkSite() says ${what}`, (t) => t.deepEqual(said(text, more), expected));
}

test('checkSite() has a way out for all that it finds by itself', (t) => {
  for (const [, text, , more] of ROWS.slice(0, -2)) {
    for (const {message, hint} of checkSite(text, '/s', facts(more))) t.truthy(hint, message);
  }
});

test('whyUnsafe() lets nobody but root near the place, and takes the sticky bit for what lies above', (t) => {
  const root = {directory: '/', uid: 0, mode: 0o040755};
  const etc = {directory: '/etc/appsup', uid: 0, mode: 0o040755};
  t.is(whyUnsafe([etc, root]), undefined);
  t.is(whyUnsafe([etc, {directory: '/tmp', uid: 0, mode: 0o041777}, root]), undefined);
  t.is(whyUnsafe([{...etc, mode: 0o041777}, root]), 'others can write /etc/appsup');
  t.is(whyUnsafe([{...etc, mode: 0o040775}, root]), 'others can write /etc/appsup');
  t.is(whyUnsafe([etc, {directory: '/srv', uid: 0, mode: 0o040777}]), 'others can write /srv');
  t.is(whyUnsafe([{...etc, uid: 1000}, root]), '/etc/appsup belongs to uid 1000');
  t.is(whyUnsafe([{...etc, mode: 0o120777}]), '/etc/appsup is no directory, or a symbolic link');
});
