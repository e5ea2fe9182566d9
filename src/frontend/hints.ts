import {existsSync, readdirSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';

/** A front end that seems to be installed on this host, and what an administrator does there. */
export interface FrontEndHint {
  readonly kind: 'apache' | 'nginx';
  /** Files that the snippet may go into, the likeliest first; absolute. */
  readonly files: readonly string[];
  /** Once, before the first snippet; `undefined`: nothing. */
  readonly enable: string | undefined;
  /** Checks the whole configuration. */
  readonly test: string;
  readonly reload: string;
}

interface Layout extends Omit<FrontEndHint, 'files'> {
  /** Its presence says that this layout is in use. */
  readonly sign: string;
  /** Files, and directories whose files count. */
  readonly places: readonly string[];
}

/** Debian's Apache has the proxy modules installed and not enabled. */
const LAYOUTS: readonly Layout[] = [
  {
    kind: 'apache',
    sign: '/etc/apache2/sites-enabled',
    places: ['/etc/apache2/sites-enabled'],
    enable: 'a2enmod proxy proxy_http headers',
    test: 'apachectl -t',
    reload: 'systemctl reload apache2',
  },
  {
    kind: 'apache',
    sign: '/etc/httpd/conf.d',
    places: ['/etc/httpd/conf.d/ssl.conf', '/etc/httpd/conf/httpd.conf'],
    enable: undefined,
    test: 'apachectl -t',
    reload: 'systemctl reload httpd',
  },
  {
    kind: 'nginx',
    sign: '/etc/nginx',
    places: ['/etc/nginx/sites-enabled', '/etc/nginx/conf.d', '/etc/nginx/nginx.conf'],
    enable: undefined,
    test: 'nginx -t',
    reload: 'systemctl reload nginx',
  },
];

/**
 * Which files an administrator of this host would put a snippet into; empty when no front end is installed here.
 *
 * A virtual host with TLS comes first: `default-ssl.conf`, `ssl.conf`.
 *
 * @param root - Where the file system begins; for tests.
 */
export function frontEndHints(root = '/'): readonly FrontEndHint[] {
  return LAYOUTS.flatMap(({sign, places, ...hint}) => {
    if (!existsSync(path.join(root, sign))) return [];
    const files = places.flatMap((place) => filesAt(root, place));
    return [{...hint, files: files.toSorted((a, b) => Number(isTls(b)) - Number(isTls(a)))}];
  });
}

function filesAt(root: string, place: string): readonly string[] {
  try {
    return readdirSync(path.join(root, place))
      .filter((name) => !name.startsWith('.') && name !== 'README')
      .toSorted()
      .map((name) => path.posix.join(place, name));
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') return [place];
    // Not there, or not for us to see.
    return [];
  }
}

function isTls(file: string): boolean {
  return /ssl|tls|https/i.test(path.basename(file));
}
