import type {FrontStatus} from '../control/api.ts';
import {gatewayFor} from '../core/spec.ts';
import type {AppSpec} from '../core/spec.ts';
import {isAppsupError, messageOf} from '../errors.ts';
import type {Log} from '../logs/own-log.ts';
import type {AppSockets} from './app-sockets.ts';
import type {HostedApp} from './hosted-app.ts';

export interface AppAddressOptions {
  /** The app's port: fixed, or leased for ever. @throws AppsupError `PORTS_EXHAUSTED`, ... */
  readonly portOf: (app: AppSpec) => Promise<number>;
  /** The ports of its named sockets, by name: leased for ever. @throws AppsupError the same */
  readonly namedPortsOf: (app: AppSpec) => Promise<ReadonlyMap<string, number>>;
  /** What is known of an app's front end. */
  readonly frontOf: (app: AppSpec, port: number | undefined) => FrontStatus;
  readonly held: AppSockets;
  readonly log: Log;
}

/**
 * Note where an app is reached, as its file says it now: its port, and what its front end knows of that.
 *
 * A port that is not to be had is a problem of the app, which `status` shows.
 *
 * @param all - Every app: what stands behind a gateway among them needs nothing of the administrators.
 */
export async function takeAddress(
  app: HostedApp,
  all: Iterable<HostedApp>,
  {portOf, namedPortsOf, frontOf, held, log}: AppAddressOptions,
): Promise<void> {
  if (app.spec === undefined || !app.serves) {
    app.front = undefined;
    return;
  }
  try {
    app.port = await portOf(app.spec);
    app.namedPorts = await namedPortsOf(app.spec);
    held.leaveOldPlace(app);
    if (app.portRefusal !== undefined) app.portProblem = undefined;
    app.portRefusal = undefined;
  } catch (error) {
    app.portProblem = messageOf(error);
    if (isAppsupError(error)) app.portRefusal = error;
    log('error', app.portProblem, {app: app.name});
  }
  // Here, and not when somebody asks for the state: that has to be quick.
  const specs = [...all].flatMap(({spec}) => spec ?? []);
  app.front = gatewayFor(app.spec, specs) === undefined ? frontOf(app.spec, app.port) : undefined;
}
