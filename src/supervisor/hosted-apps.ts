import type {SupervisorEvent} from '../control/api.ts';
import type {AppSpec} from '../core/spec.ts';
import {AppsupError, isAppsupError} from '../errors.ts';
import type {AppAddressOptions} from './app-address.ts';
import {takeAddress} from './app-address.ts';
import type {AppLogs} from './app-logs.ts';
import type {Announcer} from './announcer.ts';
import {HostedApp} from './hosted-app.ts';
import type {HostedAppOptions} from './hosted-app.ts';
import type {LentSockets} from './lent-sockets.ts';
import type {Records} from './records.ts';
import type {AppAtStart} from './runner.ts';
import type {RunApp} from './runs.ts';
import {servedOf} from './served.ts';
import type {ServedApp} from './served.ts';
import {select} from './targets.ts';

/** An app's file as it was read. */
export interface ReadApp {
  readonly name: string;
  readonly file: string;
  readonly hash: string;
  /** `undefined` when the file has mistakes. */
  readonly spec: AppSpec | undefined;
  /** One line each. */
  readonly problems: readonly string[];
  /** Address under which the front end serves it, if the site or the user says so. */
  readonly publicUrl: string | undefined;
}

export interface HostedAppsOptions
  extends
    Pick<HostedAppOptions, 'clock' | 'runner' | 'desired' | 'onChange' | 'onHealth'>,
    AppAddressOptions {
  /** By name; changed here alone. */
  readonly apps: Map<string, HostedApp>;
  readonly records: Records;
  readonly lent: LentSockets;
  readonly logs: AppLogs;
  readonly announcer: Announcer;
  /** Read every app's file; a broken one comes with its problems. */
  readonly readApps: () => readonly ReadApp[];
  /** Told which apps are served, and where, whenever that may have changed. */
  readonly onServed: (apps: readonly ServedApp[]) => void;
  /** The file of an app is new, or another one. */
  readonly onSpec: (spec: AppSpec) => void;
  readonly onForgotten: (app: string) => void;
  /** True while a run of the app goes on. */
  readonly isBusy: (app: string) => boolean;
}

/** The apps that are known: those that have a file, and those of which something runs although their file is gone. */
export class HostedApps {
  readonly #options: HostedAppsOptions;
  readonly #apps: Map<string, HostedApp>;

  constructor(options: HostedAppsOptions) {
    this.#options = options;
    this.#apps = options.apps;
  }

  /** The app of that name; made if it is not known yet. */
  host(name: string, file: string): HostedApp {
    const known = this.#apps.get(name);
    if (known !== undefined) return known;
    const {clock, runner, desired, onChange, onHealth, held} = this.#options;
    const app = new HostedApp({
      name,
      file,
      clock,
      runner,
      desired,
      onChange,
      onHealth,
      bind: (bound) => held.bindQuietly(bound),
      hasVisitors: (visited, withinMs) => held.hasVisitors(visited, withinMs),
    });
    this.#apps.set(name, app);
    return app;
  }

  /** When the supervisor begins there is nobody to tell: what runs is adopted, and the apps come with the next command. */
  readQuietly(): void {
    try {
      this.#read();
    } catch (error) {
      if (!isAppsupError(error)) throw error;
      this.#options.log('error', error.message);
    }
  }

