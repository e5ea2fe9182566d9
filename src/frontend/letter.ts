import type {PortRange} from '../system/proc-net.ts';
import {modulesFor} from './modules.ts';
import type {SiteFacts} from './site.ts';
import type {Upstream} from './upstream.ts';

/** One app of a letter. */
export interface LetterApp {
  readonly app: string;
  /** `/alice_tasks`; `''` is all of the site. */
  readonly mount: string;
  readonly upstream: Upstream;
  /** The marked block, as frontend/ wrote and checked it. */
  readonly snippet: string;
}

/** All values have been checked by the writers of the snippets, or by config. */
export interface LetterInput {
  readonly user: string;
  readonly host: string;
  /** `2026-11-20` */
  readonly date: string;
  /** An address; `undefined`: whom to write to is not known. */
  readonly helpdesk: string | undefined;
  /** `https://eco.example.ac.uk` */
  readonly baseUrl: string | undefined;
  readonly server: 'apache' | 'nginx';
  /** The user's ports. */
  readonly range: PortRange;
  /** At least one, in the order in which the blocks have to stand. */
  readonly apps: readonly LetterApp[];
  readonly site: SiteFacts;
}

export interface Letter {
  readonly to: string | undefined;
  readonly subject: string;
  /** For people; ends with a line feed. */
  readonly body: string;
}

/**
 * A letter to the administrators that can be sent as it is: who asks for what, the lines, where they go, what they need,
 * how to test them and how to be rid of them. Pure.
 */
export function letterFor(input: LetterInput): Letter {
  const {user, host, apps, server, helpdesk} = input;
  const paths = apps.map(({mount}) => mount || '/').join(', ');
  return {
    to: helpdesk,
    subject: `${SERVERS[server]} configuration for ${paths} (user ${user}, host ${host})`,
    body: [
      opening(input),
      ...apps.map(({snippet}) => snippet.trimEnd()),
      practice(input),
      ...firewall(input),
      ending(input),
    ]
      .map((paragraph) => `${paragraph}\n`)
      .join('\n'),
  };
}

/** As a text to be looked at, or to be given to a mail program. */
export function letterText({to, subject, body}: Letter): string {
  return `${to === undefined ? '' : `To: ${to}\n`}Subject: ${subject}\n\n${body}`;
}

const SERVERS = {apache: 'Apache', nginx: 'nginx'} as const;
const BLOCKS = {apache: 'virtual host', nginx: 'server block'} as const;

function opening(input: LetterInput): string {
  const {apps, server, baseUrl, host} = input;
  const [first] = apps;
  const lines = `Please add these lines to the ${BLOCKS[server]} of ${baseUrl ?? host} (${placeOf(input)}).`;
  if (apps.length > 1 || first === undefined) {
    const width = Math.max(...apps.map(({mount}) => mount.length));
    const list = apps.map((app) => `  ${`${app.mount}/`.padEnd(width + 1)}  ${targetOf(app.upstream)}`);
    return [
      lines,
      `They pass what follows, and change nothing outside these paths${range(input)}:`,
      ...list,
    ].join('\n');
  }
  const whose = ownership(first.upstream, input);
  const reach =
    first.mount === ''
      ? 'They take all of that site, so nothing else can be served there'
      : `They change nothing outside ${first.mount}/`;
  // Of files alone nothing is passed on.
  const passes = /^\s*(?:Proxy|proxy_pass|uwsgi_pass)/m.test(first.snippet);
  return passes
    ? `${lines}\n${reach}, and pass it on to ${targetOf(first.upstream)}${whose}.`
    : `${lines}\n${reach}.`;
}

function placeOf({site: {hint}, server}: LetterInput): string {
  const [file] = hint?.files ?? [];
  if (file !== undefined) return `on this host: ${file}`;
  return server === 'apache'
    ? 'Debian: a file of /etc/apache2/sites-enabled; Red Hat: /etc/httpd/conf.d/ssl.conf'
    : 'Debian: a file of /etc/nginx/sites-enabled; Red Hat: a file of /etc/nginx/conf.d';
}

/** `http://127.0.0.1:20140`, `the socket /home/alice/...`. */
function targetOf(upstream: Upstream): string {
  return upstream.kind === 'tcp'
    ? `${upstream.protocol}://127.0.0.1:${upstream.port}`
    : `the Unix socket ${upstream.path}`;
}

