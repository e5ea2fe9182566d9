import {readdirSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';
import {formatBeside, parseBeside} from './archive.ts';
import type {Beside} from './archive.ts';

/** What lies beside a log; nothing when the directory is gone. */
export function besideOf(file: string): readonly Beside[] {
  try {
    const names = readdirSync(path.dirname(file));
    return names.flatMap((name) => parseBeside(path.basename(file), name) ?? []);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Where it lies, absolute if the log is. */
export function besidePath(file: string, beside: Beside): string {
  return path.join(path.dirname(file), formatBeside(path.basename(file), beside));
}
