import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {rmSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import {isGateway, isServed, isSite} from '../../core/spec.ts';
import type {AppSpec} from '../../core/spec.ts';
import {AppsupError, isAppsupError, systemCode} from '../../errors.ts';
import {makePreviewPlace, sweepPreviews} from '../../system/preview-places.ts';
import {routeOf, serializeRoutes} from '../../gateway/routes.ts';
import type {Route} from '../../gateway/routes.ts';
import {describeHolder, portHolder} from '../../ports/taken.ts';
import {ensurePrivateDirectory, writeAtomically} from '../../system/files.ts';
import {publicSocketPath} from '../../system/paths.ts';
import type {Proc} from '../../system/proc.ts';
import type {RawSocket, Sockets} from '../../system/sockets.ts';
import {configOf, portOf, specNamed} from '../apps.ts';
import type {Command, Context} from '../context.ts';
import {checkedTargets} from '../targets.ts';

const ACTION = 'preview';

/**
 * `appsup preview APP [--port N]`: the app on a port of 127.0.0.1 as the front end would serve it, in the foreground.
 *
 * It is the gateway with one route: mount, prefix mode, headers, cookies, static files and limits are those of the app's file.
 */
export const preview =
  (sockets: Sockets, proc: Pick<Proc, 'stat'>): Command =>
  async (context, {words, options, json}) => {
    const [name = ''] = checkedTargets(ACTION, words);
    const config = configOf(context);
    const app = specNamed(config, ACTION, name);
    const route = await routeTo(context, app, async () => await portOf(context, config, app));
    const {socket, port} = await bind(sockets, name, options.count('port'));
    const url = `http://127.0.0.1:${port}${app.mount}/`;
    const {terminal} = context;
    terminal.out(json ? `${JSON.stringify({app: name, url})}\n` : `${url}  (Ctrl-C ends it)\n`);
    if (!json && !isSite(app) && !(await runs(context, name)))
      terminal.err(`! ${name} is not running: appsup start ${name}\n`);
    await serve(context, proc, {route, socket});
    return {text: '', json: []};
  };

async function routeTo({paths}: Context, app: AppSpec, port: () => Promise<number>): Promise<Route> {
  const upstream =
    app.transport === 'unix'
      ? ({kind: 'unix', path: publicSocketPath(paths, app.name)} as const)
      : ({kind: 'tcp', port: !isServed(app) ? 0 : await port()} as const);
  const route = routeOf({app, upstream});
  if (route !== undefined) return route;
  const why = isGateway(app)
    ? 'it is the gateway, which is there already'
    : !isServed(app)
      ? 'none of its programs serves anything'
      : 'it speaks uwsgi: protocol = "http" to see it';
  throw new AppsupError('NOT_AN_APP', `Cannot preview "${app.name}": ${why}`, {
    hint: `appsup show ${app.name}`,
  });
}

/** A port of the user's choice, or any. @throws AppsupError `PORT_TAKEN` */
async function bind(
  sockets: Sockets,
  app: string,
  wanted: number | undefined,
): Promise<{socket: RawSocket; port: number}> {
  const port = wanted ?? (await freePort());
  try {
    return {socket: sockets.bindPort(port), port};
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    const holder = portHolder(port);
    const who =
      holder === undefined ? `not to be had (${systemCode(error)})` : `taken by ${describeHolder(holder)}`;
    throw new AppsupError('PORT_TAKEN', `Cannot preview "${app}": port ${port} is ${who}`, {
      hint: 'another one: --port N, or none for any',
      cause: error,
    });
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const {port} = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Whether somebody serves it, as far as is known: without a supervisor its programs may run all the same. */
async function runs({connect}: Context, name: string): Promise<boolean> {
  try {
    const {apps} = await connect().status({targets: [name], memory: false});
    return apps.some(({processes}) => processes.some(({serves, state}) => serves && state === 'running'));
  } catch (error) {
    if (isAppsupError(error)) return error.code === 'SUPERVISOR_GONE';
    throw error;
  }
}

/** For answers under way when the user has seen enough. */
const GRACE_MS = 300;

/** Until the user ends it. */
async function serve(
  {paths}: Context,
  proc: Pick<Proc, 'stat'>,
  {route, socket}: {readonly route: Route; readonly socket: RawSocket},
): Promise<void> {
  ensurePrivateDirectory(paths.state);
  sweepPreviews(paths, proc);
  const place = makePreviewPlace(paths, proc);
  try {
    const routes = path.join(place, 'routes.json');
    writeAtomically(routes, serializeRoutes([route]));
    const file = path.join(import.meta.dirname, 'gateway.cjs');
    const args = [file, `--routes=${routes}`, `--grace=${GRACE_MS}`, '--leash'];
    // The first is a leash: it ends with this process, however that ends. The access log is not the result.
    const child = spawn(process.execPath, args, {stdio: ['pipe', 2, 2, socket.fd]});
    socket.close();
    await ended(child);
  } finally {
    rmSync(place, {recursive: true, force: true});
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const stop = (): void => void child.kill('SIGTERM');
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => resolve());
    });
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