function ownership(upstream: Upstream, {user, range: {first, last}}: LetterInput): string {
  if (upstream.kind === 'unix') return `,\nwhich the web server and ${user} may open and nobody else`;
  const inside = upstream.port >= first && upstream.port <= last;
  return inside ? `,\na port from ${user}'s range ${first}-${last}` : `, a port of ${user}'s`;
}

function range({user, range: {first, last}, apps}: LetterInput): string {
  const all = apps.every(
    ({upstream}) => upstream.kind === 'tcp' && upstream.port >= first && upstream.port <= last,
  );
  return all ? `;\nthe ports are from ${user}'s range ${first}-${last}` : '';
}

/** What the lines need, and what an administrator types. */
function practice(input: LetterInput): string {
  const {server, site, apps} = input;
  const needs = server === 'apache' ? [modules(input)] : [];
  const {test, reload} = site.hint ?? TYPICAL[server];
  const each = apps.length > 1 ? 'each block' : 'the block';
  const overTcp = apps.some(({upstream}) => upstream.kind === 'tcp');
  return [
    ...needs,
    ...(overTcp ? SELINUX[site.selinux] : []),
    `Check:     ${test}`,
    `Activate:  ${reload}`,
    `Undo:      remove ${each} from its >>> line to its <<< line, and reload`,
  ].join('\n');
}

const TYPICAL = {
  apache: {test: 'apachectl -t', reload: 'systemctl reload apache2 (Debian) or httpd (Red Hat)'},
  nginx: {test: 'nginx -t', reload: 'systemctl reload nginx'},
} as const;

const SELINUX: Readonly<Record<SiteFacts['selinux'], readonly string[]>> = {
  off: [],
  allows: ['SELinux:   enforcing here, and httpd_can_network_connect is on already'],
  forbids: ['SELinux:   enforcing here, so once: setsebool -P httpd_can_network_connect 1'],
};

function modules({site: {loaded}, apps}: LetterInput): string {
  const needed = modulesFor(apps.map(({snippet}) => snippet).join('\n'));
  const names = needed.map((name) => `mod_${name}`).join(', ');
  if (loaded === undefined)
    return `Needs:     ${names}\n           (on Debian once: a2enmod ${needed.join(' ')})`;
  const missing = needed.filter((name) => !loaded.has(name));
  if (missing.length === 0) return `Needs:     ${names} (all enabled here)`;
  const way = `not enabled here yet: ${missing.map((name) => `mod_${name}`).join(', ')}; on Debian a2enmod ${missing.join(' ')}`;
  return `Needs:     ${names}\n           (${way})`;
}

/** Over TCP every local account can talk to an app past the front end, with headers of its own making. */
function firewall({user, apps, range: {first, last}, site}: LetterInput): readonly string[] {
  const ports = apps.flatMap(({upstream}) => (upstream.kind === 'tcp' ? [upstream.port] : []));
  if (ports.length === 0) return [];
  const inside = ports.every((port) => port >= first && port <= last);
  const which = (separator: string) =>
    inside
      ? `${first}${separator}${last}`
      : [...new Set(ports)].toSorted((a, b) => a - b).join(separator === ':' ? ',' : ', ');
  const web = site.webUser ?? 'www-data';
  const accounts = [...new Set(['root', web, user])];
  const match = inside ? `--dport ${which(':')}` : `-m multiport --dports ${which(':')}`;
  const rule = (rest: string) => `  iptables -A OUTPUT -o lo -p tcp --syn ${match} ${rest}`;
  return [
    [
      'If you like: any account of this host can connect to a port on 127.0.0.1, past the web server. With this rule',
      `only the web server (${web}), ${user} and root can, as /etc/nftables.d/appsup-${user}.nft:`,
      `  table inet appsup_${user.replaceAll(/[^A-Za-z0-9_]/g, '_')} {`,
      '    chain output {',
      '      type filter hook output priority filter; policy accept;',
      `      oifname "lo" tcp dport ${inside ? which('-') : `{ ${which(', ')} }`} meta skuid != { ${accounts.map((name) => `"${name}"`).join(', ')} } reject with tcp reset`,
      '    }',
      '  }',
      'or',
      ...accounts.map((name) => rule(`-m owner --uid-owner ${name} -j ACCEPT`)),
      rule('-j REJECT --reject-with tcp-reset'),
    ].join('\n'),
  ];
}

function ending({user, host, date, apps}: LetterInput): string {
  const names = apps.map(({app}) => app).join(', ');
  return `Asked for by ${user} on ${host}, ${date}: ${apps.length > 1 ? 'the apps' : 'the app'} ${names}, kept running by appsup.`;
}
