import {loadConfig} from '../config/load.ts';
import type {Config} from '../config/load.ts';
import type {LoadedApp} from '../config/app.ts';
import type {Notify} from '../config/notify.ts';
import {socketKey} from '../core/names.ts';
import {webProgram} from '../core/spec.ts';
import type {AppSpec} from '../core/spec.ts';
import {AppsupError} from '../errors.ts';
import {detectWebUser} from '../frontend/web-user.ts';
import type {Lease} from '../ports/book.ts';
import {adoptPort, leaseOf, leasePort, namedLeases, releasePort} from '../ports/leases.ts';
import {rangeFor} from '../ports/range.ts';
import type {ReadApp} from '../supervisor/hosted-apps.ts';
import type {Paths} from '../system/paths.ts';
import {ephemeralRange, reservedPorts} from '../system/proc-net.ts';

/** The configuration as the supervisor takes it: read anew at each start, restart and reload. */
export class Apps {
  readonly #paths: Paths;
  readonly #login: string;
  readonly #uid: number;
  #config: Config;
  #notify: Notify | undefined;
  #detected: string | undefined;

  constructor({paths, login, uid}: {readonly paths: Paths; readonly login: string; readonly uid: number}) {
    this.#paths = paths;
    this.#login = login;
    this.#uid = uid;
    this.#config = loadConfig(paths);
    this.#notify = this.#config.global.notify;
  }

  /** @throws AppsupError `CONFIG` when the directory cannot be listed: that is not «no apps», and nothing is forgotten. */
  read(): readonly ReadApp[] {
    const config = loadConfig(this.#paths);
    const unlisted = config.diagnostics.find(({file}) => file === this.#paths.apps);
    if (unlisted !== undefined) {
      throw new AppsupError(
        'CONFIG',
        unlisted.message,
        unlisted.hint === undefined ? {} : {hint: unlisted.hint},
      );
    }
    this.#config = config;
    const {global, diagnostics} = config;
    const broken = diagnostics.some(
      ({file, severity}) => file === this.#paths.globalConfig && severity === 'error',
    );
    if (!broken || global.notify !== undefined) this.#notify = global.notify;
    return [...this.#config.apps.values()].map((app) => readApp(app, this.#config.settings.baseUrl));
  }

  /** Whom to tell of what happens; `undefined`: nobody. A broken file changes nothing. */
  get notify(): Notify | undefined {
    return this.#notify;
  }

  /** The account of the web server: of the configuration, else what this host looks like. */
  get webUser(): string | undefined {
    return this.#config.settings.webUser ?? (this.#detected ??= detectWebUser());
  }

  /** Whether anybody is to be told of an app. */
  notifies(app: string): boolean {
    return this.#config.apps.get(app)?.spec?.notify ?? true;
  }

  /** The app's port: what its file says, else its lease, else a new lease. @throws AppsupError as ports/leases.ts */
  async portOf(app: AppSpec): Promise<number> {
    const lease = leaseOf(this.#paths, app.name);
    if (lease !== undefined && (app.port === undefined ? !lease.fixed : lease.port === app.port))
      return lease.port;
    const {claims} = this.#config.site;
    if (app.port !== undefined)
      return (await adoptPort({paths: this.#paths, app: app.name, claims, port: app.port})).port;
    return (await this.#lease(app.name)).port;
  }

  /** The ports of its named sockets; those that its file does not have any more are given back. @throws AppsupError as ports/leases.ts */
  async namedPortsOf(app: AppSpec): Promise<ReadonlyMap<string, number>> {
    const known = namedLeases(this.#paths, app.name);
    const sockets = Object.entries(webProgram(app)?.sockets ?? {});
    const names = sockets.filter(([, type]) => type === 'tcp').map(([name]) => name);
    const {claims} = this.#config.site;
    for (const name of known.keys())
      if (!names.includes(name))
        await releasePort({paths: this.#paths, app: socketKey(app.name, name), claims});
    const ports = new Map<string, number>();
    for (const name of names)
      ports.set(name, known.get(name) ?? (await this.#lease(socketKey(app.name, name))).port);
    return ports;
  }

  async #lease(app: string): Promise<Lease> {
    const {claims, ports} = this.#config.site;
    const {range} = rangeFor({
      site: ports,
      user: this.#config.global.ports,
      uid: this.#uid,
      login: this.#login,
      ephemeral: ephemeralRange(),
      reserved: reservedPorts(),
    });
    const taken = [...this.#config.apps.values()].flatMap(({spec}) =>
      spec?.port === undefined ? [] : [spec.port],
    );
    return await leasePort({paths: this.#paths, app, claims, range, taken});
  }
}

function readApp({name, file, hash, spec, diagnostics}: LoadedApp, baseUrl: string | undefined): ReadApp {
  const errors = diagnostics.filter(({severity}) => severity === 'error');
  return {
    name,
    file,
    hash,
    spec,
    problems: errors.map(({line, column, message}) => `${file}:${line}:${column} ${message}`),
    publicUrl:
      baseUrl === undefined || spec === undefined
        ? undefined
        : `${baseUrl.replace(/\/+$/, '')}${spec.mount}/`,
  };
}
