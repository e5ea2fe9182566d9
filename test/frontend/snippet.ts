import test from 'ava';
import fc from 'fast-check';

import {isAppsupError} from '../../src/errors.ts';
import type {AppsupError} from '../../src/errors.ts';
import {apacheMinimalSnippet, apacheSnippet} from '../../src/frontend/apache.ts';
import {htaccessSnippet} from '../../src/frontend/htaccess.ts';
import {nginxSnippet} from '../../src/frontend/nginx.ts';
import type {SnippetInput} from '../../src/frontend/snippet.ts';

const INPUT: SnippetInput = {
  user: 'alice',
  host: 'eco.example.ac.uk',
  app: 'flasktasks',
  mount: '/alice_flasktasks',
  prefix: 'keep',
  upstream: {protocol: 'http', kind: 'tcp', port: 20_140},
  date: '2026-11-20',
};

const PRINTERS = {apacheSnippet, apacheMinimalSnippet, htaccessSnippet, nginxSnippet};

const head = (server: string, path = '/alice_flasktasks/') => `# >>> appsup alice flasktasks (2026-11-20) >>>
# Passes ${path} to 127.0.0.1:20140: app flasktasks of user alice on eco.example.ac.uk.
# To remove it, delete the lines from >>> to <<< and reload ${server}.
`;
const FOOT = '# <<< appsup alice flasktasks <<<\n';

test('apacheSnippet() gives a block that keeps to its own mount', (t) => {
  t.is(
    apacheSnippet(INPUT),
    `${head('Apache')}RedirectMatch 308 "^/alice_flasktasks$" "/alice_flasktasks/"
<Location "/alice_flasktasks">
    ProxyPass "!"
</Location>
<Location "/alice_flasktasks/">
    ProxyPass        "http://127.0.0.1:20140/alice_flasktasks/" retry=0 timeout=300 disablereuse=on upgrade=websocket
    ProxyPassReverse "http://127.0.0.1:20140/alice_flasktasks/"
    ProxyPreserveHost On
    <IfModule headers_module>
        RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}
        RequestHeader unset X-Forwarded-Protocol
        RequestHeader unset X-Forwarded-Ssl
        RequestHeader unset X-Forwarded-Prefix
        RequestHeader unset SCRIPT_NAME
        RequestHeader unset PATH_INFO
        RequestHeader unset Remote-User
        RequestHeader unset REMOTE_USER
        Header edit* Set-Cookie "(?i)(;\\s*path=)/(?=\\s*(?:;|$))" "$1/alice_flasktasks/"
    </IfModule>
    ErrorDocument 503 "Application flasktasks is not running."
</Location>
${FOOT}`,
  );
});

test('apacheMinimalSnippet() gives two lines that repeat the mount in the target', (t) => {
  t.is(
    apacheMinimalSnippet(INPUT),
    `${head('Apache')}ProxyPass        "/alice_flasktasks" "http://127.0.0.1:20140/alice_flasktasks" disablereuse=on
ProxyPassReverse "/alice_flasktasks" "http://127.0.0.1:20140/alice_flasktasks"
${FOOT}`,
  );
});

test('nginxSnippet() gives two locations', (t) => {
  t.is(
    nginxSnippet({...INPUT, bodyLimitMb: 200, timeoutS: 60}),
    `${head('nginx')}location = /alice_flasktasks { absolute_redirect off; return 308 /alice_flasktasks/$is_args$args; }
location ^~ /alice_flasktasks/ {
    proxy_pass http://127.0.0.1:20140;
    proxy_http_version 1.1;
    proxy_set_header Host              $http_host;
    proxy_set_header X-Forwarded-For   $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host  $http_host;
    proxy_set_header X-Forwarded-Protocol "";
    proxy_set_header X-Forwarded-Ssl   "";
    proxy_set_header X-Forwarded-Prefix "";
    proxy_set_header Remote-User       "";
    proxy_set_header Upgrade           $http_upgrade;
    proxy_set_header Connection        $http_connection;
    proxy_cookie_path ~^/$ /alice_flasktasks/;
    proxy_read_timeout 60s;
    client_max_body_size 200m;
    error_page 502 = @appsup_flasktasks.alice;
}
location @appsup_flasktasks.alice {
    default_type text/html;
    return 503 "Application flasktasks is not running.";
}
${FOOT}`,
  );
});

