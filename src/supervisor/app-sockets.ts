import {socketKey} from '../core/names.ts';
import {AppsupError, isAppsupError, messageOf, systemCode} from '../errors.ts';
import type {Log} from '../logs/own-log.ts';
import {asDiskError} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';
import type {Address, RawSocket, Sockets} from '../system/sockets.ts';
import {inodeOfOwn} from './accepting.ts';
import {FrontWatch} from './front-watch.ts';
import {HeldSocket} from './held-socket.ts';
import type {HostedApp} from './hosted-app.ts';
import {isAt, isInPlace} from './socket-places.ts';
import type {Place, SocketPlaces} from './socket-places.ts';

export interface AppSocketsOptions {
  readonly apps: ReadonlyMap<string, HostedApp>;
  readonly places: SocketPlaces;
  readonly sockets: Sockets;
  readonly paths: Paths;
  /** Who listens on a port; `text` is `bob (uid 1007), listening on 127.0.0.1`. */
  readonly holderOf: (
    port: number,
  ) => {readonly uid: number; readonly user: string; readonly text: string} | undefined;
  /** True when somebody is connected to an address, or was within so many milliseconds, as far as that can be told. */
  readonly hasVisitors: (address: Address, withinMs: number) => boolean;
  readonly log: Log;
}

/** Holds the listening sockets of apps, for as long as the apps are known; the names of Unix sockets, too. */
export class AppSockets {
  readonly #options: AppSocketsOptions;
  readonly #names: FrontWatch;

