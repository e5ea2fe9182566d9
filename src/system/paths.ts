import {hostname, userInfo} from 'node:os';
import path from 'node:path';

import {AppsupError} from '../errors.ts';

/** Where everything of one user on one host is kept. All absolute. */
export interface Paths {
  readonly home: string;
  /** `~/.config/appsup`: the user's own files. */
  readonly config: string;
  /** `config/config.toml`. */
  readonly globalConfig: string;
  /** `config/apps`: one TOML file per app. */
  readonly apps: string;
  /** `~/.local/state/appsup/<hostname>`: ours; homes may be shared by hosts. */
  readonly state: string;
  /** The control socket. */
  readonly socket: string;
  /** Held by the living supervisor with flock(2). */
  readonly lock: string;
  /** The supervisor's own log, JSON lines. */
  readonly log: string;
  /** `state/logs/<app>/<process>.log`. */
  readonly logs: string;
  /** Private sockets of processes. */
  readonly run: string;
  /** Sockets that front ends connect to: `state/front/<app>.sock`. The web server's user may pass through it. */
  readonly front: string;
  /** What the gateway serves, in a directory that changes with it only: it is watched. */
  readonly routes: string;
  /** Leased ports. */
  readonly leases: string;
  /** `state/apps/<app>.json`: desired states. */
  readonly desired: string;
  /** `state/processes/<app>.<process>.json`: what adoption needs. */
  readonly processes: string;
  /** `state/runs/<app>.<name>/`: what is known of a job or task and its last runs. */
  readonly runs: string;
  /** Requests and answers of front ends: `state/requests/<app>.json`. */
  readonly requests: string;
  /** What `appsup verify` found last: `state/verified/<app>.json`. */
  readonly verified: string;
  /** The script that the crontab names. */
  readonly bootScript: string;
  /** Present while the user wants no supervisor: holds the boot id. */
  readonly asleep: string;
}

/** sun_path of Linux is 108 bytes with its terminating zero (unix(7)). */
export const MAX_SOCKET_PATH = 107;

/**
 * The places for an environment: `APPSUP_CONFIG_DIR`, `APPSUP_STATE_DIR`, then `XDG_*`, then the defaults.
 *
 * @throws AppsupError `PATH_TOO_LONG` when the control socket's path does not fit.
 */
export function pathsFor(env: Readonly<Record<string, string | undefined>>): Paths {
  const home = env['HOME'] || userInfo().homedir;
  const config =
    env['APPSUP_CONFIG_DIR'] || path.join(env['XDG_CONFIG_HOME'] || path.join(home, '.config'), 'appsup');
  const state =
    env['APPSUP_STATE_DIR'] ||
    path.join(env['XDG_STATE_HOME'] || path.join(home, '.local', 'state'), 'appsup', hostname());
  const socket = path.join(path.resolve(state), 'control.sock');
  // The longest name that a socket of ours has: see privateSocketPath().
  checkSocketPath(path.join(path.resolve(state), 'run', '00000000-00000.sock'));
  return {
    home,
    config: path.resolve(config),
    globalConfig: path.resolve(config, 'config.toml'),
    apps: path.resolve(config, 'apps'),
    state: path.resolve(state),
    socket,
    lock: path.resolve(state, 'supervisor.lock'),
    log: path.resolve(state, 'appsupd.log'),
    logs: path.resolve(state, 'logs'),
    run: path.resolve(state, 'run'),
    front: path.resolve(state, 'front'),
    routes: path.resolve(state, 'gateway', 'routes.json'),
    leases: path.resolve(state, 'ports.json'),
    desired: path.resolve(state, 'apps'),
    processes: path.resolve(state, 'processes'),
    runs: path.resolve(state, 'runs'),
    requests: path.resolve(state, 'requests'),
    verified: path.resolve(state, 'verified'),
    bootScript: path.resolve(state, 'boot.sh'),
    asleep: path.resolve(state, 'asleep'),
  };
}

/**
 * The socket of an app with `transport = "unix"`, for front ends to connect to.
 *
 * @throws AppsupError `PATH_TOO_LONG`
 */
export function publicSocketPath({front}: Pick<Paths, 'front'>, app: string): string {
  const socket = path.join(front, `${app}.sock`);
  checkSocketPath(socket);
  return socket;
}

/**
 * A named Unix socket of a program: `state/run/eco.control.sock`.
 *
 * @throws AppsupError `PATH_TOO_LONG`
 */
export function namedSocketPath({run}: Pick<Paths, 'run'>, app: string, name: string): string {
  const socket = path.join(run, `${app}.${name}.sock`);
  checkSocketPath(socket);
  return socket;
}

/** @throws AppsupError `PATH_TOO_LONG` */
export function checkSocketPath(socket: string): void {
  const bytes = Buffer.byteLength(socket);
  if (bytes <= MAX_SOCKET_PATH) return;
  throw new AppsupError(
    'PATH_TOO_LONG',
    `Cannot use ${socket}: a socket's path may have ${MAX_SOCKET_PATH} bytes, this one has ${bytes}`,
    {
      hint: 'choose a shorter directory: export APPSUP_STATE_DIR=~/.appsup',
      details: {path: socket, bytes},
    },
  );
}

/** `~` and `~/x` become the home directory; everything else is resolved against `base`. */
export function expandPath(text: string, home: string, base: string): string {
  if (text === '~') return home;
  return text.startsWith('~/') ? path.join(home, text.slice(2)) : path.resolve(base, text);
}