  /** Take the files as they are now. @throws AppsupError `CONFIG` when they cannot be listed: then nothing has changed */
  async readAgain(): Promise<void> {
    const unread = [...this.#apps.values()].filter(({spec}) => spec === undefined);
    this.#read();
    await this.#options.logs.leftAlone();
    for (const app of this.#apps.values()) await takeAddress(app, this.#apps.values(), this.#options);
    // Its file was broken when the supervisor came, so that nothing of it could be started: now it can.
    for (const app of unread) if (app.spec !== undefined) await this.wake(app);
    this.tellServed();
  }

  /** Get an app going after the supervisor came: its port, its socket, what ought to run. */
  async wake(app: HostedApp): Promise<void> {
    await takeAddress(app, this.#apps.values(), this.#options);
    await this.#options.lent.regain(app);
    const units = [...app.units.values()];
    const wanted = units.filter(
      (unit) => app.desired(unit.id) === 'running' && ['stopped', 'fatal'].includes(unit.state.id),
    );
    const unwanted = units.filter((unit) => app.desired(unit.id) === 'stopped' && unit.main !== undefined);
    if (app.spec !== undefined) app.wake(wanted);
    // What sleeps has its socket by now, and nobody who comes to it meets the page of an app that is stopped.
    app.tendSocket();
    // A stop that was under way when the supervisor died.
    void app.halt(unwanted);
  }

  tellServed(): void {
    this.#options.onServed(servedOf(this.#apps.values()));
  }

  /** @throws AppsupError `CONFIG` when there is no good version of its file */
  atStart(name: string): AppAtStart {
    const app = this.#apps.get(name);
    if (app?.spec === undefined) throw unusable('start', name, app);
    const {spec, hash, port, namedPorts, portRefusal, publicUrl} = app;
    return {app: spec, hash, port, namedPorts, portRefusal, publicUrl};
  }

  /** An app whose file is good as it is now. @throws AppsupError `NO_SUCH_APP`, `CONFIG` */
  atRun(name: string): RunApp {
    const app = select(this.#apps, [name])[0]?.app;
    if (app?.spec === undefined || app.problems.length > 0) throw unusable('use', name, app);
    return {spec: app.spec, awake: this.isAwake(name)};
  }

  /** True while something of the app is to run. */
  isAwake(name: string): boolean {
    const app = this.#apps.get(name);
    return app !== undefined && [...app.units.values()].some(({id}) => app.desired(id) === 'running');
  }

  #read(): void {
    const found = new Set<string>();
    for (const read of this.#options.readApps()) {
      found.add(read.name);
      this.#take(read);
    }
    for (const app of this.#apps.values()) if (!found.has(app.name)) this.#fileGone(app);
  }

  #take(read: ReadApp): void {
    const app = this.host(read.name, read.file);
    const before = {hash: app.hash, problems: app.problems.join('\n')};
    app.file = read.file;
    app.problems = read.problems;
    app.publicUrl = read.publicUrl;
    if (read.spec !== undefined) app.take(read.spec, read.hash);
    this.#options.logs.keep(app);
    if (app.hash !== before.hash || app.problems.join('\n') !== before.problems)
      this.#tellConfig(app, read.spec === undefined ? 'broken' : before.hash === '' ? 'added' : 'changed');
    if (read.spec !== undefined && app.hash !== before.hash) this.#options.onSpec(read.spec);
  }

  /** An app whose file is gone is forgotten once nothing of it runs; a lost file stops nothing. */
  #fileGone(app: HostedApp): void {
    const {isBusy, records, desired, logs, onForgotten} = this.#options;
    const lives = [...app.units.values()].some(
      ({main, candidate, leaving}) => main ?? candidate ?? leaving[0],
    );
    if (lives || isBusy(app.name)) {
      app.spec = undefined;
      app.problems = [`${app.file} is gone; what runs of ${app.name} goes on`];
      return;
    }
    for (const socket of app.sockets) socket.remove();
    for (const process of app.units.keys()) records.remove(app.name, process);
    desired.remove(app.name);
    onForgotten(app.name);
    logs.forget(app.name);
    this.#apps.delete(app.name);
    this.#tellConfig(app, 'removed');
  }

  #tellConfig({name}: HostedApp, change: Extract<SupervisorEvent, {type: 'config'}>['change']): void {
    const {announcer, clock} = this.#options;
    announcer.tell({
      level: 'info',
      message: `config: ${change}`,
      event: {type: 'config', at: clock.wall(), app: name, change},
    });
  }
}

function unusable(verb: string, name: string, app: HostedApp | undefined): AppsupError {
  return new AppsupError('CONFIG', `Cannot ${verb} "${name}": ${app?.problems[0] ?? 'it has no file'}`, {
    hint: `appsup check ${name}`,
  });
}
