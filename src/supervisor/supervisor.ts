import type {
  ActReport,
  ActRequest,
  ChallengeReport,
  ChallengeRequest,
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
import type {UnitState} from '../core/state.ts';
import {AppsupError, messageOf} from '../errors.ts';
import type {Log} from '../logs/own-log.ts';
import type {Address} from '../system/sockets.ts';
import {act} from './act.ts';
import {BOOT_MS, hasComeUp, rollCall} from './after-boot.ts';
import {Announcer} from './announcer.ts';
import {AppLogs} from './app-logs.ts';
import type {LogLimits} from './app-logs.ts';
import {AppSockets} from './app-sockets.ts';
import type {AppSocketsOptions} from './app-sockets.ts';
import {composeRuns} from './compose-runs.ts';
import {DesiredStates} from './desired.ts';
import type {HostedApp} from './hosted-app.ts';
import {HostedApps} from './hosted-apps.ts';
import type {HostedAppsOptions} from './hosted-apps.ts';
import type {LastWords} from './last-words.ts';
import {LentSockets} from './lent-sockets.ts';
import type {LentSocketsOptions} from './lent-sockets.ts';
import type {AdoptionWorld} from './live-process.ts';
import {recordOf} from './record-of.ts';
import {Records} from './records.ts';
import {reasonOf, statusOf} from './report.ts';
import {ProcessRunner} from './runner.ts';
import type {RunnerOptions} from './runner.ts';
import type {Runs, RunsOptions} from './runs.ts';
import {signalled} from './signalled.ts';
import {SocketPlaces} from './socket-places.ts';
import type {SocketPlacesOptions} from './socket-places.ts';
import {learnSecrets, takeOver} from './take-over.ts';
import {select} from './targets.ts';
import type {Unit} from './unit.ts';
import {changeNews, healthNews} from './unit-news.ts';

/** What goes to a successor. */
export interface HandOver {
  readonly node: string;
  readonly daemon: string;
  readonly sockets: readonly {readonly app: string; readonly address: Address; readonly fd: number}[];
}

export interface SupervisorOptions
  extends
    AdoptionWorld,
    Pick<RunnerOptions, 'paths' | 'sockets' | 'user' | 'prepare'>,
    Pick<HostedAppsOptions, 'readApps' | 'portOf' | 'namedPortsOf' | 'frontOf' | 'onServed'>,
    Pick<AppSocketsOptions, 'holderOf' | 'hasVisitors'>,
    Pick<LentSocketsOptions, 'inodesOf' | 'inherited'>,
    Pick<SocketPlacesOptions, 'webUser'> {
  readonly version: string;
  readonly log: Log;
  readonly logs: LogLimits;
  /** When a supervisor was last known to live, wall clock; `undefined` after a clean end or a reboot. */
  readonly lastSeen: number | undefined;
  /** The reader of schedules; asked for when there is a job. */
  readonly loadSchedules: RunsOptions['load'];
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
  readonly #hosted: HostedApps;
  readonly #lent: LentSockets;
  readonly #logs: AppLogs;
  readonly #records: Records;
  readonly #desired: DesiredStates;
  readonly #runner: ProcessRunner;
  readonly #runs: Runs;
  readonly #announcer: Announcer;
  readonly #since: number;
  readonly #bootId: string;
  #adopted = 0;
  #ending = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const {paths, log} = options;
    const apps = this.#apps;
    const onWarning = (app: string, process: string, text: string) => log('warn', text, {app, process});
    this.#since = options.clock.wall();
    this.#bootId = options.proc.bootId();
    this.#announcer = new Announcer(log);
    this.#logs = new AppLogs(options.logs);
    this.#records = new Records(paths);
    this.#desired = new DesiredStates({
      paths,
      onGarbage: (file) => log('warn', 'a damaged state file is ignored', {file}),
    });
    const places = new SocketPlaces(options);
    const held = new AppSockets({...options, apps, places});
    this.#lent = new LentSockets({...options, held, places});
    this.#runner = new ProcessRunner({
      ...options,
      lookUp: async (app) => this.#hosted.atStart(app),
      held,
      onWarning,
    });
    this.#hosted = new HostedApps({
      ...options,
      apps,
      held,
      lent: this.#lent,
      runner: this.#runner,
      desired: this.#desired,
      records: this.#records,
      logs: this.#logs,
      announcer: this.#announcer,
      onChange: (app, unit, from) => this.#changed(app, unit, from),
      onHealth: (_app, unit, verdict) =>
        this.#announcer.tell(healthNews(unit, verdict, options.clock.wall())),
      // It waits for nothing but the reader of schedules, and nobody has to wait for that.
      onSpec: (spec) => void this.#runs.set(spec),
      onForgotten: (app) => this.#runs.delete(app),
      isBusy: (app) => this.#runs.isBusy(app),
    });
    this.#runs = composeRuns({
      ...options,
      world: options,
      load: options.loadSchedules,
      apps,
      hosted: this.#hosted,
      announcer: this.#announcer,
      onWarning,
    });
  }

  /** Take over what runs, then start what ought to run. */
  async begin(): Promise<void> {
    const {user, paths, log} = this.#options;
    this.#adopted = await takeOver({
      world: this.#options,
      paths,
      records: this.#records,
      apps: this.#apps,
      host: (name, file) => this.#hosted.host(name, file),
      runs: this.#runs.unfinished(),
      log,
    });
    this.#hosted.readQuietly();
    for (const app of this.#apps.values()) learnSecrets(app, user.home);
    await Promise.all([...this.#apps.values()].map(async (app) => await this.#hosted.wake(app)));
    this.#runs.resumeUnfinished();
    this.#runs.look();
    this.#hosted.tellServed();
  }

  /** After a boot: tell, once, when everything wished for is up; or what is not, when that has taken too long. */
  async tellBoot(limitMs = BOOT_MS): Promise<void> {
    const apps = [...this.#apps.values()];
    await Promise.all(apps.map(async (app) => await app.until(() => hasComeUp(app), limitMs)));
    const {running, missing} = rollCall([...this.#apps.values()], (app) => this.#desired.read(app));
    if (this.#ending || running.length + missing.length === 0) return;
    this.#announcer.tell({
      level: 'info',
      message: 'after the boot',
      event: {type: 'boot', at: this.#options.clock.wall(), running, missing},
    });
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

  /** The same of the last run of a job or task; nothing in it is secret. */
  wordsOfRun(app: string, name: string): LastWords & {readonly secrets: readonly string[]} {
    return {...this.#runs.lastWords(app, name), secrets: []};
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
    const chosen = select(this.#apps, targets.length === 0 ? ['all'] : targets);
    // The way to a socket may have been opened by now; only while it is closed is there something to look at.
    for (const {app} of chosen) if (app.socket?.file?.problem !== undefined) app.socket.file.admit();
    const {clock, proc} = this.#options;
    return {
      supervisor: await this.info(),
      apps: statusOf(chosen, {clock, proc: memory ? proc : undefined}),
    };
  }

  async act(request: ActRequest, onProgress: (event: SupervisorEvent) => void): Promise<ActReport> {
    this.#refuseEnding();
    if (request.action !== 'stop') await this.#hosted.readAgain();
    const selection = select(this.#apps, request.targets);
    const apps = new Set(selection.map(({app}) => app.name));
    const listen = (event: SupervisorEvent) => {
      if ('app' in event && apps.has(event.app)) onProgress(event);
    };
    try {
      return await this.#announcer.during(listen, async () => {
        const results = await Promise.all(selection.map(async (each) => await act(each, request)));
        return {results: results.flat()};
      });
    } finally {
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
    this.#refuseEnding();
    await this.#hosted.readAgain();
    return await this.#runs.run(request, onProgress);
  }

  async cancel(request: {
    readonly app: string;
    readonly name: string;
  }): Promise<{readonly cancelled: boolean}> {
    return this.#runs.cancel(request);
  }

  async jobs({apps}: {readonly apps: readonly string[]}): Promise<JobsReport> {
    await this.#hosted.readAgain();
    const known = [...this.#apps.values()].filter(({spec}) => spec !== undefined).map(({name}) => name);
    const names = apps.length === 0 ? known.toSorted() : apps;
    return this.#runs.jobs(names.map((name) => this.#hosted.atRun(name)));
  }

  async reload({apps}: {readonly apps: readonly string[]}): Promise<ReloadReport> {
    await this.#hosted.readAgain();
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
    const app = this.#apps.get(name);
    if (app === undefined) {
      throw new AppsupError('NO_SUCH_APP', `Cannot ask through "${name}": there is no such app`, {
        hint: 'appsup status lists them',
      });
    }
    return await this.#lent.challenge(app, {...asked, headers});
  }

  async events(onEvent: (event: SupervisorEvent) => void, signal: AbortSignal): Promise<void> {
    await this.#announcer.follow(onEvent, signal);
  }

  async shutdown({stopApps, successor}: ShutdownRequest): Promise<{readonly pid: number}> {
    this.#ending = true;
    try {
      if (stopApps) {
        await this.#runs.end();
        const apps = [...this.#apps.values()];
        await Promise.all(apps.map(async (app) => await app.halt([...app.units.values()])));
      }
      await this.#logs.rest();
      await this.#options.onShutdown(
        successor === undefined ? undefined : {...successor, sockets: this.#heldSockets()},
      );
    } catch (error) {
      this.#ending = false;
      this.#logs.resume(this.#apps.values());
      throw error;
    }
    return {pid: process.pid};
  }

  #refuseEnding(): void {
    if (this.#ending)
      throw new AppsupError('SUPERVISOR_GONE', 'Cannot do that now: the supervisor is ending');
  }

  #heldSockets(): HandOver['sockets'] {
    return [...this.#apps.values()].flatMap(({name, sockets}) =>
      sockets.map(({address, fd}) => ({app: name, address, fd})),
    );
  }

  #changed(app: HostedApp, unit: Unit, from: UnitState): void {
    this.#record(app, unit);
    if (unit.spec.listen !== 'none') this.#hosted.tellServed();
    const news = changeNews(app, unit, from, this.#options.clock.wall());
    if (news !== undefined) this.#announcer.tell(news);
  }

  /** A full disk must not hurt what runs: the record is written again at the next change. */
  #record(app: HostedApp, unit: Unit): void {
    const record = recordOf(app, unit, this.#bootId);
    try {
      if (record === undefined) this.#records.remove(app.name, unit.id.process);
      else this.#records.write(record);
    } catch (error) {
      this.#options.log('error', messageOf(error), {app: app.name, process: unit.id.process});
    }
  }
}
