import {webProgram} from '../core/spec.ts';
import type {Paths} from '../system/paths.ts';
import type {Sockets} from '../system/sockets.ts';
import {FrontSocket} from './front-socket.ts';
import type {HeldSocket} from './held-socket.ts';
import type {HostedApp} from './hosted-app.ts';
import type {ProcessRecord} from './records.ts';

/** A TCP port of 127.0.0.1, or a Unix socket. */
export type Place = number | FrontSocket;

export interface SocketPlacesOptions {
  readonly sockets: Sockets;
  readonly paths: Paths;
  /** The account of the web server, for Unix sockets. */
  readonly webUser: () => string | undefined;
}

/** Where the sockets of apps belong: what their files say, and where what runs was started. */
export class SocketPlaces {
  readonly #options: SocketPlacesOptions;

  constructor(options: SocketPlacesOptions) {
    this.#options = options;
  }

  /** Where an app is to listen; `undefined` while it has no port, or serves nothing. */
  of(app: HostedApp): Place | undefined {
    if (app.spec?.transport !== 'unix') return app.port;
    return app.serves ? this.#frontSocket(app) : undefined;
  }

  /** Where a process of it listens. */
  ofRecord(app: HostedApp, {port, frontSocket}: ProcessRecord): Place | undefined {
    return frontSocket === undefined ? port : this.#frontSocket(app);
  }

  /** Where the named sockets of its program belong; without those whose port is not to be had. */
  named(app: HostedApp): ReadonlyMap<string, Place> {
    const wanted = app.spec === undefined ? undefined : webProgram(app.spec)?.sockets;
    return new Map(
      Object.entries(wanted ?? {}).flatMap(([name, type]) => {
        const at = type === 'unix' ? this.#frontSocket(app, name) : app.namedPorts.get(name);
        return at === undefined ? [] : [[name, at] as const];
      }),
    );
  }

  /** Where a process of it has its named sockets. */
  namedOfRecord(app: HostedApp, {named = []}: ProcessRecord): ReadonlyMap<string, Place> {
    return new Map(named.map(({name, port}) => [name, port ?? this.#frontSocket(app, name)]));
  }

  #frontSocket({name: app}: HostedApp, name?: string): FrontSocket {
    const {sockets, paths, webUser} = this.#options;
    return new FrontSocket({sockets, paths, app, name, webUser: webUser()});
  }
}

/** False once the app was moved to another port, or from a port to a Unix socket or back. */
export function isInPlace({spec, port}: HostedApp, {address}: HeldSocket): boolean {
  if ('port' in address) return spec?.transport !== 'unix' && address.port === port;
  return spec?.transport === 'unix';
}

/** True when a socket is at a place. */
export function isAt({address}: HeldSocket, at: Place | undefined): boolean {
  if ('port' in address) return address.port === at;
  return typeof at === 'object' && address.path === at.path;
}
