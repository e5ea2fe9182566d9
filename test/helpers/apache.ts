import {existsSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {lesserUser, PUBLIC_HOST, startFrontEnd} from './front-end.ts';
import type {FrontEndServer} from './front-end.ts';
import {fixture, toolPath} from './tools.ts';

const MODULES =
  ['/usr/lib/apache2/modules', '/etc/httpd/modules'].find((folder) => existsSync(folder)) ?? '/nonexistent';

/** As Debian and Red Hat load them, and those of `a2enmod proxy proxy_http headers ssl`. */
const LOADED = ['mpm_event', 'authz_core', 'alias', 'dir', 'mime', 'proxy', 'proxy_http', 'headers', 'ssl'];

/** Debian has some of them built in, and Apache refuses to load those. */
const load = (name: string): readonly string[] => [
  `<IfModule !${name}_module>`,
  `LoadModule ${name}_module "${MODULES}/mod_${name}.so"`,
  '</IfModule>',
];

/** A real Apache with one virtual host for http and one for https, both with the snippet. */
export async function startApache(snippet: string): Promise<FrontEndServer> {
  return await startFrontEnd({
    binary: toolPath('apache2'),
    configure({directory, port, tlsPort}) {
      const user = lesserUser();
      const config = path.join(directory, 'httpd.conf');
      writeFileSync(path.join(directory, 'snippet.conf'), snippet);
      const site = (each: number, lines: readonly string[]) => [
        `Listen 127.0.0.1:${each}`,
        `<VirtualHost 127.0.0.1:${each}>`,
        `ServerName ${PUBLIC_HOST}`,
        ...lines,
        `Include "${directory}/snippet.conf"`,
        '</VirtualHost>',
      ];
      const text = [
        `ServerRoot "${directory}"`,
        `ServerName ${PUBLIC_HOST}`,
        `PidFile "${directory}/httpd.pid"`,
        `DefaultRuntimeDir "${directory}"`,
        `ErrorLog "${directory}/error.log"`,
        ...LOADED.flatMap(load),
        ...(user === undefined ? [] : [...load('unixd'), `User ${user}`]),
        'TypesConfig /dev/null',
        `DocumentRoot "${directory}"`,
        'Timeout 60',
        ...site(port, []),
        ...site(tlsPort, [
          'SSLEngine on',
          `SSLCertificateFile "${fixture('tls/certificate.pem')}"`,
          `SSLCertificateKeyFile "${fixture('tls/key.pem')}"`,
        ]),
        '',
      ];
      writeFileSync(config, text.join('\n'));
      return ['-f', config, '-DFOREGROUND'];
    },
  });
}
