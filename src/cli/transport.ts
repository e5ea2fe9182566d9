import path from 'node:path';

import type {Config} from '../config/load.ts';
import {isPlainPath, isUserName} from '../core/names.ts';
import type {Transport} from '../core/spec.ts';
import {AppsupError} from '../errors.ts';
import {detectWebUser} from '../frontend/web-user.ts';
import {closedTo, shareWith, whoIs} from '../system/acl.ts';
import {ensurePrivateDirectory, readIfThere, writeAtomically} from '../system/files.ts';
import {publicSocketPath} from '../system/paths.ts';
import type {Paths} from '../system/paths.ts';
import {usage} from './args.ts';
import type {Options} from './args.ts';

/** How a new app is to be reached, and what the user has to be told of it. */
export interface TransportChoice {
  readonly transport: Transport;
  readonly hints: readonly string[];
}

/** `--transport`. @throws AppsupError `USAGE` */
export function saidTransport(options: Options, app: string): Transport | undefined {
  const said = options.value('transport');
  if (said === undefined || said === 'tcp' || said === 'unix') return said;
  throw usage(`Cannot add "${app}": --transport takes tcp or unix, not "${said}"`);
}

/**
 * A Unix socket where the web server's account can connect to it and nobody else can; a port where that cannot be had.
 *
 * Over a port, every user of the host can ask the app and forge what a front end says of the visitor.
 */
export function chooseTransport({
  said,
  webUser,
  app,
  binds,
  config,
  paths,
}: {
  /** The user's own word. */
  readonly said: Transport | undefined;
  /** As the user says; else as it is configured, or found. */
  readonly webUser: string | undefined;
  readonly app: string;
  /** True when its program has to bind a port by itself. */
  readonly binds: boolean;
  readonly config: Config;
  readonly paths: Paths;
}): TransportChoice {
  if (said === 'tcp' || (said === undefined && binds)) return {transport: 'tcp', hints: []};
  const obstacle = obstacleFor(app, webUser ?? config.settings.webUser ?? detectWebUser(), paths);
  if (said === 'unix') return {transport: 'unix', hints: obstacle === undefined ? [] : [obstacle.text]};
  if (obstacle === undefined) return {transport: 'unix', hints: []};
  return {
    transport: 'tcp',
    hints:
      obstacle.command === undefined
        ? []
        : [
            `every user of this host can ask its port. For a socket that only the web server can ask: ${obstacle.command}, then transport = "unix": appsup edit ${app}`,
          ],
  };
}

/** Why the web server could not connect to a socket of ours; `command`: what would let it. */
function obstacleFor(
  app: string,
  account: string | undefined,
  paths: Paths,
): {readonly text: string; readonly command?: string} | undefined {
  if (account === undefined)
    return {text: 'the account of the web server is not known: appsup add ... --web-user www-data'};
  const who = whoIs(account);
  if (who === undefined) return {text: `there is no account "${account}" (web_user) on this host`};
  // Its policy keeps web servers out of homes, whatever the modes are.
  if (readIfThere('/sys/fs/selinux/enforce')?.trim() === '1')
    return {text: `SELinux may keep ${account} from sockets below ${paths.home}: appsup verify ${app} tells`};
  const socket = publicSocketPath(paths, app);
  if (!isPlainPath(socket)) return {text: `${socket} has characters that no front end's file may have`};
  ensurePrivateDirectory(paths.front);
  const refused = shareWith(account, 'x', paths.front);
  if (refused !== undefined) return {text: `${account} cannot be let in to ${paths.front}: ${refused}`};
  // Those that are named after appsup are opened when the app is started.
  const closed = closedTo(who, socket).filter(
    (directory) => directory !== paths.state && path.basename(directory) !== 'appsup',
  );
  if (closed.length === 0) return undefined;
  const command = `setfacl -m u:${account}:x ${closed.join(' ')}`;
  return {text: `${account} cannot reach the socket yet; let it pass, and nobody else: ${command}`, command};
}

/** The account that `--web-user` names, for this app and all others. @throws AppsupError `USAGE`, `CONFIG` */
export function saidWebUser(options: Options, {global}: Config, paths: Paths): string | undefined {
  const said = options.value('web-user');
  if (said === undefined) return undefined;
  if (!isUserName(said)) throw usage(`Cannot take --web-user ${JSON.stringify(said)}: it is no login name`);
  if (global.webUser !== undefined && global.webUser !== said) {
    throw new AppsupError(
      'CONFIG',
      `Cannot take --web-user ${said}: ${paths.globalConfig} says web_user = "${global.webUser}"`,
      {hint: 'change it there, or leave the option out'},
    );
  }
  return said;
}

/** Write the account into config.toml, where the supervisor finds it; above everything, since no table has begun there. */
export function noteWebUser(said: string | undefined, {settings}: Config, paths: Paths): void {
  if (said === undefined || said === settings.webUser) return;
  ensurePrivateDirectory(paths.config);
  writeAtomically(paths.globalConfig, `web_user = "${said}"\n${readIfThere(paths.globalConfig) ?? ''}`);
}
