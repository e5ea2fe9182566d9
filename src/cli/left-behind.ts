import {readdirSync} from 'node:fs';

import {systemCode} from '../errors.ts';
import {asDiskError} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';

/**
 * True when processes of an app (or, without a name, of any) may run although no supervisor does: a supervisor that was killed
 * leaves them, with their records, to the next one.
 */
export function hasProcesses({processes}: Pick<Paths, 'processes'>, app?: string): boolean {
  try {
    return readdirSync(processes).some((file) => app === undefined || file.startsWith(`${app}.`));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw asDiskError(error, `read ${processes}`);
  }
}
