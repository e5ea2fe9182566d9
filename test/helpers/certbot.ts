import {execFileSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {mainLines} from './apache.ts';
import {PUBLIC_HOST, startFrontEnd} from './front-end.ts';
import type {FrontEndServer} from './front-end.ts';
import {fixture, toolPath} from './tools.ts';

/** An Apache with a site as Debian has them, for http alone, and what certbot made of it. */
export interface CertifiedApache extends FrontEndServer {
  /** `site.conf`, and `site-le-ssl.conf` of certbot's. */
  readonly files: readonly string[];
}

/**
 * Have a real certbot install a certificate, as `certbot --apache` does when it has one: it copies the site for https and sends http there.
 *
 * @param lines - What the site has beside its name.
 */
export async function startCertifiedApache(lines: string): Promise<CertifiedApache> {
  const server = await startFrontEnd({
    binary: toolPath('apache2'),
    configure({directory, port, tlsPort}) {
      const config = writeSite(directory, port, lines);
      install(directory);
      // Whoever is not root may not listen on it.
      for (const file of [config, ...filesIn(directory)])
        writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/:443\b/g, `:${tlsPort}`));
      return ['-f', config, '-DFOREGROUND'];
    },
  });
  return {...server, files: filesIn(server.directory)};
}

function filesIn(directory: string): readonly string[] {
  const sites = path.join(directory, 'sites-available');
  return readdirSync(sites).map((name) => path.join(sites, name));
}

function writeSite(directory: string, port: number, lines: string): string {
  for (const name of ['sites-available', 'sites-enabled', 'site', 'certbot'])
    mkdirSync(path.join(directory, name));
  const site = [
    `<VirtualHost 127.0.0.1:${port}>`,
    `    ServerName ${PUBLIC_HOST}`,
    `    DocumentRoot "${directory}/site"`,
    ...lines.split('\n').map((line) => `    ${line}`),
    '</VirtualHost>',
    '',
  ];
  writeFileSync(path.join(directory, 'sites-available/site.conf'), site.join('\n'));
  symlinkSync('../sites-available/site.conf', path.join(directory, 'sites-enabled/site.conf'));
  const config = path.join(directory, 'apache2.conf');
  const text = [
    ...mainLines(directory, ['rewrite', 'socache_shmcb']),
    `Listen 127.0.0.1:${port}`,
    'IncludeOptional sites-enabled/*.conf',
    '',
  ];
  writeFileSync(config, text.join('\n'));
  return config;
}

/** Its augeas is not where the system looks for libraries. */
const CERTBOT = `import ctypes.util, sys
find = ctypes.util.find_library
ctypes.util.find_library = lambda name: "libaugeas.so.0" if name == "augeas" else find(name)
from certbot.main import main
sys.exit(main())`;

function install(directory: string): void {
  const control = path.join(directory, 'apache2ctl');
  const apache = `exec ${toolPath('apache2')} -f ${directory}/apache2.conf`;
  const cases = `configtest) ${apache} -t ;; graceful|restart) exit 0 ;; *) ${apache} "$@" ;;`;
  writeFileSync(control, `#!/bin/sh\ncase "$1" in ${cases} esac\n`, {mode: 0o755});
  const own = (name: string) => path.join(directory, 'certbot', name);
  const certificate = fixture('tls/certificate.pem');
  execFileSync(
    toolPath('python3'),
    [
      ...['-c', CERTBOT, 'install', '--non-interactive', '--redirect', '--domain', PUBLIC_HOST],
      ...['--cert-path', certificate, '--fullchain-path', certificate, '--key-path', fixture('tls/key.pem')],
      ...['--config-dir', own('config'), '--work-dir', own('work'), '--logs-dir', own('logs')],
      ...['--apache', '--apache-server-root', directory, '--apache-ctl', control],
      ...['--apache-vhost-root', path.join(directory, 'sites-available')],
      ...['--apache-logs-root', directory, '--apache-challenge-location', directory],
      ...['--apache-handle-modules', 'False', '--apache-handle-sites', 'False'],
    ],
    {cwd: directory, env: environment(toolPath('certbot')), stdio: 'pipe'},
  );
}

function environment(root: string): Readonly<Record<string, string>> {
  const lib = path.join(root, 'usr/lib');
  const triplet = readdirSync(lib).find((name) => name.endsWith('-linux-gnu')) ?? '';
  const lenses = path.join(root, 'usr/share/augeas/lenses');
  return {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    PYTHONPATH: path.join(lib, 'python3/dist-packages'),
    LD_LIBRARY_PATH: path.join(lib, triplet),
    AUGEAS_LENS_LIB: `${lenses}:${lenses}/dist`,
  };
}
