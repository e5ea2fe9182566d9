import {hostname} from 'node:os';

import type {Config} from '../../config/load.ts';
import type {AppStatus} from '../../control/api.ts';
import {protocolOf, webProgram} from '../../core/spec.ts';
import type {AppSpec} from '../../core/spec.ts';
import {AppsupError} from '../../errors.ts';
import {keptVerified} from '../../frontend/verify/verified.ts';
import {wantedOf} from '../../frontend/wanted.ts';
import {leaseOf} from '../../ports/leases.ts';
import {publicSocketPath} from '../../system/paths.ts';
import {configOf, servingNames, specNamed, statusIfAny} from '../apps.ts';
import {browserFor, isRemote, launchBrowser} from '../browser.ts';
import type {Command, Context} from '../context.ts';

const ACTION = 'open';

/** Where an app is to be seen. */
export interface Door {
  readonly app: string;
  /** The public address, if it is known. */
  readonly url: string | undefined;
  /** On this host, for a browser; `undefined` where it speaks no HTTP over a port. */
  readonly local: string | undefined;
  /** What `ssh -L` brings to the user's own machine: a port there and the app's address here. */
  readonly forward: {readonly port: number; readonly to: string; readonly url: string} | undefined;
}

/** `appsup open APP...`: print the address; show it, where there is a display to show it on. Asks a supervisor only if one runs. */
export const open: Command = async (context, {words, json}) => {
  const config = configOf(context);
  const apps = appsToOpen(config, words);
  const seen = await statusIfAny(
    context,
    apps.map(({name}) => name),
  );
  const doors = apps.map((app) =>
    doorOf(
      context,
      config,
      app,
      seen?.find((each) => each.app === app.name),
    ),
  );
  const opened = await Promise.all(doors.map(async (door) => !json && (await show(context, door))));
  return {
    text: doors.map(({url, local, forward}) => url ?? local ?? forward?.to ?? '').join('\n'),
    json: doors.map((door) => ({
      app: door.app,
      url: door.url ?? null,
      local: door.local ?? null,
      ssh: door.forward === undefined ? null : sshLine(context, door.forward),
      running: seen === undefined ? null : serves(seen, door.app),
    })),
    hints: doors.flatMap((door, index) => [
      ...(seen !== undefined && !serves(seen, door.app)
        ? [`${door.app} is not running: appsup start ${door.app}`]
        : []),
      ...(opened[index] === true ? [] : hintsFor(context, door)),
    ]),
  };
};

/** @throws AppsupError `NOT_AN_APP` for one that serves nothing */
function appsToOpen(config: Config, words: readonly string[]): readonly AppSpec[] {
  return servingNames(config, ACTION, words).map((name) => {
    const app = specNamed(config, ACTION, name);
    if (webProgram(app) !== undefined) return app;
    throw new AppsupError('NOT_AN_APP', `Cannot open "${name}": none of its programs serves anything`, {
      hint: `appsup show ${name}`,
    });
  });
}

function doorOf({paths}: Context, config: Config, app: AppSpec, seen: AppStatus | undefined): Door {
  // Of what runs: after "ports move" that is another one until the next restart.
  const port = seen?.port ?? app.port ?? leaseOf(paths, app.name)?.port;
  const {baseUrl} = config.settings;
  const proven = keptVerified(paths, app.name, wantedOf(app, port ?? 0, paths))?.url;
  const url = proven ?? (baseUrl === undefined ? undefined : `${baseUrl.replace(/\/+$/, '')}${app.mount}/`);
  if (protocolOf(app) !== 'http' || port === undefined)
    return {app: app.name, url, local: undefined, forward: undefined};
  const below = `http://127.0.0.1:${port}${app.prefix === 'keep' ? app.mount : ''}/`;
  return app.transport === 'unix'
    ? {
        app: app.name,
        url,
        local: undefined,
        forward: {port, to: publicSocketPath(paths, app.name), url: below},
      }
    : {app: app.name, url, local: below, forward: {port, to: `127.0.0.1:${port}`, url: below}};
}

function serves(seen: readonly AppStatus[], app: string): boolean {
  const processes = seen.find((each) => each.app === app)?.processes ?? [];
  return processes.some(({serves: web, state, dormant}) => web && (state === 'running' || dormant === true));
}

async function show({terminal, env}: Context, {url, local}: Door): Promise<boolean> {
  const address = url ?? local;
  const browser = terminal.interactive && address !== undefined ? browserFor(env, address) : undefined;
  if (browser === undefined) return false;
  const problem = await launchBrowser(browser);
  if (problem !== undefined) terminal.err(`! ${browser[0]} cannot be run: ${problem}\n`);
  return problem === undefined;
}

function hintsFor(context: Context, {app, url, forward}: Door): readonly string[] {
  const unknown =
    url === undefined
      ? ['its public address is not known: base_url = "https://HOST" in ~/.config/appsup/config.toml']
      : [];
  if (forward === undefined) return [...unknown, `as the front end would serve it: appsup preview ${app}`];
  const there = isRemote(context.env)
    ? [`from your own machine: ${sshLine(context, forward)}  and there ${forward.url}`]
    : [];
  return [...unknown, ...there];
}

/** `ssh -L 20140:127.0.0.1:20140 alice@eco`, with the server's port where that is another one than 22. */
function sshLine({account, env}: Context, {port, to}: NonNullable<Door['forward']>): string {
  const served = env['SSH_CONNECTION']?.split(' ')[3];
  const at = served === undefined || served === '22' || !/^\d+$/.test(served) ? '' : `-p ${served} `;
  return `ssh ${at}-L ${port}:${to} ${account().username}@${hostname()}`;
}
