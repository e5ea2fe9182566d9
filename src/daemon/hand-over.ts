import {spawn, spawnSync} from 'node:child_process';
import {closeSync, fstatSync, openSync, statSync} from 'node:fs';
import path from 'node:path';

import {AppsupError} from '../errors.ts';
import type {HandOver} from '../supervisor/supervisor.ts';
import type {Lock} from '../system/lock.ts';
import {inheritedLock} from '../system/lock.ts';
import type {Paths} from '../system/paths.ts';
import type {Address} from '../system/sockets.ts';
import {READY_FD} from './ready.ts';

/** Set for a successor: 3 is the lock; `20140:4 unix/tasks:5` are ports, and apps with a Unix socket, with their descriptors. */
const HANDED = 'APPSUP_HANDED_OVER';
/** stdin, stdout, stderr come before. */
const FIRST_FD = 3;

/** What a predecessor left in our hands. */
export interface Inherited {
  readonly lock: Lock | undefined;
  /** Descriptors by {@link nameOf}. */
  readonly sockets: ReadonlyMap<string, number>;
}

/** What an app's socket is handed over as. */
export function nameOf(app: string, address: Address): string {
  return 'port' in address ? String(address.port) : `unix/${app}`;
}

/** Take what was handed over, if anything was, and forget the variable so that nobody takes it twice. */
export function takeInherited(env: NodeJS.ProcessEnv, lockFile: string): Inherited {
  const text = env[HANDED];
  delete env[HANDED];
  if (text === undefined) return {lock: undefined, sockets: new Map()};
  // A descriptor is believed only for what it is: the open lock file.
  const [ours, theirs] = [statSync(lockFile, {throwIfNoEntry: false}), fstatSync(FIRST_FD)];
  const lock = ours?.ino === theirs.ino && ours.dev === theirs.dev ? inheritedLock(FIRST_FD) : undefined;
  const pairs = [...text.matchAll(/(\S+):(\d+)/g)];
  return {lock, sockets: new Map(pairs.map(([, name = '', fd]) => [name, Number(fd)]))};
}

/**
 * Start a successor that holds the lock and the sockets from its first moment; the caller then ends at once.
 *
 * It is started with our own options of Node: `--jitless`, where writable code is forbidden, is as true for it. It is tried first
 * (`--version`), because after this nobody is there to go back to.
 *
 * @throws AppsupError `SUPERVISOR_START` when it does not even say its version.
 */
export async function startSuccessor(
  {node, daemon, sockets}: HandOver,
  lock: Lock,
  paths: Pick<Paths, 'state'>,
): Promise<void> {
  const trial = spawnSync(node, [...process.execArgv, daemon, '--version'], {
    env: ownEnvironment(),
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (trial.status !== 0) {
    const why =
      trial.error?.message ?? (trial.stderr.trim() || `it ended with ${trial.signal ?? trial.status}`);
    throw new AppsupError('SUPERVISOR_START', `Cannot start ${daemon} with ${node}: ${why}`, {
      hint: 'the supervisor that runs goes on as it is',
    });
  }
  const log = openSync(path.join(paths.state, 'boot.log'), 'a', 0o600);
  const handed = sockets
    .map(({app, address}, index) => `${nameOf(app, address)}:${FIRST_FD + 1 + index}`)
    .join(' ');
  const child = spawn(node, [...process.execArgv, daemon], {
    detached: true,
    env: {...ownEnvironment(), [HANDED]: handed},
    stdio: ['ignore', log, log, lock.fd, ...sockets.map(({fd}) => fd)],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  closeSync(log);
  child.unref();
}

/** What this supervisor was started with; whoever waited for it has had the answer. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const {[READY_FD]: _answered, ...env} = process.env;
  return env;
}