test('the snippets name 127.0.0.1 and never localhost, where another user may listen on [::1]', (t) => {
  for (const print of Object.values(PRINTERS)) {
    for (const prefix of ['keep', 'strip', 'none'] as const)
      t.notRegex(print({...INPUT, prefix}), /localhost/);
  }
});

test('strip mode tells the app of its mount and leaves it out of the target', (t) => {
  const strip = {...INPUT, prefix: 'strip'} as const;
  const apache = apacheSnippet(strip);
  t.true(apache.includes('ProxyPass        "http://127.0.0.1:20140/" retry'));
  t.true(apache.includes('RequestHeader set X-Forwarded-Prefix "/alice_flasktasks"'));
  t.false(apache.includes('unset X-Forwarded-Prefix'));
  t.true(
    apacheMinimalSnippet(strip).includes('ProxyPass        "/alice_flasktasks/" "http://127.0.0.1:20140/"'),
  );
  t.true(nginxSnippet(strip).includes('proxy_pass http://127.0.0.1:20140/;'));
  t.true(nginxSnippet(strip).includes('X-Forwarded-Prefix "/alice_flasktasks";'));
});

test('none mode with a mount is an app that has the mount in its own routes', (t) => {
  t.is(apacheSnippet({...INPUT, prefix: 'none'}), apacheSnippet(INPUT));
});

test('none mode without a mount passes all of the site', (t) => {
  const root = {...INPUT, prefix: 'none', mount: ''} as const;
  t.true(apacheSnippet(root).startsWith(head('Apache', '/')));
  t.true(apacheSnippet(root).includes('<Location "/">'));
  t.notRegex(apacheSnippet(root), /RedirectMatch|Set-Cookie/);
  t.true(apacheMinimalSnippet(root).includes('ProxyPass        "/" "http://127.0.0.1:20140/"'));
  t.true(nginxSnippet(root).includes('location / {'));
  t.notRegex(nginxSnippet(root), /308|cookie_path/);
});

const REFUSED: readonly (readonly [keyof SnippetInput, readonly unknown[]])[] = [
  ['user', ['', 'a b', 'a\nb', 'a"b', 'a>b', undefined]],
  ['host', ['', 'a b', 'a\nb', '-a', 'a-', '"']],
  ['app', ['', 'a.b', '-a', 'a\n', 'a"', 'ä', 'a'.repeat(64)]],
  [
    'mount',
    ['', '/', '/a/', 'a', '/a b', '/a"', '/a\n', '/a.b', '/a/../b', '//a', '/a$', '/a%41', '/a{', '/a;'],
  ],
  ['prefix', ['', 'KEEP', undefined]],
  ['date', ['', '2026-11-20\n', '20.11.2026', '2026-13-01', '2026-11-32', '2026-11-20)']],
  ['bodyLimitMb', [0, -1, 1.5, Number.NaN, '100']],
  ['timeoutS', [0, -1, 1.5, Infinity, '300']],
  ['upstream', [undefined, null, 'http://127.0.0.1:20140']],
  ['statics', [null, '/static', {path: '/static'}]],
  ['fallback', ['', '../index.html', 'a b', '/index.html', 7]],
  ['passes', [null, '/api', ['api'], ['/api/'], ['/a"'], ['/../a'], [['/api']], ['/']]],
  ['maintenance', ['', 'a\nb', '\0', '\u2028', 'x'.repeat(501), ['x']]],
  ['streaming', ['yes', null, 1]],
  ['httpdVersion', ['', '2.4', 'Apache/2.4.6', '2.4.6\n', 2.4]],
];

for (const [field, values] of REFUSED) {
  test(`the snippets refuse a ${field} that may not stand in a configuration file`, (t) => {
    for (const value of values) {
      for (const print of Object.values(PRINTERS)) {
        // From JavaScript, or a parser's slip, anything may come.
        const hostile = {...INPUT, [field]: value} as unknown as SnippetInput;
        const error = t.throws<AppsupError>(
          () => print(hostile),
          {name: 'AppsupError'},
          JSON.stringify(value),
        );
        t.deepEqual([error?.code, error?.details['value']], ['BAD_NAME', field]);
      }
    }
  });
}

