import {execFileSync, spawn} from 'node:child_process';
import {chownSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import {toolPath} from './tools.ts';
import {until} from './rig.ts';

/** A PostgreSQL server of a test's own, reached by a Unix socket, or also by a port. */
export interface Postgres {
  /** Directory of its programs. */
  readonly bin: string;
  /** `PGHOST`, `PGPORT`, `PGUSER` and PATH for its clients. */
  readonly env: Readonly<Record<string, string>>;
  /** Answer of one statement, without decoration. */
  query(database: string, sql: string): string;
  stop(): Promise<void>;
}

/** nobody: the server refuses to run as root. */
const NOBODY = 65_534;

/** @param port - Of 127.0.0.1, for clients of other accounts; absent: no port. Everybody is trusted. */
export async function startPostgres({port}: {readonly port?: number} = {}): Promise<Postgres> {
  const versions = toolPath('postgresql');
  const newest = readdirSync(versions)
    .filter((name) => /^\d+$/.test(name))
    .toSorted((a, b) => Number(b) - Number(a))[0];
  const bin = path.join(versions, newest ?? '', 'bin');
  const directory = mkdtempSync(path.join(tmpdir(), 'pg-'));
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? {uid: NOBODY, gid: NOBODY} : {};
  if (isRoot) chownSync(directory, NOBODY, NOBODY);
  const data = path.join(directory, 'data');
  const env = {
    PGHOST: directory,
    PGPORT: String(port ?? 5432),
    PGUSER: 'tester',
    PATH: `${bin}:/usr/bin:/bin`,
  };
  const options = {env, cwd: directory, ...user} as const;
  execFileSync(
    path.join(bin, 'initdb'),
    ['-D', data, '-U', 'tester', '-A', 'trust', '-N', '--locale=C', '-E', 'UTF8'],
    {...options, stdio: 'pipe'},
  );
  const settings = [
    `listen_addresses=${port === undefined ? '' : '127.0.0.1'}`,
    `port=${env.PGPORT}`,
    'fsync=off',
    'max_connections=20',
  ].flatMap((setting) => ['-c', setting]);
  const server = spawn(path.join(bin, 'postgres'), ['-D', data, '-k', directory, ...settings], {
    ...options,
    stdio: 'ignore',
  });
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const query = (database: string, sql: string): string =>
    execFileSync(path.join(bin, 'psql'), ['-XAtq', '-d', database, '-c', sql], {
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  await until(() => answers(query), 'the database server');
  return {
    bin,
    env,
    query,
    async stop() {
      // Immediate shutdown (pg_ctl(1)).
      server.kill('SIGQUIT');
      await gone;
      rmSync(directory, {recursive: true, force: true, maxRetries: 5});
    },
  };
}

function answers(query: Postgres['query']): boolean {
  try {
    return query('postgres', 'select 1') === '1';
  } catch {
    // Not yet.
    return false;
  }
}
