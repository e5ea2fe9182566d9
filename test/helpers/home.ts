import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import path from 'node:path';

import {pathsFor} from '../../src/system/paths.ts';
import type {Paths} from '../../src/system/paths.ts';

/** A home of its own for one test, run as the current user. */
export interface TestHome {
  readonly directory: string;
  /** Complete environment for a child: nothing of the shell that runs the tests. */
  readonly env: Readonly<Record<string, string>>;
  readonly paths: Paths;
  /** Delete it. End first what runs in it. */
  remove(): void;
}

/**
 * Make one, with its state directory.
 *
 * It lies right under /tmp, whatever `TMPDIR` says: a socket's path has 107 bytes at most.
 */
export function testHome(extra: Readonly<Record<string, string>> = {}): TestHome {
  const directory = mkdtempSync('/tmp/au-');
  const env = {
    HOME: directory,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    APPSUP_CONFIG_DIR: path.join(directory, 'config'),
    APPSUP_STATE_DIR: path.join(directory, 'state'),
    ...extra,
  };
  const paths = pathsFor(env);
  for (const each of [paths.config, paths.state]) mkdirSync(each, {mode: 0o700, recursive: true});
  return {
    directory,
    env,
    paths,
    remove: () => rmSync(directory, {recursive: true, force: true, maxRetries: 10}),
  };
}