const ADDRESSES: readonly (readonly [string, readonly unknown[]])[] = [
  ['port', [0, 80, 1023, 65_536, 20_140.5, Number.NaN, Infinity, '20140', undefined]],
  [
    'path',
    ['', 'a', '/', '/a b', '/a\n', '/a"', '/a|b', '/a:b', '/../a', '/a/', `/${'a'.repeat(107)}`, undefined],
  ],
  ['protocol', ['', 'ftp', 'HTTP', undefined]],
  ['kind', ['', 'udp', undefined]],
];

for (const [field, values] of ADDRESSES) {
  test(`the snippets refuse the ${field} of an address that may not stand in a configuration file`, (t) => {
    const kind = field === 'path' ? 'unix' : 'tcp';
    for (const value of values) {
      for (const print of Object.values(PRINTERS)) {
        const upstream = {protocol: 'http', kind, port: 20_140, [field]: value};
        const hostile = {...INPUT, upstream} as unknown as SnippetInput;
        const error = t.throws<AppsupError>(() => print(hostile), {name: 'AppsupError'}, String(value));
        t.deepEqual([error?.code, error?.details['value']], ['BAD_NAME', field]);
      }
    }
  });
}

const FILES: readonly (readonly [string, readonly unknown[]])[] = [
  ['path', ['static', '/static/', '/a b', '/..', '/.git', '/a"', '/a{', '/a;', '/a|b', undefined, '']],
  [
    'directory',
    ['', '/', 'srv', '/srv/', '/srv/../etc', '/a b', '/a"', '/a;', '/a$b', '/a%b', '/ä', undefined],
  ],
];

for (const [field, values] of FILES) {
  test(`the snippets refuse a static ${field} that may not stand in a configuration file`, (t) => {
    for (const value of values) {
      for (const print of Object.values(PRINTERS)) {
        const statics = [{path: '/static', directory: '/srv/static', [field]: value}];
        const hostile = {...INPUT, statics} as unknown as SnippetInput;
        const error = t.throws<AppsupError>(() => print(hostile), {name: 'AppsupError'}, String(value));
        t.deepEqual([error?.code, error?.details['value']], ['BAD_NAME', field]);
      }
    }
  });
}

const SITE: SnippetInput = {
  ...INPUT,
  mount: '/alice_site',
  statics: [
    {path: '/', directory: '/srv/dist'},
    {path: '/media', directory: '/srv/media'},
  ],
  fallback: 'index.html',
  passes: ['/api'],
};

test('a directory at / is served by Apache, and only what is said goes to the app', (t) => {
  const text = apacheSnippet(SITE);
  t.true(text.includes('# Passes /alice_site/api to 127.0.0.1:20140: app'));
  t.true(
    text.includes(
      '<Location "/alice_site/api">\n    ProxyPass        "http://127.0.0.1:20140/alice_site/api" ',
    ),
  );
  t.true(
    text.includes(`Alias "/alice_site/" "/srv/dist/"
<Directory "/srv/dist/">
    Require all granted
    Options SymLinksIfOwnerMatch
    AllowOverride None
    DirectoryIndex index.html
    FallbackResource /alice_site/index.html
</Directory>
`),
  );
  t.true(
    text.includes(`Alias "/alice_site/media/" "/srv/media/"
<Directory "/srv/media/">
    Require all granted
    Options SymLinksIfOwnerMatch
    AllowOverride None
    FallbackResource disabled
</Directory>
<Location "/alice_site/media/">
    ProxyPass "!"
</Location>
`),
  );
  t.true(text.indexOf('/srv/media') < text.indexOf('/srv/dist'), 'the first Alias that matches counts');
  t.false(text.includes('<Location "/alice_site/">'));
});

