import type {ExecutionContext} from 'ava';

import {loadConfig} from '../../src/config/load.ts';
import type {World} from '../../src/doctor/world.ts';
import {AppsupError} from '../../src/errors.ts';
import {pathsFor} from '../../src/system/paths.ts';
import {systemProc} from '../../src/system/proc.ts';
import {temporaryDirectory} from './fake-supervisor.ts';

/** An account in a home of its own, without apps, on the host of the tests or another one (`root`). */
export function worldWith(
  t: ExecutionContext,
  {table = '', ...differs}: Partial<World> & {table?: string},
): World {
  const home = temporaryDirectory(t);
  const env = {HOME: home};
  const paths = pathsFor(env);
  const crontab = {read: async () => table, write: async () => undefined};
  return {
    paths,
    env,
    account: {username: 'alice', uid: process.getuid?.() ?? 0, shell: '/bin/sh'},
    config: loadConfig(paths, {siteFile: `${home}/no-site.toml`}),
    boot: {crontab, paths, node: process.execPath, appsupd: `${home}/appsupd.cjs`, env},
    proc: systemProc,
    version: '0.1.0',
    now: Date.now(),
    info: async () => await Promise.reject(new AppsupError('SUPERVISOR_GONE', 'nobody answers')),
    root: '/',
    umask: 0o022,
    ...differs,
  };
}
