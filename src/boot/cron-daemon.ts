import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';

/** Debian's and Vixie's, cronie's and busybox's, fcron, bcron, dcron. */
const NAMES: ReadonlySet<string> = new Set(['cron', 'crond', 'fcron', 'bcron-sched', 'dcron']);

/** systemd's groups of living services, in cgroups v2 and v1, and what systemd-cron generates while it is on. */
const UNITS: readonly string[] = [
  ...['sys/fs/cgroup/system.slice', 'sys/fs/cgroup/systemd/system.slice'].flatMap((slice) =>
    ['cron', 'crond', 'cronie', 'fcron', 'bcron', 'dcron'].map((name) => `${slice}/${name}.service`),
  ),
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
  const pids = readdirSync(path.join(root, 'proc')).filter((name) => /^\d+$/.test(name));
  return pids.some((pid) => NAMES.has(nameOf(path.join(root, 'proc', pid, 'comm')))) ? 'running' : 'unknown';
}

/** The process may be gone by now, or be nobody's business of ours. */
function nameOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return '';
  }
}
