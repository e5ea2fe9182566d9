import {accountNamed} from '../system/accounts.ts';
import {frontEndHints} from './hints.ts';

/** Accounts of web servers: Debian's of both; Red Hat's; Alpine's and Arch's; SUSE's. */
const BOTH = ['www-data', 'http', 'wwwrun'];

/**
 * The account that this host's web server runs as, by what is installed; `undefined`: it cannot be told.
 *
 * With several servers the one counts whose files were found first: Apache.
 */
export function detectWebUser(
  installed: readonly ('apache' | 'nginx')[] = frontEndHints().map(({kind}) => kind),
  exists = (name: string) => accountNamed(name) !== undefined,
): string | undefined {
  return installed.flatMap((kind) => [...BOTH, kind]).find(exists);
}