  constructor(options: AppSocketsOptions) {
    this.#options = options;
    this.#names = new FrontWatch({
      directory: options.paths.front,
      onChange: () => this.#restoreNames(),
      onError: (error) => options.log('warn', 'cannot watch the sockets of apps', {error: messageOf(error)}),
    });
  }

  /** The app's socket where it belongs now: bound if it is not held there yet. @throws AppsupError `PORT_TAKEN`, `DISK` */
  hold(name: string): HeldSocket {
    const app = this.#options.apps.get(name);
    if (app === undefined) throw new Error(`no app ${name}`);
    if (app.socket !== undefined && isInPlace(app, app.socket)) return app.socket;
    const before = app.socket;
    const at = this.#options.places.of(app);
    if (at === undefined) throw new Error(`${name} has no port`);
    app.socket = this.#bind(app, at);
    // The app was moved to another address: what serves on the old one has a descriptor of its own, until it is replaced.
    before?.close();
    return app.socket;
  }

  /**
   * The named sockets of an app's program, in their order: bound where they are not held yet. Others are let go.
   *
   * @throws AppsupError `PORT_TAKEN`, `PORTS_EXHAUSTED`, `DISK`
   */
  holdNamed(name: string, names: readonly string[]): readonly HeldSocket[] {
    const app = this.#options.apps.get(name);
    if (app === undefined) throw new Error(`no app ${name}`);
    const places = this.#options.places.named(app);
    this.#leaveNamed(app, names);
    return names.map((each) => {
      const at = places.get(each);
      if (at === undefined) throw app.portRefusal ?? new Error(`${socketKey(name, each)} has no port`);
      return this.#holdAt(app, each, at);
    });
  }

  #holdAt(app: HostedApp, name: string, at: Place): HeldSocket {
    const before = app.named.get(name);
    before?.file?.restore();
    if (before !== undefined && isAt(before, at)) return before;
    const socket = this.#bind(app, at, socketKey(app.name, name));
    app.named.set(name, socket);
    // Of a port as in hold(); of a file the name goes, too: it became a port.
    before?.remove();
    return socket;
  }

  /** Let go of the named sockets that are not among these. */
  #leaveNamed(app: HostedApp, names: readonly string[]): void {
    for (const [name, socket] of app.named) {
      if (names.includes(name)) continue;
      socket.remove();
      app.named.delete(name);
    }
  }

  /** Whether an app's socket is held, and these of its named ones. */
  holds(name: string, named: readonly {readonly name: string}[] = []): boolean {
    const app = this.#options.apps.get(name);
    return app?.socket !== undefined && named.every((each) => app.named.has(each.name));
  }

  heldInode(name: string): number | undefined {
    const fd = this.#options.apps.get(name)?.socket?.fd;
    return fd === undefined ? undefined : inodeOfOwn(fd);
  }

  /** Let go of an app's address: its program binds it by itself. */
  release(name: string): void {
    const app = this.#options.apps.get(name);
    if (app === undefined) return;
    for (const socket of app.sockets) socket.remove();
    app.socket = undefined;
    app.named.clear();
  }

  /** A port that cannot be kept is a problem to show, not one that ends anything. */
  bindQuietly(app: HostedApp): void {
    const {places} = this.#options;
    try {
      const at = app.socket === undefined ? places.of(app) : undefined;
      if (at !== undefined) app.socket = this.#bind(app, at);
      for (const [name, place] of places.named(app)) this.#holdAt(app, name, place);
    } catch (error) {
      if (!(error instanceof AppsupError)) throw error;
      app.portProblem = error.message;
    }
  }

  /** Hold a socket that listens already. */
  take(app: HostedApp, at: Place, raw: RawSocket, name?: string): void {
    const socket = HeldSocket.adopt(this.#options.sockets, at, raw);
    if (name === undefined) app.socket = socket;
    else app.named.set(name, socket);
    if (typeof at === 'number') return;
    if (!at.restore()) at.admit();
    if (name === undefined) this.#names.watch();
  }

  /** Give up the address of an app that was moved, unless something still serves there. */
  leaveOldPlace(app: HostedApp): void {
    if (app.webUnits().some(({main}) => main !== undefined)) return;
    this.#leaveNamed(app, [...this.#options.places.named(app).keys()]);
    if (app.socket === undefined || isInPlace(app, app.socket)) return;
    app.socket.remove();
    app.socket = undefined;
  }

  /** True also when that cannot be told. */
  hasVisitors({socket, sockets}: HostedApp, withinMs: number): boolean {
    if (socket === undefined) return true;
    // Each is asked: a file forgets its visit when it is.
    return sockets
      .map(({file, address}) =>
        file === undefined
          ? this.#options.hasVisitors(address, withinMs)
          : file.visited() || this.#options.hasVisitors({path: file.boundAt}, withinMs),
      )
      .includes(true);
  }

  /** `key`: whose port it is, among the leases. */
  #bind(app: HostedApp, at: Place, key = app.name): HeldSocket {
    try {
      const socket = HeldSocket.bind(this.#options.sockets, at, () => app.closedPage());
      app.portProblem = undefined;
      if (typeof at !== 'number' && key === app.name) this.#names.watch();
      return socket;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      if (typeof at !== 'number') throw asDiskError(error, `make the socket ${at.path}`);
      throw this.#portTaken(app, {port: at, key, cause: error});
    }
  }

  #portTaken(
    app: HostedApp,
    {port, key, cause}: {readonly port: number; readonly key: string; readonly cause: unknown},
  ): AppsupError {
    const holder = this.#options.holderOf(port);
    const who = holder === undefined ? `not to be had (${systemCode(cause)})` : `taken by ${holder.text}`;
    const way = holder?.uid === process.getuid?.() ? 'End that one' : `Ask ${holder?.user ?? 'them'}`;
    return new AppsupError('PORT_TAKEN', `Cannot start "${app.name}": port ${port} is ${who}`, {
      hint:
        key === app.name
          ? `the port is in the snippet that the administrators have. ${way}, or lease another one and send a new request: appsup ports move ${key}`
          : `it is the port of its socket ${key}. ${way}, or lease another one: appsup ports move ${key}`,
      cause,
      details: {app: app.name, port, ...(holder === undefined ? {} : {uid: holder.uid, user: holder.user})},
    });
  }

  /** Names that front ends know have to be there for as long as the app is known. */
  #restoreNames(): void {
    const {log, apps} = this.#options;
    for (const {name, sockets} of apps.values()) {
      try {
        if (sockets.map(({file}) => file?.restore()).includes(true))
          log('warn', 'the socket of an app was removed; it has its name again', {app: name});
      } catch (error) {
        // Whoever removes the directory may be at it still: then there is another event.
        if (systemCode(error) === undefined && !isAppsupError(error)) throw error;
        log('warn', 'the socket of an app cannot be given its name again', {
          app: name,
          error: messageOf(error),
        });
      }
    }
  }
}
