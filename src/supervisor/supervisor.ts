import type {
  ActReport,
  ActRequest,
  ChallengeReport,
  ChallengeRequest,
  FrontStatus,
  JobsReport,
  ReloadReport,
  RunRequest,
  RunStatus,
  ShutdownRequest,
  SignalReport,
  SignalRequest,
  StatusReport,
  StatusRequest,
  SupervisorApi,
  SupervisorEvent,
  SupervisorInfo,
} from '../control/api.ts';
import {gatewayFor, processNames} from '../core/spec.ts';
import type {AppSpec} from '../core/spec.ts';
import type {UnitState} from '../core/state.ts';
import {AppsupError, isAppsupError, messageOf, systemCode} from '../errors.ts';
import type {LaunchContext} from '../launch/prepare.ts';
import {planOf} from '../schedule/plan.ts';
import type {Exits} from '../system/exits.ts';
import type {Paths} from '../system/paths.ts';
import {asDiskError} from '../system/files.ts';
import type {Address, RawSocket, Sockets} from '../system/sockets.ts';
import {act} from './act.ts';
import {HostedActs} from './app-acts.ts';
import {descriptorOf, inodeOfOwn} from './accepting.ts';
import {endOrphans, inheritanceOf} from './adoption.ts';
import {BOOT_MS, hasComeUp, rollCall} from './after-boot.ts';
import {DesiredStates} from './desired.ts';
import {secretsFromFiles} from './environment-of.ts';
import {FrontSocket} from './front-socket.ts';
import {FrontWatch} from './front-watch.ts';
import {HeldSocket} from './held-socket.ts';
import {HostedApp} from './hosted-app.ts';
import type {Verdict} from './health.ts';
import type {LastWords} from './last-words.ts';
import {LiveProcess} from './live-process.ts';
import type {ProcessWorld} from './live-process.ts';
import {Records} from './records.ts';
import type {Done, ProcessRecord, UnitRecord} from './records.ts';
import {measureMemory, appStatus, reasonOf, servingPort, stateName} from './report.ts';
import {ProcessRunner, removePrivateSocket} from './runner.ts';
import type {AppAtStart, RunnerOptions} from './runner.ts';
import {RunBooks} from './run-records.ts';
import {RunSteps} from './run-steps.ts';
import {Runs} from './runs.ts';
import type {RunApp, RunsOptions} from './runs.ts';
import {signalled} from './signalled.ts';
import {select} from './targets.ts';
import {membersOf} from './tree.ts';
import type {Unit} from './unit.ts';

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

/** An app as front ends reach it: what runs counts, also after its file has changed. */
export interface ServedApp {
  readonly app: AppSpec;
  /** Of 127.0.0.1. */
  readonly port: number;
}

/** What goes to a successor. */
export interface HandOver {
  readonly node: string;
  readonly daemon: string;
  readonly sockets: readonly {readonly app: string; readonly address: Address; readonly fd: number}[];
}

export interface SupervisorOptions extends ProcessWorld {
  readonly version: string;
  readonly paths: Paths;
  readonly sockets: Sockets;
  readonly exits: Exits;
  readonly user: LaunchContext['user'];
  readonly prepare: RunnerOptions['prepare'];
  /** Read every app's file; a broken one comes with its problems. */
  readonly readApps: () => readonly ReadApp[];
  /** The app's port: fixed, or leased for ever. @throws AppsupError `PORTS_EXHAUSTED`, ... */
  readonly portOf: (app: AppSpec) => Promise<number>;
  /** Who listens on a port; `text` is `bob (uid 1007), listening on 127.0.0.1`. */
  readonly holderOf: (
    port: number,
  ) => {readonly uid: number; readonly user: string; readonly text: string} | undefined;
  /** The sockets that listen there; a path may have been bound again and again. */
  readonly inodesOf: (address: Address) => readonly number[];
  /** True when somebody is connected to an address, or was within so many milliseconds, as far as that can be told. */
  readonly hasVisitors: (address: Address, withinMs: number) => boolean;
  /** The account of the web server, for Unix sockets. */
  readonly webUser: () => string | undefined;
  readonly log: (
    level: 'info' | 'warn' | 'error',
    message: string,
    facts?: Readonly<Record<string, unknown>>,
  ) => void;
  /** When a supervisor was last known to live, wall clock; `undefined` after a clean end or a reboot. */
  readonly lastSeen: number | undefined;
  /** What is known of an app's front end. */
  readonly frontOf: (app: AppSpec, port: number | undefined) => FrontStatus;
  /** Keeps the logs of apps within their limits. */
  readonly logs: {
    set(app: AppSpec, processes: readonly string[]): void;
    /** The same for the logs of its runs. */
    setRuns(app: AppSpec, files: readonly string[]): void;
    delete(app: string): Promise<void>;
    close(): Promise<void>;
  };
  /** The reader of schedules; asked for when there is a job. */
  readonly loadSchedules: RunsOptions['load'];
  /** Told which apps are served, and where, whenever that may have changed. */
  readonly onServed: (apps: readonly ServedApp[]) => void;
  /** The descriptor of a socket that a predecessor handed over. */
  readonly inherited: (app: string, address: Address) => number | undefined;
  /**
   * Called once the supervisor has been asked to end and has done what that takes.
   *
   * With a successor: start it with these sockets. @throws AppsupError when it cannot be started; then this one goes on.
   */
  readonly onShutdown: (handOver?: HandOver) => Promise<void>;
}

