import test from 'ava';
import fc from 'fast-check';
import {stringify} from 'smol-toml';

import {NOTICES} from '../../src/core/spec.ts';
import {summarizeDiagnostic} from '../../src/config/diagnostic.ts';
import {readGlobal, readSite, settingsOf} from '../../src/config/settings.ts';

test('readGlobal() reads every key', (t) => {
  const {value, diagnostics} = readGlobal(
    `ports = "20140-20159"
base_url = "https://eco.example.ac.uk/"
mount = "/{app}"
helpdesk = "help@example.ac.uk"
web_user = "www-data"
[defaults]
stop_timeout = "5s"
umask = "077"
`,
    '/c/config.toml',
    '/home/alice',
  );
  t.deepEqual(diagnostics, []);
  t.deepEqual(value, {
    ports: {first: 20_140, last: 20_159},
    baseUrl: 'https://eco.example.ac.uk',
    mount: '/{app}',
    helpdesk: 'help@example.ac.uk',
    webUser: 'www-data',
    defaults: {stop_timeout: 5000, umask: 0o077},
    notify: undefined,
  });
});

test('readSite() reads ranges by base and size, and of single users', (t) => {
  const {value, diagnostics} = readSite(
    'claims = "/var/lib/appsup"\n[ports]\nbase = 20000\nsize = 50\n[ports.users]\nalice = "21000-21019"\n',
    '/etc/appsup/site.toml',
  );
  t.deepEqual(diagnostics, []);
  t.is(value.claims, '/var/lib/appsup');
  t.deepEqual(value.ports, {base: 20_000, size: 50, users: {alice: {first: 21_000, last: 21_019}}});
});

for (const [text, expected] of [
  [
    'ports = "20159-20140"',
    '1:9 Expected "ports" to be two ports from 1024 to 65535, as "20140-20159": got "20159-20140"',
  ],
  [
    'ports = "80-90"',
    '1:9 Expected "ports" to be two ports from 1024 to 65535, as "20140-20159": got "80-90"',
  ],
  [
    'base_url = "eco.example.ac.uk"',
    '1:12 Expected "base_url" to be an address as "https://eco.example.ac.uk", without user, query and fragment: got "eco.example.ac.uk"',
  ],
  [
    'base_url = "https://a:b@x"',
    '1:12 Expected "base_url" to be an address as "https://eco.example.ac.uk", without user, query and fragment: got "https://a:b@x"',
  ],
  [
    'mount = "/{user}"',
    '1:9 Expected "mount" to be a path with {app} in it, as "/{user}_{app}", of letters, digits, _ and -: got "/{user}"',
  ],
  [
    'helpdesk = "a\\nBcc: b"',
    '1:12 Expected "helpdesk" to be one line of text without control characters: got "a\\nBcc: b"',
  ],
  ['web_user = "x; rm"', '1:12 Expected "web_user" to be a login name: got "x; rm"'],
  ['[defaults]\ngunicorn = "a:b"', '2:1 Unknown key "gunicorn"'],
] as const) {
  test(`readGlobal() says ${expected}, and goes on without that value`, (t) => {
    const {value, diagnostics} = readGlobal(`${text}\n`, '/c/config.toml', '/home/alice');
    t.deepEqual(
      diagnostics.map((each) => summarizeDiagnostic(each)),
      [`config.toml:${expected}`],
    );
    t.deepEqual(value, readGlobal('', '/c/config.toml', '/home/alice').value);
  });
}

test('readSite() refuses a relative directory of claims and a first range beyond the last port', (t) => {
  const {value, diagnostics} = readSite(
    'claims = "claims"\n[ports]\nbase = 65530\nsize = 20\n',
    '/s/site.toml',
  );
  t.is(diagnostics.length, 2);
  t.is(value.claims, undefined);
});

test("settingsOf() prefers the user's word to the host's, and has a mount for both silent", (t) => {
  const site = readSite('base_url = "https://site"\nmount = "/s_{app}"\nhelpdesk = "s@x"', '/s').value;
  const own = readGlobal('base_url = "https://own"', '/g', '/home/alice').value;
  t.deepEqual(settingsOf(site, own), {
    baseUrl: 'https://own',
    mountTemplate: '/s_{app}',
    helpdesk: 's@x',
    webUser: undefined,
  });
  t.is(settingsOf(readSite('', '/s').value, own).mountTemplate, '/{user}_{app}');
});

test('readGlobal() never throws, whatever stands in its tables', (t) => {
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('smtp://a:b@c', 'smtp://a@c:1', 'https://x', 'alice', '5m', 'fatal', '', "a 'b"),
    fc.integer(),
    fc.boolean(),
    fc.array(fc.string(), {maxLength: 2}),
  );
  const name = fc.constantFrom(
    'command',
    'webhook',
    'mail',
    'smtp',
    'smtp_password_file',
    'on',
    'every',
    'logs',
    'umask',
  );
  const table = fc.dictionary(name, value, {maxKeys: 6});
  fc.assert(
    fc.property(table, table, (notify, defaults) => {
      const {value: read} = readGlobal(stringify({notify, defaults}), '/c/config.toml', '/home/alice');
      t.true(read.notify === undefined || read.notify.on.every((each) => NOTICES.includes(each)));
    }),
    {numRuns: 1000},
  );
});
