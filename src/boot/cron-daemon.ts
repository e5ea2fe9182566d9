import {existsSync} from 'node:fs';
import path from 'node:path';

import {processNames, serviceGroups} from '../system/process-names.ts';

/** Debian's and Vixie's, cronie's and busybox's, fcron, bcron, dcron. */
const NAMES: readonly string[] = ['cron', 'crond', 'fcron', 'bcron-sched', 'dcron'];

/** Living services, and what systemd-cron generates while it is on. */
const UNITS: readonly string[] = [
  ...['cron', 'crond', 'cronie', 'fcron', 'bcron', 'dcron'].flatMap(serviceGroups),
  'run/systemd/generator/cron.target.wants',
];

/**
 * Whether something on this host reads crontabs.
 *
 * `unknown` is not «no»: with `hidepid` (proc(5)) an ordinary user sees no process of root's.
 *
 * @param root - Where `/proc`, `/sys` and `/run` are; another one in tests.
 */
export function cronDaemon(root = '/'): 'running' | 'unknown' {
  if (UNITS.some((unit) => existsSync(path.join(root, unit)))) return 'running';
  const names = processNames(root);
  return NAMES.some((name) => names.has(name)) ? 'running' : 'unknown';
}
