import path from 'node:path';

import {readIfReadable} from '../system/files.ts';
import {frontEndHints} from './hints.ts';
import type {FrontEndHint} from './hints.ts';
import {loadedModules} from './modules.ts';
import {detectWebUser} from './web-user.ts';

/** What a letter can say of the front end on this host. */
export interface SiteFacts {
  /** `undefined`: no such front end seems to be installed here. */
  readonly hint: FrontEndHint | undefined;
  /** Modules that Apache loads; `undefined`: not known. */
  readonly loaded: ReadonlySet<string> | undefined;
  /** Whether SELinux lets a web server connect to ports of users. */
  readonly selinux: 'off' | 'allows' | 'forbids';
  /** The account of the web server; `undefined`: not known. */
  readonly webUser: string | undefined;
}

/**
 * Look at this host as an ordinary user can; nothing is run, and what cannot be seen is not known.
 *
 * @param webUser - What the site or the user says of it: stronger than what is found.
 * @param root - Where the file system begins; for tests.
 */
export function siteFacts(kind: FrontEndHint['kind'], webUser: string | undefined, root = '/'): SiteFacts {
  const accounts = readIfReadable(path.join(root, '/etc/passwd')) ?? '';
  const known = new Set(accounts.split('\n').map((line) => line.split(':', 1)[0]));
  return {
    hint: frontEndHints(root).find((hint) => hint.kind === kind),
    loaded: kind === 'apache' ? loadedModules(root) : undefined,
    selinux: selinux(root),
    webUser: webUser ?? detectWebUser([kind], (name) => known.has(name)),
  };
}

/** selinuxfs: `enforce` is `1` or `0`; a boolean is two figures, what holds and what is pending. */
function selinux(root: string): SiteFacts['selinux'] {
  const read = (name: string) => readIfReadable(path.join(root, '/sys/fs/selinux', name))?.trim();
  if (read('enforce') !== '1') return 'off';
  return read('booleans/httpd_can_network_connect')?.startsWith('1') === true ? 'allows' : 'forbids';
}
