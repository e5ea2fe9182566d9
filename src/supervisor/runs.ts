import path from 'node:path';

import type {
  JobsReport,
  RunRequest,
  RunStatus,
  StepStatus,
  SupervisorEvent,
  TaskStatus,
} from '../control/api.ts';
import type {AppSpec} from '../core/spec.ts';
import type {JobSpec, Plan, TaskSpec} from '../core/task-spec.ts';
import {AppsupError, messageOf, systemCode} from '../errors.ts';
import type {Log} from '../logs/own-log.ts';
import type {Clock} from '../system/clock.ts';
import {ensurePrivateDirectory} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';
import {JobClock} from './job-clock.ts';
import type {JobClockOptions} from './job-clock.ts';
import type {LastWords} from './last-words.ts';
import {dryRun, newRun, resumedRun, workOf} from './new-run.ts';
import type {Work} from './new-run.ts';
import {Run, interrupted, statusOf} from './run.ts';
import type {StepDoer} from './run.ts';
import {newLogFile} from './run-logs.ts';
import {RunNotes} from './run-notes.ts';
import type {RunBooks, RunRecord} from './run-records.ts';
import {busyWith, notConfirmed} from './run-refusals.ts';
import {hashesOfPlan} from './step-hashes.ts';
import {WaitingJobs, keyOf} from './waiting-jobs.ts';

/** An app with a file that can be used. */
export interface RunApp {
  readonly spec: AppSpec;
  /** True while something of it is to run. */
  readonly awake: boolean;
}

export interface RunsOptions extends Pick<JobClockOptions, 'load'> {
  readonly clock: Clock;
  readonly paths: Paths;
  readonly books: RunBooks;
  readonly doer: StepDoer;
  readonly bootId: () => string;
  /** @throws AppsupError `NO_SUCH_APP`, `CONFIG` */
  readonly appOf: (app: string) => RunApp;
  readonly isAwake: (app: string) => boolean;
  readonly planOf: (app: AppSpec, task: TaskSpec) => Plan;
  /** Logs of an app's runs, to be kept within their limits. */
  readonly onLogs: (app: string, files: readonly string[]) => void;
  readonly onEvent: (event: Extract<SupervisorEvent, {type: 'run'}>) => void;
  readonly log: Log;
}

type Trigger = RunStatus['trigger'];

/** All runs of tasks and jobs: one task of an app at a time, one run of a job at a time. */
export class Runs {
  readonly #options: RunsOptions;
  readonly #clock: JobClock;
  readonly #running = new Map<string, Running>();
  readonly #notes: RunNotes;
  readonly #waiting: WaitingJobs;
  #ending = false;