/** All apps of one user on one host. */
export class Supervisor implements SupervisorApi {
  readonly #options: SupervisorOptions;
  readonly #apps = new Map<string, HostedApp>();
  /** What the keeper of logs was told last, by app. */
  readonly #keptLogs = new Map<string, string>();
  /** Rotations of removed apps that are still under way: their logs may be removed after them. */
  readonly #farewells: Promise<void>[] = [];
  readonly #records: Records;
  readonly #desired: DesiredStates;
  readonly #runner: ProcessRunner;
  readonly #runs: Runs;
  readonly #front: FrontWatch;
  readonly #listeners = new Set<(event: SupervisorEvent) => void>();
  readonly #since: number;
  #adopted = 0;
  #ending = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#since = options.clock.wall();
    this.#records = new Records(options.paths);
    const onGarbage = (file: string) => options.log('warn', 'a damaged state file is ignored', {file});
    this.#front = new FrontWatch({
      directory: options.paths.front,
      onChange: () => this.#restoreFrontSockets(),
      onError: (error) => options.log('warn', 'cannot watch the sockets of apps', {error: messageOf(error)}),
    });
    this.#desired = new DesiredStates({paths: options.paths, onGarbage});
    this.#runner = new ProcessRunner({
      ...options,
      lookUp: async (app) => await this.#lookUp(app),
      hold: (app) => this.#hold(app),
      heldInode: (app) => this.#heldInode(app),
      holds: (app) => this.#apps.get(app)?.socket !== undefined,
      release: (app) => this.#release(app),
      onWarning: (app, process, text) => options.log('warn', text, {app, process}),
    });
    this.#runs = this.#makeRuns(options);
  }

  /** Take over what runs, then start what ought to run. */
  async begin(): Promise<void> {
    const {log, proc, paths} = this.#options;
    const records = this.#records.readAll((file) => log('warn', 'a damaged state file is ignored', {file}));
    const {living, superseded, dead, done} = inheritanceOf(records, proc);
    for (const record of living) this.#adopt(record);
    for (const {unit, process} of superseded) this.#dismiss(unit, process);
    for (const {app, process, main} of dead) {
      log('info', 'a process ended while no supervisor was there', {app: app.name, process});
      if (main !== undefined) removePrivateSocket(main);
      this.#records.remove(app.name, process);
    }
    for (const {app, process, done: work} of done) this.#host(app.name, app.file).rememberDone(process, work);
    const kept = [...living.map(({main}) => main?.mark), ...superseded.map(({process}) => process.mark)];
    const keep = new Set([...kept.filter((mark) => mark !== undefined), ...this.#runs.unfinished()]);
    await endOrphans(this.#options, paths.state, keep, (mark) => log('warn', 'an orphan is ended', {mark}));
    this.#readAppsQuietly();
    for (const app of this.#apps.values()) this.#learnSecrets(app);
    await Promise.all([...this.#apps.values()].map(async (app) => await this.#wake(app)));
    this.#runs.resumeUnfinished();
    this.#runs.look();
    this.#tellServed();
  }

  /** After a boot: tell, once, when everything wished for is up; or what is not, when that has taken too long. */
  async tellBoot(limitMs = BOOT_MS): Promise<void> {
    const apps = [...this.#apps.values()];
    await Promise.all(apps.map(async (app) => await app.until(() => hasComeUp(app), limitMs)));
    const {running, missing} = rollCall([...this.#apps.values()], (app) => this.#desired.read(app));
    if (this.#ending || running.length + missing.length === 0) return;
    this.#tell('info', 'after the boot', {type: 'boot', at: this.#options.clock.wall(), running, missing});
  }

  /** What a person may be shown of a process beside its events: why it is as it is, and what it printed last. */
  words(name: string, process: string): LastWords & {readonly secrets: readonly string[]} {
    const app = this.#apps.get(name);
    const unit = app?.units.get(process);
    if (app === undefined || unit === undefined) return {reason: app?.problems[0], lines: [], secrets: []};
    const main = unit.main?.process;
    const lines = main === undefined ? (unit.lastFailure?.output ?? []) : this.#runner.lastWords(main).lines;
    return {reason: reasonOf(app, unit), lines, secrets: main?.secrets ?? []};
  }

  async info(): Promise<SupervisorInfo> {
    const {lastSeen, version} = this.#options;
    const back = lastSeen !== undefined && this.#adopted > 0;
    return {
      version,
      protocol: 1,
      pid: process.pid,
      since: this.#since,
      adopted: this.#adopted,
      goneMs: back ? this.#since - lastSeen : undefined,
      cameBackAt: back ? this.#since : undefined,
    };
  }

  async status({targets, memory}: StatusRequest): Promise<StatusReport> {
    const chosen = targets.length === 0 ? undefined : select(this.#apps, targets);
    const apps = chosen === undefined ? [...this.#apps.values()] : chosen.map(({app}) => app);
    const leaders = apps.flatMap((app) =>
      [...app.units.values()].flatMap(({main}) => main?.process.pid ?? []),
    );
    const measured = memory ? measureMemory(this.#options.proc, leaders) : undefined;
    // The way to a socket may have been opened by now; only while it is closed is there something to look at.
    for (const {socket} of apps) if (socket?.file?.problem !== undefined) socket.file.admit();
    const meant = new Set(chosen?.flatMap(({units}) => units.map(({id}) => `${id.app}:${id.process}`)));
    return {
      supervisor: await this.info(),
      apps: apps
        .toSorted((a, b) => a.name.localeCompare(b.name))
        .map((app) => appStatus(app, this.#options.clock, measured))
        .map((app) =>
          chosen === undefined
            ? app
            : {...app, processes: app.processes.filter((each) => meant.has(`${each.app}:${each.process}`))},
        ),
    };
  }

  async act(request: ActRequest, onProgress: (event: SupervisorEvent) => void): Promise<ActReport> {
    if (this.#ending)
      throw new AppsupError('SUPERVISOR_GONE', 'Cannot do that now: the supervisor is ending');
    if (request.action !== 'stop') await this.#readAgain();
    const selection = select(this.#apps, request.targets);
    const apps = new Set(selection.map(({app}) => app.name));
    const listen = (event: SupervisorEvent) => {
      if ('app' in event && apps.has(event.app)) onProgress(event);
    };
    this.#listeners.add(listen);
    try {
      const results = await Promise.all(selection.map(async (each) => await act(each, request)));
      return {results: results.flat()};
    } finally {
      this.#listeners.delete(listen);
      this.#runs.look();
    }
  }

  async signal(request: SignalRequest): Promise<SignalReport> {
    const results = select(this.#apps, request.targets).flatMap((each) => signalled(each, request));
    for (const {app, process, pid, ok} of results)
      if (ok) this.#options.log('info', `a user's signal: ${request.signal}`, {app, process, pid});
    return {results};
  }

  async run(request: RunRequest, onProgress: (event: SupervisorEvent) => void): Promise<RunStatus> {
    if (this.#ending)
      throw new AppsupError('SUPERVISOR_GONE', 'Cannot do that now: the supervisor is ending');
    await this.#readAgain();
    return await this.#runs.run(request, onProgress);
  }

  async cancel(request: {
    readonly app: string;
    readonly name: string;
  }): Promise<{readonly cancelled: boolean}> {
    return this.#runs.cancel(request);
  }

  async jobs({apps}: {readonly apps: readonly string[]}): Promise<JobsReport> {
    await this.#readAgain();
    const known = [...this.#apps.values()].filter(({spec}) => spec !== undefined).map(({name}) => name);
    return this.#runs.jobs((apps.length === 0 ? known.toSorted() : apps).map((name) => this.#runApp(name)));
  }

  async reload({apps}: {readonly apps: readonly string[]}): Promise<ReloadReport> {
    await this.#readAgain();
    for (const app of this.#apps.values()) app.tendSocket();
    const wanted = apps.length === 0 ? [...this.#apps.keys()] : apps;
    return {
      apps: [...this.#apps.keys()].toSorted(),
      problems: wanted.flatMap((name) => {
        const problems = this.#apps.get(name)?.problems ?? [];
        return problems.length === 0 ? [] : [{app: name, problems}];
      }),
    };
  }

  async challenge({app: name, headers = [], ...asked}: ChallengeRequest): Promise<ChallengeReport> {
    const question = {...asked, headers};
    const app = this.#apps.get(name);
    if (app === undefined) {
      throw new AppsupError('NO_SUCH_APP', `Cannot ask through "${name}": there is no such app`, {
        hint: 'appsup status lists them',
      });
    }
    if (app.socket !== undefined) return await app.socket.challenge(question);
    // Its program bound the port by itself, or nobody has fetched its socket back: a copy does for this.
    const socket = await this.#borrowSocket(app);
    if (socket === undefined) throw unasked(app);
    try {
      return await socket.challenge(question);
    } finally {
      socket.close();
    }
  }

  async events(onEvent: (event: SupervisorEvent) => void, signal: AbortSignal): Promise<void> {
    this.#listeners.add(onEvent);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), {once: true});
    });
    this.#listeners.delete(onEvent);
  }

  async shutdown({stopApps, successor}: ShutdownRequest): Promise<{readonly pid: number}> {
    this.#ending = true;
    try {
      if (stopApps) {
        await this.#runs.end();
        await Promise.all(
          [...this.#apps.values()].map(async (app) => await app.halt([...app.units.values()])),
        );
      }
      // A rotation is not to be cut off, nor to meet that of a successor.
      await this.#options.logs.close();
      await this.#options.onShutdown(
        successor === undefined ? undefined : {...successor, sockets: this.#heldSockets()},
      );
    } catch (error) {
      this.#ending = false;
      this.#keptLogs.clear();
      for (const app of this.#apps.values()) this.#keepLogs(app);
      throw error;
    }
    return {pid: process.pid};
  }

  #heldSockets(): HandOver['sockets'] {
    return [...this.#apps.values()].flatMap(({name, socket}) =>
      socket === undefined ? [] : [{app: name, address: socket.address, fd: socket.fd}],
    );
  }

  #adopt(record: UnitRecord): void {
    const {main, app, process} = record;
    const program = app.programs.find((each) => processNames(each).includes(process));
    if (main === undefined || program === undefined) return;
    const live = LiveProcess.adopt(this.#options, main);
    const hosted = this.#host(app.name, app.file);
    hosted.port = main.port;
    const unit = hosted.adopt({
      record,
      main: {process: live, app, program, private: main.privateSocket !== undefined},
    });
    void live.gone.then(() => removePrivateSocket(main));
    this.#adopted++;
    this.#quietly({app: app.name, process}, () => hosted.rememberWish(unit));
    this.#options.log('info', 'adopted', {app: app.name, process, pid: unit.main?.process.pid});
  }

  /** Of adopted processes that have written over their environment. */
  #learnSecrets({spec, hash, units}: HostedApp): void {
    const {home} = this.#options.user;
    for (const {id, main} of units.values()) {
      if (main === undefined || spec === undefined) continue;
      main.process.secrets ??= secretsFromFiles(spec, id.program, main.process.record, {hash, home});
    }
  }

  /** A process beside the serving one: its successor took over, or it never did. Either way it goes. */
  #dismiss(unit: UnitRecord, record: UnitRecord['others'][number]): void {
    const live = LiveProcess.adopt(this.#options, record);
    void live.gone.then(() => removePrivateSocket(record));
    const owner = this.#apps.get(unit.app.name)?.units.get(unit.process);
    if (owner === undefined) live.kill();
    else owner.leave(live);
  }

  /** Get an app going after the supervisor came: its port, its socket, what ought to run. */
  async #wake(app: HostedApp): Promise<void> {
    await this.#takePort(app);
    await this.#fetchSocket(app);
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

  /** The app's listening socket, from the predecessor or out of an adopted process, so that its next restart and its stop leave no gap. */
  async #fetchSocket(app: HostedApp): Promise<void> {
    const main = app.webUnits().find((unit) => unit.main?.process.record.held === true)?.main;
    // What serves may still be at the address that the app had before it was moved.
    const at = main === undefined ? this.#placeOf(app) : this.#placeOfRecord(app, main.process.record);
    if (at === undefined || app.socket !== undefined) return;
    const address = typeof at === 'number' ? {port: at} : {path: at.path};
    const handed = this.#options.inherited(app.name, address);
    if (handed !== undefined) this.#take(app, at, this.#options.sockets.fromDescriptor(handed));
    else if (main !== undefined) {
      const raw = await this.#fetch(at, [main.process.pid]);
      if (raw !== undefined) return this.#take(app, at, raw);
      const what = typeof at === 'number' ? `port ${at}` : at.path;
      app.portProblem = `the socket of ${what} could not be fetched back: the next restart of ${app.name} has a short gap`;
      this.#options.log('warn', app.portProblem, {app: app.name});
    }
  }

  #take(app: HostedApp, at: number | FrontSocket, raw: RawSocket): void {
    app.socket = HeldSocket.adopt(this.#options.sockets, at, raw);
    if (typeof at === 'number') return;
    if (!at.restore()) at.admit();
    this.#front.watch();
  }

  /** Where an app is to listen: its port, or a Unix socket. */
  #placeOf(app: HostedApp): number | FrontSocket | undefined {
    if (app.spec?.transport !== 'unix') return app.port;
    return app.serves ? this.#frontSocket(app) : undefined;
  }

  #placeOfRecord(app: HostedApp, {port, frontSocket}: ProcessRecord): number | FrontSocket | undefined {
    return frontSocket === undefined ? port : this.#frontSocket(app);
  }

  #frontSocket({name}: HostedApp): FrontSocket {
    const {sockets, paths, webUser} = this.#options;
    return new FrontSocket({sockets, paths, app: name, webUser: webUser()});
  }

  /** Names that front ends know have to be there for as long as the app is known. */
  #restoreFrontSockets(): void {
    const {log} = this.#options;
    for (const {name, socket} of this.#apps.values()) {
      try {
        if (socket?.file?.restore() === true)
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

  /** A copy of the socket that the app's own process listens on. */
  async #borrowSocket(app: HostedApp): Promise<HeldSocket | undefined> {
    const main = app.webUnits().find((unit) => unit.main !== undefined)?.main;
    const at = main === undefined ? undefined : this.#placeOfRecord(app, main.process.record);
    if (main === undefined || at === undefined) return undefined;
    const members = membersOf(this.#options.proc, main.process.record).map(({pid}) => pid);
    const raw = await this.#fetch(at, members);
    return raw === undefined ? undefined : HeldSocket.adopt(this.#options.sockets, at, raw);
  }

  /** A copy of the socket that listens at an address, out of the first of our processes that has it. */
  async #fetch(at: number | FrontSocket, pids: readonly number[]): Promise<RawSocket | undefined> {
    const inodes = this.#options.inodesOf(typeof at === 'number' ? {port: at} : {path: at.boundAt});
    for (const pid of pids) {
      for (const inode of inodes) {
        const fd = descriptorOf(pid, inode);
        if (fd !== undefined) return await this.#options.sockets.fetch(pid, fd);
      }
    }
    return undefined;
  }

  async #readAgain(): Promise<void> {
    const unread = [...this.#apps.values()].filter(({spec}) => spec === undefined);
    this.#readApps();
    await Promise.all(this.#farewells.splice(0));
    for (const app of this.#apps.values()) await this.#takePort(app);
    // Its file was broken when the supervisor came, so that nothing of it could be started: now it can.
    for (const app of unread) if (app.spec !== undefined) await this.#wake(app);
    this.#tellServed();
  }

  /** When it begins there is nobody to tell: what runs is adopted, and the apps come with the next command. */
  #readAppsQuietly(): void {
    try {
      this.#readApps();
    } catch (error) {
      if (!isAppsupError(error)) throw error;
      this.#options.log('error', error.message);
    }
  }

  #readApps(): void {
    const found = new Set<string>();
    for (const read of this.#options.readApps()) {
      found.add(read.name);
      const app = this.#host(read.name, read.file);
      const before = {hash: app.hash, problems: app.problems.join('\n')};
      app.file = read.file;
      app.problems = read.problems;
      app.publicUrl = read.publicUrl;
      if (read.spec !== undefined) app.take(read.spec, read.hash);
      this.#keepLogs(app);
      if (app.hash !== before.hash || app.problems.join('\n') !== before.problems) {
        this.#configChanged(
          app,
          read.spec === undefined ? 'broken' : before.hash === '' ? 'added' : 'changed',
        );
      }
      // It waits for nothing but the reader of schedules, and nobody has to wait for that.
      if (read.spec !== undefined && app.hash !== before.hash) void this.#runs.set(read.spec);
    }
    for (const app of this.#apps.values()) if (!found.has(app.name)) this.#fileGone(app);
  }

  /** An app whose file is gone is forgotten once nothing of it runs; a lost file stops nothing. */
  #fileGone(app: HostedApp): void {
    const lives = [...app.units.values()].some(
      ({main, candidate, leaving}) => main ?? candidate ?? leaving[0],
    );
    if (lives || this.#runs.isBusy(app.name)) {
      app.spec = undefined;
      app.problems = [`${app.file} is gone; what runs of ${app.name} goes on`];
      return;
    }
    app.socket?.remove();
    for (const process of app.units.keys()) this.#records.remove(app.name, process);
    this.#desired.remove(app.name);
    this.#runs.delete(app.name);
    this.#keptLogs.delete(app.name);
    this.#farewells.push(this.#options.logs.delete(app.name));
    this.#apps.delete(app.name);
    this.#configChanged(app, 'removed');
  }

  #configChanged({name}: HostedApp, change: Extract<SupervisorEvent, {type: 'config'}>['change']): void {
    this.#tell('info', `config: ${change}`, {
      type: 'config',
      at: this.#options.clock.wall(),
      app: name,
      change,
    });
  }

  #keepLogs({spec, units, hash}: HostedApp): void {
    if (spec === undefined) return;
    // Looking at all of its files again costs something, and seldom anything has changed.
    const key = `${hash} ${[...units.keys()].join(' ')}`;
    if (this.#keptLogs.get(spec.name) === key) return;
    this.#keptLogs.set(spec.name, key);
    this.#options.logs.set(spec, [...units.keys()]);
  }

  async #takePort(app: HostedApp): Promise<void> {
    if (app.spec === undefined || !app.serves) {
      app.front = undefined;
      return;
    }
    try {
      const port = await this.#options.portOf(app.spec);
      app.port = port;
      const isElsewhere = app.socket !== undefined && !this.#isInPlace(app, app.socket);
      if (isElsewhere && app.webUnits().every(({main}) => main === undefined)) {
        app.socket?.remove();
        app.socket = undefined;
      }
      if (app.portRefusal !== undefined) app.portProblem = undefined;
      app.portRefusal = undefined;
    } catch (error) {
      app.portProblem = messageOf(error);
      if (isAppsupError(error)) app.portRefusal = error;
      this.#options.log('error', app.portProblem, {app: app.name});
    }
    // Here, and not when somebody asks for the state: that has to be quick.
    const specs = [...this.#apps.values()].flatMap(({spec}) => spec ?? []);
    // What is behind the gateway needs nothing of the administrators.
    app.front =
      gatewayFor(app.spec, specs) === undefined ? this.#options.frontOf(app.spec, app.port) : undefined;
  }

  #host(name: string, file: string): HostedApp {
    const known = this.#apps.get(name);
    if (known !== undefined) return known;
    const app = new HostedApp({
      name,
      file,
      clock: this.#options.clock,
      runner: this.#runner,
      desired: this.#desired,
      onChange: (changed, unit, from) => this.#changed(changed, unit, from),
      onHealth: (sick, unit, verdict) => this.#healthChanged(sick, unit, verdict),
      bind: (bound) => this.#bindQuietly(bound),
      hasVisitors: ({socket}, withinMs) => {
        if (socket === undefined) return true;
        const {file, address} = socket;
        if (file === undefined) return this.#options.hasVisitors(address, withinMs);
        return file.visited() || this.#options.hasVisitors({path: file.boundAt}, withinMs);
      },
    });
    this.#apps.set(name, app);
    return app;
  }

  async #lookUp(name: string): Promise<AppAtStart> {
    const app = this.#apps.get(name);
    if (app?.spec === undefined) {
      throw new AppsupError('CONFIG', `Cannot start "${name}": ${app?.problems[0] ?? 'it has no file'}`, {
        hint: `appsup check ${name}`,
      });
    }
    const {spec, hash, port, portRefusal, publicUrl} = app;
    return {app: spec, hash, port, portRefusal, publicUrl};
  }

  #makeRuns(options: SupervisorOptions): Runs {
    const books = new RunBooks(options.paths);
    const acts = new HostedActs({
      apps: this.#apps,
      readAgain: async () => await this.#readAgain(),
      jobsEnd: async (app) => await this.#runs.jobsEnd(app),
    });
    const doer = new RunSteps({
      ...options,
      world: options,
      acts,
      lookUp: async (app) => await this.#lookUp(app),
      room: (app, name) => books.directory(app, name),
      hashesOf: (app, name) => books.read(app, name).hashes,
      onWarning: (app, process, text) => options.log('warn', text, {app, process}),
    });
    return new Runs({
      ...options,
      books,
      doer,
      planOf,
      load: options.loadSchedules,
      bootId: () => options.proc.bootId(),
      appOf: (app) => this.#runApp(app),
      isAwake: (app) => this.#isAwake(app),
      onLogs: (app, files) => {
        const spec = this.#apps.get(app)?.spec;
        if (spec !== undefined) options.logs.setRuns(spec, files);
      },
      onEvent: (event) =>
        this.#tell(
          event.result === 'done' || event.phase === 'begun' ? 'info' : 'warn',
          `run: ${event.phase}`,
          event,
        ),
    });
  }

  /** @throws AppsupError `NO_SUCH_APP`, `CONFIG` */
  #runApp(name: string): RunApp {
    const app = select(this.#apps, [name])[0]?.app;
    if (app?.spec === undefined || app.problems.length > 0) {
      throw new AppsupError('CONFIG', `Cannot use "${name}": ${app?.problems[0] ?? 'it has no file'}`, {
        hint: `appsup check ${name}`,
      });
    }
    return {spec: app.spec, awake: this.#isAwake(name)};
  }

  #isAwake(name: string): boolean {
    const app = this.#apps.get(name);
    return app !== undefined && [...app.units.values()].some(({id}) => app.desired(id) === 'running');
  }

  #heldInode(name: string): number | undefined {
    const fd = this.#apps.get(name)?.socket?.fd;
    return fd === undefined ? undefined : inodeOfOwn(fd);
  }

  #isInPlace(app: HostedApp, {address}: HeldSocket): boolean {
    if ('port' in address) return app.spec?.transport !== 'unix' && address.port === app.port;
    return app.spec?.transport === 'unix';
  }

  #hold(name: string): HeldSocket {
    const app = this.#apps.get(name);
    if (app === undefined) throw new Error(`no app ${name}`);
    if (app.socket !== undefined && this.#isInPlace(app, app.socket)) return app.socket;
    const before = app.socket;
    const at = this.#placeOf(app);
    if (at === undefined) throw new Error(`${name} has no port`);
    app.socket = this.#bind(app, at);
    // The app was moved to another address: what serves on the old one has a descriptor of its own, until it is replaced.
    before?.close();
    return app.socket;
  }

  #release(name: string): void {
    const app = this.#apps.get(name);
    app?.socket?.remove();
    if (app !== undefined) app.socket = undefined;
  }

  #bind(app: HostedApp, at: number | FrontSocket): HeldSocket {
    try {
      const socket = HeldSocket.bind(this.#options.sockets, at, () => app.closedPage());
      app.portProblem = undefined;
      if (typeof at !== 'number') this.#front.watch();
      return socket;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      if (typeof at !== 'number') throw asDiskError(error, `make the socket ${at.path}`);
      throw this.#portTaken(app, at, error);
    }
  }

  /** A port that cannot be kept is a problem to show, not one that ends anything. */
  #bindQuietly(app: HostedApp): HeldSocket | undefined {
    try {
      const at = this.#placeOf(app);
      return at === undefined ? undefined : this.#bind(app, at);
    } catch (error) {
      if (!(error instanceof AppsupError)) throw error;
      app.portProblem = error.message;
      return undefined;
    }
  }

  #portTaken(app: HostedApp, port: number, cause: unknown): AppsupError {
    const holder = this.#options.holderOf(port);
    const who = holder === undefined ? `not to be had (${systemCode(cause)})` : `taken by ${holder.text}`;
    return new AppsupError('PORT_TAKEN', `Cannot start "${app.name}": port ${port} is ${who}`, {
      hint: `the port is in the snippet that the administrators have. Ask ${holder?.user ?? 'them'}, or lease another one and send a new request: appsup ports move ${app.name}`,
      cause,
      details: {app: app.name, port, ...(holder === undefined ? {} : {uid: holder.uid, user: holder.user})},
    });
  }

  #changed(app: HostedApp, unit: Unit, from: UnitState): void {
    this.#record(app, unit);
    if (unit.spec.listen !== 'none') this.#tellServed();
    const at = this.#options.clock.wall();
    const {id, state} = unit;
    const facts = {app: id.app, process: id.process, pid: unit.main?.process.pid};
    const names = {from: stateName(from), state: stateName(state)};
    if (names.from !== names.state) {
      const reason = 'why' in state ? state.why : state.id === 'dormant' ? reasonOf(app, unit) : undefined;
      const level = state.id === 'fatal' ? 'error' : 'info';
      this.#tell(level, `${names.from} -> ${names.state}`, {type: 'state', at, ...facts, ...names, reason});
      return;
    }
    if (from.id !== 'running' || state.id !== 'running' || from.change?.phase === state.change?.phase) return;
    const reason = unit.lastChangeFailed?.reason;
    if (state.change?.phase === 'abandoning') return;
    const phase = state.change !== undefined ? 'proving' : reason === undefined ? 'replaced' : 'gave-up';
    this.#tell('info', `change: ${phase}`, {
      type: 'change',
      at,
      ...facts,
      phase,
      reason: phase === 'gave-up' ? reason : undefined,
    });
  }

  #healthChanged(app: HostedApp, {id}: Unit, verdict: Verdict): void {
    const detail = verdict.healthy ? undefined : verdict.detail;
    const facts = {
      app: app.name,
      process: id.process,
      health: verdict.healthy ? 'recovered' : 'unhealthy',
      detail,
    } as const;
    const level = verdict.healthy ? 'info' : 'warn';
    this.#tell(level, `health: ${facts.health}`, {type: 'health', at: this.#options.clock.wall(), ...facts});
  }

  /** A full disk must not hurt what runs: the record is written again at the next change. */
  #record(app: HostedApp, unit: Unit): void {
    const {id, main, candidate, leaving, restarts} = unit;
    const others = [...(candidate === undefined ? [] : [candidate.process]), ...leaving].map(
      ({record}) => record,
    );
    const spec = main?.app ?? candidate?.app ?? app.spec;
    const done = main === undefined ? this.#doneOf(unit) : undefined;
    this.#quietly({app: id.app, process: id.process}, () => {
      if ((main === undefined && others.length === 0 && done === undefined) || spec === undefined)
        this.#records.remove(id.app, id.process);
      else
        this.#records.write({
          version: 1,
          process: id.process,
          app: spec,
          restarts,
          main: main?.process.record,
          others,
          done,
        });
    });
  }

  /** The next supervisor must not do its work again; the next boot does. */
  #doneOf({state, since}: Unit): Done | undefined {
    if (state.id !== 'exited') return undefined;
    return {bootId: this.#options.proc.bootId(), at: since, exit: state.exit};
  }

  #quietly(facts: {readonly app: string; readonly process: string}, write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#options.log('error', messageOf(error), facts);
    }
  }

  #tellServed(): void {
    const apps = [...this.#apps.values()].flatMap((hosted) => {
      const app = hosted.webUnits().find(({main}) => main !== undefined)?.main?.app ?? hosted.spec;
      const port = servingPort(hosted);
      return app === undefined || port === undefined ? [] : [{app, port}];
    });
    this.#options.onServed(apps.toSorted((a, b) => (a.app.name < b.app.name ? -1 : 1)));
  }

  /** Every event stands in the own log as a whole, where `appsup events` finds it. */
  #tell(level: 'info' | 'warn' | 'error', message: string, event: SupervisorEvent): void {
    const {at: _at, ...facts} = event;
    this.#options.log(level, message, facts);
    for (const listener of [...this.#listeners]) listener(event);
  }
}

function unasked({name, units}: HostedApp): AppsupError {
  const runs = [...units.values()].some(({main, spec}) => main !== undefined && spec.listen !== 'none');
  const why = runs
    ? 'its program binds the port by itself, and this kernel lends no sockets (yama ptrace_scope)'
    : 'nothing of it listens';
  return new AppsupError('NOT_RUNNING', `Cannot ask through "${name}": ${why}`, {
    hint: runs
      ? 'listen = "socket", if the program can take an open socket (descriptor 3)'
      : `appsup start ${name}`,
    details: {app: name},
  });
}
