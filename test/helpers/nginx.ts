import {writeFileSync} from 'node:fs';
import path from 'node:path';

import {lesserUser, PUBLIC_HOST, startFrontEnd} from './front-end.ts';
import type {FrontEndServer} from './front-end.ts';
import {fixture, toolPath} from './tools.ts';

/** A real nginx with one server for http and one for https, both with the snippet. */
export async function startNginx(snippet: string): Promise<FrontEndServer> {
  return await startFrontEnd({
    binary: toolPath('nginx'),
    configure({directory, port, tlsPort}) {
      const user = lesserUser();
      const config = path.join(directory, 'nginx.conf');
      writeFileSync(path.join(directory, 'snippet.conf'), snippet);
      const site = (listen: string, lines: readonly string[]) => [
        'server {',
        `listen 127.0.0.1:${listen};`,
        `server_name ${PUBLIC_HOST};`,
        `root ${directory}/root;`,
        ...lines,
        `include ${directory}/snippet.conf;`,
        '}',
      ];
      const text = [
        ...(user === undefined ? [] : [`user ${user};`]),
        'daemon off;',
        'worker_processes 1;',
        `pid ${directory}/nginx.pid;`,
        `error_log ${directory}/error.log;`,
        'events {}',
        'http {',
        'access_log off;',
        ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
          (name) => `${name}_temp_path ${directory}/${name};`,
        ),
        ...site(String(port), []),
        ...site(`${tlsPort} ssl`, [
          `ssl_certificate ${fixture('tls/certificate.pem')};`,
          `ssl_certificate_key ${fixture('tls/key.pem')};`,
        ]),
        '}',
        '',
      ];
      writeFileSync(config, text.join('\n'));
      return ['-e', 'stderr', '-p', directory, '-c', config];
    },
  });
}
