import {writeFileSync} from 'node:fs';
import path from 'node:path';

import {lesserUser, PUBLIC_HOST, startFrontEnd} from './front-end.ts';
import type {FrontEndServer} from './front-end.ts';
import {fixture, toolPath} from './tools.ts';

/** A real nginx with one server for http and one for https, both with the snippet; or with several of such. */
export async function startNginx(
  snippet: string | readonly {readonly host: string; readonly snippet?: string | undefined}[],
): Promise<FrontEndServer> {
  const sites =
    typeof snippet === 'string'
      ? [{host: PUBLIC_HOST, file: 'snippet.conf', snippet}]
      : snippet.map((site) => ({...site, file: `${site.host}.conf`}));
  return await startFrontEnd({
    binary: toolPath('nginx'),
    configure({directory, port, tlsPort}) {
      const user = lesserUser();
      const config = path.join(directory, 'nginx.conf');
      for (const each of sites) writeFileSync(path.join(directory, each.file), each.snippet ?? '');
      const site = ({host, file}: (typeof sites)[number], listen: string, lines: readonly string[]) => [
        'server {',
        `listen 127.0.0.1:${listen};`,
        `server_name ${host};`,
        `root ${directory}/root;`,
        ...lines,
        `include ${directory}/${file};`,
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
        'server_names_hash_bucket_size 128;',
        ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
          (name) => `${name}_temp_path ${directory}/${name};`,
        ),
        ...sites.flatMap((each) => [
          ...site(each, String(port), []),
          ...site(each, `${tlsPort} ssl`, [
            `ssl_certificate ${fixture('tls/certificate.pem')};`,
            `ssl_certificate_key ${fixture('tls/key.pem')};`,
          ]),
        ]),
        '}',
        '',
      ];
      writeFileSync(config, text.join('\n'));
      return ['-e', 'stderr', '-p', directory, '-c', config];
    },
  });
}