test('N1: nginx passes /api and all below it to the app, and nothing that only begins so', (t) => {
  const text = nginxSnippet({...SITE, mount: '', prefix: 'none'});
  const places = [...text.matchAll(/^location (.*) \{/gm)].map(([, place]) => place);
  t.deepEqual(places, ['= /api', '^~ /api/', '@appsup_flasktasks.alice', '^~ /media/', '/']);
  t.true(
    text.includes(`location / {
    alias /srv/dist/;
    disable_symlinks if_not_owner;
    index index.html;
    try_files $uri $uri/ /index.html;
}
`),
  );
  // Without the slash at its end /media../secret would be a file beside the directory.
  t.true(text.includes('location ^~ /media/ {\n    alias /srv/media/;\n'));
});

test('links count only for the owner on all of the way from the home to static files, which the owner can swap', (t) => {
  const statics = [{path: '/static', directory: '/home/alice/tasks/dist'}];
  const own = {...INPUT, statics, home: '/home/alice'};
  const section = '<Directory "/home/alice/">\n    Options SymLinksIfOwnerMatch\n</Directory>\n';
  for (const print of [apacheSnippet, apacheMinimalSnippet]) {
    t.true(print(own).includes(section));
    t.false(print({...own, home: undefined}).includes(section));
    t.false(print({...own, home: '/home/al'}).includes('"/home/al/"'));
    t.false(print({...own, statics: []}).includes(section));
  }
  t.true(nginxSnippet(own).includes('    disable_symlinks if_not_owner from=/home/alice;\n'));
  for (const home of [undefined, '/home/al', '/', '/home/alice"; }'])
    t.true(nginxSnippet({...own, home}).includes('    disable_symlinks if_not_owner;\n'));
});

const SOCKET = {kind: 'unix', path: '/home/alice/run/tasks.sock'} as const;

test('the forms write a Unix socket each in its own way, with a label of the app’s own', (t) => {
  const unix = {...INPUT, upstream: {protocol: 'http', ...SOCKET}} as const;
  const apache = apacheSnippet(unix);
  t.true(apache.includes('to the socket /home/alice/run/tasks.sock: app'));
  t.true(
    apache.includes('"unix:/home/alice/run/tasks.sock|http://flasktasks.alice/alice_flasktasks/" retry=0'),
  );
  t.true(apache.includes('ProxyPassReverse "http://flasktasks.alice/alice_flasktasks/"'));
  t.true(nginxSnippet(unix).includes('proxy_pass http://unix:/home/alice/run/tasks.sock;'));
  t.true(
    nginxSnippet({...unix, prefix: 'strip'}).includes('proxy_pass http://unix:/home/alice/run/tasks.sock:/;'),
  );
  t.true(
    htaccessSnippet(unix).includes(
      `RewriteCond "%{HTTP_HOST} %{THE_REQUEST}" "^([A-Za-z0-9._:\\[\\]-]+) \\S+\\s+/alice_flasktasks/([^?\\s]*)"
RewriteRule "^" "unix:/home/alice/run/tasks.sock|http://%1/alice_flasktasks/%2" [P,L,NE]`,
    ),
  );
});

test('the forms speak the uwsgi protocol, and a .htaccess says that it cannot', (t) => {
  const uwsgi = {...INPUT, upstream: {protocol: 'uwsgi', kind: 'tcp', port: 20_140}} as const;
  const apache = apacheSnippet(uwsgi);
  t.true(apache.includes('ProxyPass        "uwsgi://127.0.0.1:20140/alice_flasktasks/" retry=0'));
  t.notRegex(apache, /upgrade=|ProxyPassReverse/);
  t.regex(
    apache,
    /set X-Forwarded-For expr=%\{REMOTE_ADDR\}\n +RequestHeader set X-Forwarded-Host expr=%\{HTTP_HOST\}/,
  );
  t.regex(
    apacheSnippet({...uwsgi, httpdVersion: '2.4.6'}),
    /unset X-Forwarded-For\n +RequestHeader unset X-Forwarded-Host/,
  );
  t.notRegex(apacheSnippet(INPUT), /X-Forwarded-(?:For|Host)/);
  t.true(nginxSnippet(uwsgi).includes('uwsgi_pass 127.0.0.1:20140;'));
  t.notRegex(nginxSnippet(uwsgi), /proxy_(?!add_x)/);
  const unix = {...uwsgi, upstream: {protocol: 'uwsgi', ...SOCKET}} as const;
  t.true(nginxSnippet(unix).includes('uwsgi_pass unix:/home/alice/run/tasks.sock;'));
  t.throws(() => htaccessSnippet(uwsgi), {name: 'AppsupError', message: /cannot pass on the uwsgi protocol/});
});

test('an Apache before 2.4.47 gets rules for WebSockets, one before 2.4.10 no expressions', (t) => {
  t.is(apacheSnippet({...INPUT, httpdVersion: '2.4.47'}), apacheSnippet(INPUT));
  const older = apacheSnippet({...INPUT, httpdVersion: '2.4.46'});
  t.notRegex(older, /upgrade=/);
  t.true(
    older.includes('RewriteRule "^/alice_flasktasks/(.*)$" "ws://127.0.0.1:20140/alice_flasktasks/$1" [P,L]'),
  );
  t.true(older.includes('expr=%{REQUEST_SCHEME}'));
  const oldest = apacheSnippet({...INPUT, prefix: 'strip', httpdVersion: '2.4.6'});
  t.notRegex(oldest, /expr=/);
  t.true(oldest.includes('RequestHeader set X-Forwarded-Proto "https" env=HTTPS'));
});

test('a maintenance text keeps its words and loses what a configuration would read', (t) => {
  const maintenance = `Zurück um "9": 100% $x \\ <b> 'so' {x} #1; 🙂`;
  for (const print of Object.values(PRINTERS)) {
    const text = print({...INPUT, maintenance});
    if (print === apacheMinimalSnippet) continue;
    const [, shown = ''] = /(?:ErrorDocument|return) 503 "([^"]*)"/.exec(text) ?? [];
    t.regex(shown, /^[\x20-\x7e]+$/);
    t.notRegex(shown, /[%$\\<>'{}]/);
    const read = shown.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
    t.is(read, maintenance);
  }
});

test('streaming turns buffers off', (t) => {
  t.true(nginxSnippet({...INPUT, streaming: true}).includes('    proxy_buffering off;\n'));
  t.true(apacheSnippet({...INPUT, streaming: true}).includes(' flushpackets=on '));
  t.notRegex(nginxSnippet(INPUT) + apacheSnippet(INPUT), /buffering|flushpackets/);
});

test('a .htaccess names its directory, and what has to lie beside it', (t) => {
  const text = htaccessSnippet(SITE);
  t.true(text.includes('# For the file .htaccess in the directory that is served as /alice_site/\n'));
  t.true(text.includes('media -> /srv/media'));
  t.notRegex(text, /^\s*(ProxyPass|Alias|<Location|<Directory|SetHandler)/m);
  t.throws(() => htaccessSnippet({...INPUT, mount: '', prefix: 'none'}), {message: /it needs a mount/});
});

test('the snippets let a root mount through in none mode only', (t) => {
  for (const prefix of ['keep', 'strip'] as const) {
    t.throws(() => apacheSnippet({...INPUT, mount: '', prefix}), {name: 'AppsupError'});
  }
});

test('no value can add a line, a quote or a directive to a snippet', (t) => {
  const tricks = fc.constantFrom(
    '\n',
    '\r',
    '"',
    "'",
    '\\',
    '>',
    '<',
    '#',
    ';',
    '{',
    '}',
    '$',
    '%',
    ' ',
    '\0',
    '\u2028',
    '..',
  );
  const hostile = fc.oneof(
    fc.string(),
    fc
      .array(fc.oneof(fc.stringMatching(/^[A-Za-z0-9_/~.-]{0,9}$/), tricks), {maxLength: 6})
      .map((parts) => parts.join('')),
    fc.array(fc.string(), {maxLength: 2}),
    fc.stringMatching(/^\/[A-Za-z0-9_-]{1,20}$/),
    fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,20}$/),
  );
  const field = fc.constantFrom('user', 'host', 'app', 'mount', 'date', 'prefix');
  const print = fc.constantFrom(...Object.values(PRINTERS));
  let printed = 0;
  fc.assert(
    fc.property(field, hostile, print, (name, value, printer) => {
      let text: string;
      try {
        text = printer({...INPUT, [name]: value} as unknown as SnippetInput);
      } catch (error) {
        return isAppsupError(error) && error.code === 'BAD_NAME';
      }
      printed++;
      // What got through is a word, and the text has the lines that it always has.
      const lines = printer(INPUT).split('\n').length;
      return (
        typeof value === 'string' && /^[A-Za-z0-9_.~/-]+$/.test(value) && text.split('\n').length === lines
      );
    }),
    {numRuns: 3000},
  );
  t.true(printed > 20);
});
