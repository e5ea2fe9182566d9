import test from 'ava';

import {apacheSnippet} from '../../src/frontend/apache.ts';
import {letterFor, letterText} from '../../src/frontend/letter.ts';
import type {LetterInput} from '../../src/frontend/letter.ts';
import {nginxSnippet} from '../../src/frontend/nginx.ts';

const VALUES = {
  user: 'alice',
  host: 'eco',
  app: 'flasktasks',
  mount: '/alice_flasktasks',
  prefix: 'keep',
  upstream: {protocol: 'http', kind: 'tcp', port: 20_140},
  date: '2026-11-20',
} as const;
const BLOCK = apacheSnippet(VALUES);

const INPUT: LetterInput = {
  user: 'alice',
  host: 'eco',
  date: '2026-11-20',
  helpdesk: 'is.helpline@example.ac.uk',
  baseUrl: 'https://eco.example.ac.uk',
  server: 'apache',
  range: {first: 20_140, last: 20_159},
  apps: [
    {
      app: 'flasktasks',
      mount: '/alice_flasktasks',
      upstream: {protocol: 'http', kind: 'tcp', port: 20_140},
      snippet: BLOCK,
    },
  ],
  site: {
    hint: {
      kind: 'apache',
      files: ['/etc/httpd/conf.d/ssl.conf'],
      enable: undefined,
      test: 'apachectl -t',
      reload: 'systemctl reload httpd',
    },
    loaded: new Set(['alias', 'proxy', 'proxy_http', 'headers']),
    selinux: 'forbids',
    webUser: 'apache',
  },
};

test('E8: the letter is ready to send and names owner, port, prefix, date and how to remove the lines', (t) => {
  t.is(
    letterText(letterFor(INPUT)),
    `To: is.helpline@example.ac.uk
Subject: Apache configuration for /alice_flasktasks (user alice, host eco)

Please add these lines to the virtual host of https://eco.example.ac.uk (on this host: /etc/httpd/conf.d/ssl.conf).
They change nothing outside /alice_flasktasks/, and pass it on to http://127.0.0.1:20140,
a port from alice's range 20140-20159.

${BLOCK}
Needs:     mod_alias, mod_proxy, mod_proxy_http, mod_headers (all enabled here)
SELinux:   enforcing here, so once: setsebool -P httpd_can_network_connect 1
Check:     apachectl -t
Activate:  systemctl reload httpd
Undo:      remove the block from its >>> line to its <<< line, and reload

If you like: any account of this host can connect to a port on 127.0.0.1, past the web server. With this rule
only the web server (apache), alice and root can, as /etc/nftables.d/appsup-alice.nft:
  table inet appsup_alice {
    chain output {
      type filter hook output priority filter; policy accept;
      oifname "lo" tcp dport 20140-20159 meta skuid != { "root", "apache", "alice" } reject with tcp reset
    }
  }
or
  iptables -A OUTPUT -o lo -p tcp --syn --dport 20140:20159 -m owner --uid-owner root -j ACCEPT
  iptables -A OUTPUT -o lo -p tcp --syn --dport 20140:20159 -m owner --uid-owner apache -j ACCEPT
  iptables -A OUTPUT -o lo -p tcp --syn --dport 20140:20159 -m owner --uid-owner alice -j ACCEPT
  iptables -A OUTPUT -o lo -p tcp --syn --dport 20140:20159 -j REJECT --reject-with tcp-reset

Asked for by alice on eco, 2026-11-20: the app flasktasks, kept running by appsup.
`,
  );
});

test('letterFor() names both families of hosts where no front end is seen, and nobody where nobody is known', (t) => {
  const site = {hint: undefined, loaded: undefined, selinux: 'off', webUser: undefined} as const;
  const text = letterText(letterFor({...INPUT, helpdesk: undefined, baseUrl: undefined, site}));
  t.true(text.startsWith('Subject: '));
  t.regex(text, /virtual host of eco \(Debian: .*sites-enabled; Red Hat: \/etc\/httpd\/conf\.d\/ssl\.conf\)/);
  t.regex(text, /\(on Debian once: a2enmod alias proxy proxy_http headers\)/);
  t.notRegex(text, /SELinux|undefined/);
});

test('letterFor() says which modules are not enabled yet', (t) => {
  const site = {...INPUT.site, loaded: new Set(['alias', 'proxy'])};
  t.regex(
    letterFor({...INPUT, site}).body,
    /not enabled here yet: mod_proxy_http, mod_headers; on Debian a2enmod proxy_http headers/,
  );
});

test('letterFor() asks for several apps at once, and for ports outside of the range by their numbers', (t) => {
  const place = {app: 'old', mount: '/old', upstream: {protocol: 'http', kind: 'tcp', port: 8000}} as const;
  const other = {...place, snippet: nginxSnippet({...VALUES, ...place})};
  const letter = letterFor({...INPUT, server: 'nginx', apps: [other, ...INPUT.apps]});
  t.is(letter.subject, 'nginx configuration for /old, /alice_flasktasks (user alice, host eco)');
  t.regex(
    letter.body,
    / {2}\/old\/ +http:\/\/127\.0\.0\.1:8000\n {2}\/alice_flasktasks\/ +http:\/\/127\.0\.0\.1:20140\n/,
  );
  t.regex(letter.body, /tcp dport \{ 8000, 20140 \}/);
  t.regex(letter.body, /--dports 8000,20140 /);
  t.notRegex(letter.body, /Needs:|range/);
  t.is(letter.body.match(/^# >>> /gm)?.length, 2);
});

test('letterFor() has no firewall rule for a Unix socket, and says who may open it', (t) => {
  const socket = {protocol: 'http', kind: 'unix', path: '/home/alice/run/flasktasks.sock'} as const;
  const {body} = letterFor({...INPUT, apps: INPUT.apps.map((app) => ({...app, upstream: socket}))});
  t.regex(
    body,
    /the Unix socket \/home\/alice\/run\/flasktasks\.sock,\nwhich the web server and alice may open/,
  );
  t.notRegex(body, /nft|httpd_can_network_connect/);
});

test('letterFor() says that an app at the root takes all of a site', (t) => {
  const {body} = letterFor({...INPUT, apps: INPUT.apps.map((app) => ({...app, mount: ''}))});
  t.regex(body, /They take all of that site/);
});