  constructor(options: RunsOptions) {
    this.#options = options;
    const {clock, bootId, books, isAwake, load} = options;
    this.#notes = new RunNotes(options);
    this.#waiting = new WaitingJobs(this.#notes);
    this.#clock = new JobClock({
      clock,
      bootId,
      isAwake,
      load,
      bookOf: (app, job) => books.read(app, job),
      note: (app, job, fields) => this.#notes.note(app, job, fields),
      onDue: (app, job, trigger, since) => this.#due(app, job, trigger, since),
    });
  }

  /** What an earlier supervisor left unfinished. Its processes are known by these marks and must be left alone. */
  unfinished(): ReadonlySet<string> {
    const marks = this.#options.books.unfinished().flatMap(({current}) => current?.process?.mark ?? []);
    return new Set(marks);
  }

  /** Go on with it. What was under way when the host went down is told as interrupted. */
  resumeUnfinished(): void {
    for (const book of this.#options.books.unfinished()) {
      const {app, name, current, queued} = book;
      if (queued !== undefined) this.#waiting.recall({app, name, trigger: queued});
      if (current === undefined) continue;
      if (current.bootId === this.#options.bootId()) this.#start(current);
      else this.#cutOff(current);
    }
    this.#startWaiting();
  }

  /** Take an app's file as it is now. */
  async set(spec: AppSpec): Promise<void> {
    try {
      await this.#clock.set(spec.name, spec.jobs);
    } catch (error) {
      // An update has replaced our files, and the reader of schedules is one of them.
      if (systemCode(error) === undefined) throw error;
      this.#options.log('error', `its jobs are not run: ${messageOf(error)}`, {app: spec.name});
    }
  }

  /** An app that is forgotten. */
  delete(app: string): void {
    this.#clock.delete(app);
    this.#options.books.remove(app);
  }

  /** Something was started or stopped. */
  look(): void {
    this.#clock.look();
  }

  isBusy(app: string): boolean {
    return this.#of(app).length > 0;
  }

  /** Run a task or job because somebody asks for it. @throws AppsupError `NO_SUCH_RUN`, `RUN_BUSY`, `NOT_CONFIRMED`, `DISK`, … */
  async run(request: RunRequest, onProgress: (event: SupervisorEvent) => void): Promise<RunStatus> {
    const {name} = request;
    const {spec} = this.#options.appOf(request.app);
    const app = spec.name;
    const work = workOf(spec, name, this.#options.planOf);
    const record = this.#newRun(work, app, name, 'user');
    if (request.dryRun === true) return dryRun(record);
    this.#refuseBusy(app, name);
    const last = this.#options.books.read(app, name).past[0];
    const whole = request.resume === true ? resumedRun(record, last) : record;
    if (work.confirm !== undefined && request.confirm !== work.confirm)
      throw notConfirmed(request, work.confirm);
    this.#begin(whole, {fresh: request.resume !== true});
    const running = this.#running.get(keyOf(app, name));
    if (running === undefined) throw new Error(`${app}:${name} did not begin`);
    running.listeners.add(onProgress);
    return await running.ended;
  }

  cancel({app, name}: {readonly app: string; readonly name: string}): {readonly cancelled: boolean} {
    this.#waiting.delete(app, name);
    const running = this.#running.get(keyOf(app, name));
    running?.run.cancel();
    return {cancelled: running !== undefined};
  }

  /** The jobs of these apps. */
  jobs(apps: readonly RunApp[]): JobsReport {
    return {
      jobs: apps.flatMap(({spec, awake}) =>
        spec.jobs.map((job) => ({
          app: spec.name,
          job: job.name,
          schedule: job.schedule,
          timezone: job.timezone,
          nextAt: this.#clock.nextAt(spec.name, job.name),
          reason: this.#waiting.has(spec.name, job.name)
            ? 'it waits for another run'
            : awake
              ? undefined
              : 'the app is stopped',
          ...this.#runsOf(spec.name, job.name),
        })),
      ),
      tasks: apps.flatMap(({spec}) =>
        spec.tasks.map((task) => ({app: spec.name, task: task.name, ...this.#runsOf(spec.name, task.name)})),
      ),
    };
  }

  #runsOf(app: string, name: string): Pick<TaskStatus, 'running' | 'last'> {
    const record = this.#running.get(keyOf(app, name))?.run.record;
    return {
      running: record === undefined ? undefined : statusOf(record),
      last: this.#options.books.read(app, name).past[0],
    };
  }

  /** Why the last run of a job or task ended, and what its last step printed; with hidden secrets. */
  lastWords(app: string, name: string): LastWords {
    const last = this.#options.books.read(app, name).past[0];
    return {reason: last?.reason, lines: last?.output ?? []};
  }

  /** Resolves when no job of an app runs. */
  async jobsEnd(app: string): Promise<void> {
    await Promise.all(
      this.#of(app).map(async ({run, ended}) => (run.record.kind === 'job' ? await ended : undefined)),
    );
  }

  /** End all that runs, because the supervisor and all apps are to end. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#clock.close();
    const all = [...this.#running.values()];
    for (const {run} of all) run.cancel('interrupted');
    await Promise.all(all.map(async ({ended}) => await ended));
  }

  #of(app: string): readonly Running[] {
    return [...this.#running.values()].filter(({run}) => run.record.app === app);
  }

  #taskOf(app: string): Running | undefined {
    return this.#of(app).find(({run}) => run.record.kind === 'task');
  }

  #due(app: string, job: JobSpec, trigger: Trigger, since: number): void {
    const facts = {app, job: job.name};
    this.#notes.note(app, job.name, {since});
    const running = this.#running.get(keyOf(app, job.name));
    if (running !== undefined && job.overlap === 'skip')
      return this.#options.log('warn', 'a job is due, and its last run goes on: skipped', facts);
    if (running === undefined && this.#taskOf(app) === undefined)
      return this.#beginJob(app, job.name, trigger);
    if (job.overlap === 'kill') running?.run.cancel();
    this.#waiting.add({app, name: job.name, trigger});
  }

  #beginJob(app: string, name: string, trigger: Trigger): void {
    this.#notes.quietly(app, name, () => {
      const work = workOf(this.#options.appOf(app).spec, name, this.#options.planOf);
      this.#begin(this.#newRun(work, app, name, trigger), {fresh: true});
    });
  }

  #startWaiting(): void {
    if (this.#ending) return;
    for (const {app, name, trigger} of this.#waiting.all()) {
      if (this.#running.has(keyOf(app, name)) || this.#taskOf(app) !== undefined) continue;
      this.#waiting.delete(app, name);
      this.#beginJob(app, name, trigger);
    }
  }

  #newRun(work: Work, app: string, name: string, trigger: Trigger): RunRecord {
    const {clock, paths, bootId} = this.#options;
    const startedAt = clock.wall();
    const log = newLogFile(paths, app, name, startedAt);
    return newRun(work, {app, name, trigger, startedAt, log, bootId: bootId()});
  }

  /** @throws AppsupError `RUN_BUSY` */
  #refuseBusy(app: string, name: string): void {
    if (this.#ending)
      throw new AppsupError('SUPERVISOR_GONE', 'Cannot do that now: the supervisor is ending');
    const other = this.#running.get(keyOf(app, name)) ?? this.#taskOf(app);
    if (other !== undefined) throw busyWith(other.run.record, name, this.#options.clock.wall());
  }

  /** @throws AppsupError `DISK` when it cannot be noted: then nothing is done */
  #begin(record: RunRecord, {fresh}: {readonly fresh: boolean}): void {
    const {books} = this.#options;
    const {app, name} = record;
    ensurePrivateDirectory(path.dirname(record.log));
    if (fresh) books.clear(app, name);
    const book = books.read(app, name);
    // A run that has stopped the app and failed has left it to the next one to start it.
    const stopped = record.kind === 'task' ? (book.past[0]?.stopped ?? []) : [];
    const whole = {...record, stopped: [...new Set([...record.stopped, ...stopped])]};
    books.write({...book, current: whole});
    this.#start(whole);
    this.#tell(whole, 'begun', undefined);
  }

  #start(record: RunRecord): void {
    const {clock, doer} = this.#options;
    const {app, name} = record;
    const listeners = new Set<(event: SupervisorEvent) => void>();
    const {retries, retryMs} = this.#retriesOf(app, name);
    const run = new Run({
      clock,
      doer,
      record,
      retries,
      retryMs,
      onChange: (changed) => this.#changed(changed),
    });
    const go = async (): Promise<RunStatus> => {
      const end = await run.go();
      return this.#ended(end, listeners);
    };
    const running: Running = {run, listeners, ended: Promise.resolve().then(go), told: undefined};
    this.#running.set(keyOf(app, name), running);
    this.#keepLogs(app);
  }

  #retriesOf(app: string, name: string): {readonly retries: number; readonly retryMs: number} {
    try {
      const job = this.#options.appOf(app).spec.jobs.find((each) => each.name === name);
      return {retries: job?.retries ?? 0, retryMs: job?.retryMs ?? 0};
    } catch (error) {
      // Its file is broken now; what runs is brought to its end.
      this.#options.log('warn', messageOf(error), {app, name});
      return {retries: 0, retryMs: 0};
    }
  }

  /** Each change is on the disk before it happens; a full disk does not stop what runs. */
  #changed(record: RunRecord): void {
    const {app, name, list, index} = record;
    this.#notes.note(app, name, {current: record});
    const running = this.#running.get(keyOf(app, name));
    const step = record[list][index];
    if (running === undefined || step === undefined || step === running.told || step.state === 'waiting')
      return;
    running.told = step;
    this.#tell(record, list === 'undo' ? 'undo' : 'step', {
      ...step,
      place: index + 1,
      count: record[list].length,
    });
  }

  #ended(record: RunRecord, listeners: Running['listeners']): RunStatus {
    const {app, name, plan, result} = record;
    this.#notes.close(record, result === 'done' ? hashesOfPlan(plan.steps) : undefined);
    this.#tell(record, 'ended', undefined, listeners);
    this.#running.delete(keyOf(app, name));
    this.#keepLogs(app);
    this.#startWaiting();
    return statusOf(record);
  }

  #cutOff(record: RunRecord): void {
    const end = interrupted(record, 'the host went down while it ran');
    this.#notes.close(end, undefined);
    this.#tell(end, 'ended', undefined);
  }

  /** Of those that run, and of those that may still be looked at. */
  #keepLogs(app: string): void {
    const running = this.#of(app).map(({run}) => run.record.log);
    const past = this.#options.books.namesOf(app).flatMap((name) => this.#options.books.read(app, name).past);
    this.#options.onLogs(app, [...running, ...past.map(({log}) => log)]);
  }

  #tell(
    record: RunRecord,
    phase: Extract<SupervisorEvent, {type: 'run'}>['phase'],
    step: (StepStatus & {readonly place: number; readonly count: number}) | undefined,
    listeners = this.#running.get(keyOf(record.app, record.name))?.listeners,
  ): void {
    const {app, name, kind, result, reason} = record;
    const event = {
      type: 'run',
      at: this.#options.clock.wall(),
      app,
      name,
      kind,
      phase,
      result,
      reason,
      step,
    } as const;
    for (const listener of listeners ?? []) listener(event);
    if (phase === 'ended' || (phase === 'begun' && kind === 'task')) this.#options.onEvent(event);
  }
}

interface Running {
  readonly run: Run;
  readonly listeners: Set<(event: SupervisorEvent) => void>;
  readonly ended: Promise<RunStatus>;
  /** The step that was told last. */
  told: StepStatus | undefined;
}
