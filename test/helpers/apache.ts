import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {lesserUser, PUBLIC_HOST, startFrontEnd} from './front-end.ts';
import type {FrontEndServer} from './front-end.ts';
import {fixture, toolPath} from './tools.ts';

const MODULES =
  ['/usr/lib/apache2/modules', '/etc/httpd/modules'].find((folder) => existsSync(folder)) ?? '/nonexistent';

/** As Debian and Red Hat load them, and those of `a2enmod proxy proxy_http headers ssl`. */
const LOADED = [
  ...['mpm_event', 'authz_core', 'alias', 'dir', 'mime', 'ssl'],
  ...['proxy', 'proxy_http', 'proxy_uwsgi', 'headers'],
];
/** For the forms of older versions, and for `.htaccess`. */
const FURTHER = ['rewrite', 'proxy_wstunnel'];

/** Debian has some of them built in, and Apache refuses to load those. */
const load = (name: string): readonly string[] => [
  `<IfModule !${name}_module>`,
  `LoadModule ${name}_module "${MODULES}/mod_${name}.so"`,
  '</IfModule>',
];

/** A virtual host with its snippet, and with `.htaccess` files, each in the directory that has its mount's URL. */
export interface ApacheSite {
  readonly host: string;
  /** Name of the file with the snippet, in the server's directory. */
  readonly file?: string;
  readonly snippet?: string;
  readonly htaccess?: Readonly<Record<string, string>>;
}

/** A real Apache with one virtual host for http and one for https, both with the snippet; or with several of such. */
export async function startApache(snippet: string | readonly ApacheSite[]): Promise<FrontEndServer> {
  const sites = typeof snippet === 'string' ? [{host: PUBLIC_HOST, file: 'snippet.conf', snippet}] : snippet;
  return await startFrontEnd({
    binary: toolPath('apache2'),
    configure({directory, port, tlsPort}) {
      const config = path.join(directory, 'httpd.conf');
      const text = [
        ...mainLines(directory, typeof snippet === 'string' ? [] : FURTHER),
        `Listen 127.0.0.1:${port}`,
        `Listen 127.0.0.1:${tlsPort}`,
        ...sites.flatMap((site) => [
          ...virtualHost(directory, port, site, []),
          ...virtualHost(directory, tlsPort, site, TLS),
        ]),
        '',
      ];
      writeFileSync(config, text.join('\n'));
      return ['-f', config, '-DFOREGROUND'];
    },
  });
}

/** What a main configuration has in front of its sites. @param further - Modules beside the usual ones. */
export function mainLines(directory: string, further: readonly string[]): readonly string[] {
  const user = lesserUser();
  return [
    `ServerRoot "${directory}"`,
    `ServerName ${PUBLIC_HOST}`,
    `PidFile "${directory}/httpd.pid"`,
    `DefaultRuntimeDir "${directory}"`,
    `ErrorLog "${directory}/error.log"`,
    ...[...LOADED, ...further].flatMap(load),
    ...(user === undefined ? [] : [...load('unixd'), `User ${user}`]),
    'TypesConfig /dev/null',
    'Timeout 60',
  ];
}

const TLS = [
  'SSLEngine on',
  `SSLCertificateFile "${fixture('tls/certificate.pem')}"`,
  `SSLCertificateKeyFile "${fixture('tls/key.pem')}"`,
];

function virtualHost(
  directory: string,
  port: number,
  {host, file = `${host}.conf`, snippet = '', htaccess = {}}: ApacheSite,
  lines: readonly string[],
): readonly string[] {
  const root = path.join(directory, host);
  for (const [mount, text] of Object.entries(htaccess)) {
    mkdirSync(root + mount, {recursive: true});
    writeFileSync(`${root}${mount}/.htaccess`, text);
  }
  mkdirSync(root, {recursive: true});
  writeFileSync(path.join(directory, file), snippet);
  return [
    `<VirtualHost 127.0.0.1:${port}>`,
    `ServerName ${host}`,
    `DocumentRoot "${root}"`,
    // What an administrator allows who lets users have a .htaccess.
    `<Directory "${root}">`,
    'AllowOverride FileInfo',
    'Options SymLinksIfOwnerMatch',
    'Require all granted',
    '</Directory>',
    ...lines,
    `Include "${directory}/${file}"`,
    '</VirtualHost>',
  ];
}
