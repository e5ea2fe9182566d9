import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';

/**
 * Names of the programs that run on this host, of all users, as far as they can be seen: with `hidepid` (proc(5)) an
 * ordinary user sees no process of root's.
 *
 * @param root - Where `/proc` is; another one in tests.
 */
export function processNames(root = '/'): ReadonlySet<string> {
  const pids = readdirSync(path.join(root, 'proc')).filter((name) => /^\d+$/.test(name));
  return new Set(pids.map((pid) => nameOf(path.join(root, 'proc', pid, 'comm'))));
}

/** systemd's group of a living service, in cgroups v2 and v1: seen also where its processes are hidden. */
export function serviceGroups(name: string): readonly string[] {
  return ['sys/fs/cgroup/system.slice', 'sys/fs/cgroup/systemd/system.slice'].map(
    (slice) => `${slice}/${name}.service`,
  );
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
