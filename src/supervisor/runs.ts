import {existsSync, readdirSync, rmSync} from 'node:fs';
import path from 'node:path';

import type {JobsReport, RunRequest, RunStatus, StepStatus, SupervisorEvent} from '../control/api.ts';
import {nearest} from '../core/nearest.ts';
import type {AppSpec, JobSpec, Plan, StepSpec, TaskSpec} from '../core/spec.ts';
import {AppsupError, messageOf, systemCode} from '../errors.ts';
import {stampOf} from '../logs/archive.ts';
import type {Log} from '../logs/own-log.ts';
import type {Clock} from '../system/clock.ts';
import {ensurePrivateDirectory} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';
import {JobClock} from './job-clock.ts';
import type {JobClockOptions} from './job-clock.ts';
import {Run, freshSteps, statusOf} from './run.ts';
import type {StepDoer} from './run.ts';
import {KEPT_RUNS} from './run-records.ts';
import type {RunBook, RunBooks, RunRecord} from './run-records.ts';
import {hashesOfPlan} from './run-steps.ts';

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
  /** Jobs that wait for something else to end. */
  readonly #queued = new Map<
    string,
    {readonly app: string; readonly name: string; readonly trigger: Trigger}
  >();
  #ending = false;

  constructor(options: RunsOptions) {
    this.#options = options;
    const {clock, bootId, books, isAwake, load} = options;
    this.#clock = new JobClock({
      clock,
      bootId,
      isAwake,
      load,
      bookOf: (app, job) => books.read(app, job),
      note: (app, job, fields) =>
        this.#quietly(app, job, () => books.write({...books.read(app, job), ...fields})),
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
      if (queued !== undefined) this.#queued.set(keyOf(app, name), {app, name, trigger: queued});
      if (current === undefined) continue;
      if (current.bootId === this.#options.bootId()) this.#start(current);
      else this.#interrupted(current);
    }
    this.#startQueued();
  }

  /** Take an app's file as it is now. */
  async set(spec: AppSpec): Promise<void> {
    await this.#clock.set(spec.name, spec.jobs);
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
    const {app, name} = request;
    const {spec} = this.#options.appOf(app);
    const {plan, confirm} = this.#planOf(spec, name);
    const record = this.#record(spec, name, plan, 'user');
    if (request.dryRun === true) return dryRun(record);
    this.#refuseBusy(spec, name);
    const whole = request.resume === true ? this.#resumed(record) : record;
    if (confirm !== undefined && request.confirm !== confirm) throw notConfirmed(request, confirm);
    this.#begin(whole, {fresh: request.resume !== true});
    const running = this.#running.get(keyOf(app, name));
    if (running === undefined) throw new Error(`${app}:${name} did not begin`);
    running.listeners.add(onProgress);
    return await running.ended;
  }

  cancel({app, name}: {readonly app: string; readonly name: string}): {readonly cancelled: boolean} {
    this.#unqueue(app, name);
    const running = this.#running.get(keyOf(app, name));
    running?.run.cancel();
    return {cancelled: running !== undefined};
  }

  /** The jobs of these apps. */
  jobs(apps: readonly RunApp[]): JobsReport {
    return {
      jobs: apps.flatMap(({spec, awake}) =>
        spec.jobs.map((job) => {
          const key = keyOf(spec.name, job.name);
          const record = this.#running.get(key)?.run.record;
          return {
            app: spec.name,
            job: job.name,
            schedule: job.schedule,
            timezone: job.timezone,
            nextAt: this.#clock.nextAt(spec.name, job.name),
            reason: this.#queued.has(key)
              ? 'it waits for another run'
              : awake
                ? undefined
                : 'the app is stopped',
            running: record === undefined ? undefined : statusOf(record),
            last: this.#options.books.read(spec.name, job.name).past[0],
          };
        }),
      ),
    };
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
    const {books, log} = this.#options;
    const facts = {app, job: job.name};
    this.#quietly(app, job.name, () => books.write({...books.read(app, job.name), since}));
    const running = this.#running.get(keyOf(app, job.name));
    if (running !== undefined && job.overlap === 'skip')
      return log('warn', 'a job is due, and its last run goes on: skipped', facts);
    if (running === undefined && this.#taskOf(app) === undefined)
      return this.#beginJob(app, job.name, trigger);
    if (job.overlap === 'kill') running?.run.cancel();
    this.#queued.set(keyOf(app, job.name), {app, name: job.name, trigger});
    this.#quietly(app, job.name, () => books.write({...books.read(app, job.name), queued: trigger}));
  }

  #beginJob(app: string, name: string, trigger: Trigger): void {
    this.#quietly(app, name, () => {
      const {spec} = this.#options.appOf(app);
      this.#begin(this.#record(spec, name, this.#planOf(spec, name).plan, trigger), {fresh: true});
    });
  }

  #startQueued(): void {
    if (this.#ending) return;
    for (const [key, {app, name, trigger}] of [...this.#queued]) {
      if (this.#running.has(key) || this.#taskOf(app) !== undefined) continue;
      this.#unqueue(app, name);
      this.#beginJob(app, name, trigger);
    }
  }

  #unqueue(app: string, name: string): void {
    if (!this.#queued.delete(keyOf(app, name))) return;
    const {books} = this.#options;
    this.#quietly(app, name, () => books.write({...books.read(app, name), queued: undefined}));
  }

  /** @throws AppsupError `NO_SUCH_RUN` */
  #planOf(
    spec: AppSpec,
    name: string,
  ): {readonly plan: Plan; readonly confirm: string | undefined; readonly kind: 'task' | 'job'} {
    const task = spec.tasks.find((each) => each.name === name);
    if (task !== undefined)
      return {plan: this.#options.planOf(spec, task), confirm: task.confirm, kind: 'task'};
    const job = spec.jobs.find((each) => each.name === name);
    if (job !== undefined) return {plan: {steps: [job.step], undo: []}, confirm: undefined, kind: 'job'};
    throw noSuchRun(spec, name);
  }

  #record(spec: AppSpec, name: string, plan: Plan, trigger: Trigger): RunRecord {
    const {clock, bootId} = this.#options;
    const startedAt = clock.wall();
    return {
      app: spec.name,
      name,
      kind: spec.tasks.some((task) => task.name === name) ? 'task' : 'job',
      trigger,
      result: 'running',
      startedAt,
      ms: undefined,
      attempt: 1,
      ...freshSteps(plan),
      code: undefined,
      reason: undefined,
      output: [],
      log: this.#logFile(spec.name, name, startedAt),
      stopped: [],
      plan,
      list: 'steps',
      index: 0,
      bootId: bootId(),
      process: undefined,
    };
  }

  #logFile(app: string, name: string, at: number): string {
    const stem = path.join(this.#options.paths.logs, app, 'runs', `${name}-${stampOf(at)}`);
    for (let serial = 0; ; serial++) {
      const file = `${stem}${serial === 0 ? '' : `-${serial}`}.log`;
      if (!existsSync(file)) return file;
    }
  }

  /** The record of a run that goes on where the last one failed. @throws AppsupError `NOT_FOUND` */
  #resumed(record: RunRecord): RunRecord {
    const {app, name, steps} = record;
    const last = this.#options.books.read(app, name).past[0];
    const at =
      last?.steps.findIndex(({state}) => state === 'failed' || state === 'running' || state === 'waiting') ??
      -1;
    const refuse = (problem: string) =>
      new AppsupError('NOT_FOUND', `Cannot resume "${name}" of ${app}: ${problem}`, {
        hint: `run all of it: appsup run ${app} ${name}`,
      });
    if (last === undefined || last.result === 'done' || at < 0) throw refuse('its last run did not fail');
    if (last.undo.some(({state}) => state === 'done')) throw refuse('what its last run did was undone');
    const before = last.steps.slice(0, at);
    if (!before.every((step, index) => step.name === steps[index]?.name))
      throw refuse('its steps have changed');
    return {
      ...record,
      steps: steps.map((step, index) => before[index] ?? step),
      index: at,
      stopped: last.stopped,
    };
  }

  /** @throws AppsupError `RUN_BUSY` */
  #refuseBusy(spec: AppSpec, name: string): void {
    if (this.#ending)
      throw new AppsupError('SUPERVISOR_GONE', 'Cannot do that now: the supervisor is ending');
    const other = this.#running.get(keyOf(spec.name, name)) ?? this.#taskOf(spec.name);
    if (other === undefined) return;
    const {record} = other.run;
    const step = record[record.list][record.index];
    const where =
      step === undefined ? '' : ` (step ${record.index + 1} of ${record[record.list].length}: ${step.name})`;
    throw new AppsupError(
      'RUN_BUSY',
      `Cannot run "${name}": "${record.name}" of ${spec.name} runs since ${sinceText(this.#options.clock.wall() - record.startedAt)}${where}`,
      {
        hint: `wait for it, or end it: appsup run ${spec.name} ${record.name} --cancel`,
        details: {app: spec.name, name: record.name, startedAt: record.startedAt},
      },
    );
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
    const {books} = this.#options;
    const {app, name, list, index} = record;
    this.#quietly(app, name, () => books.write({...books.read(app, name), current: record}));
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
    const status = this.#close(record, result === 'done' ? hashesOfPlan(plan.steps) : undefined);
    this.#tell(record, 'ended', undefined, listeners);
    this.#running.delete(keyOf(app, name));
    this.#keepLogs(app);
    this.#startQueued();
    return status;
  }

  #interrupted(record: RunRecord): void {
    const reason = 'the host went down while it ran';
    const {list, index, steps} = record;
    const step = steps[index];
    const cut =
      list === 'steps' && step !== undefined
        ? steps.with(index, {...step, state: 'failed', note: reason})
        : steps;
    this.#close({...record, steps: cut, result: 'interrupted', reason, ms: undefined}, undefined);
    this.#tell({...record, result: 'interrupted', reason}, 'ended', undefined);
  }

  /** Into the book, among its past. */
  #close(record: RunRecord, hashes: RunBook['hashes'] | undefined): RunStatus {
    const {books} = this.#options;
    const {app, name} = record;
    const status = statusOf(record);
    const book = books.read(app, name);
    const past = [status, ...book.past].slice(0, KEPT_RUNS);
    this.#quietly(app, name, () =>
      books.write({...book, current: undefined, past, hashes: hashes ?? book.hashes}),
    );
    this.#quietly(app, name, () => removeOldLogs(record, past));
    return status;
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

  #quietly(app: string, name: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof AppsupError) && systemCode(error) === undefined) throw error;
      this.#options.log('error', messageOf(error), {app, name});
    }
  }
}

interface Running {
  readonly run: Run;
  readonly listeners: Set<(event: SupervisorEvent) => void>;
  readonly ended: Promise<RunStatus>;
  /** The step that was told last. */
  told: StepStatus | undefined;
}

function keyOf(app: string, name: string): string {
  return `${app}:${name}`;
}

/** What it would do, in the form of a run that has not begun. */
function dryRun(record: RunRecord): RunStatus {
  const explained = (steps: readonly StepStatus[], specs: readonly StepSpec[]) =>
    steps.map((step, index) => ({...step, note: explain(specs[index])}));
  const {plan, steps, undo} = record;
  return {
    ...statusOf(record),
    result: 'done',
    steps: explained(steps, plan.steps),
    undo: explained(undo, plan.undo),
  };
}

function explain(step: StepSpec | undefined): string | undefined {
  if (step?.action.kind !== 'command') return undefined;
  const {ifChanged, unless} = step.action;
  if (ifChanged.length > 0)
    return `only when ${ifChanged.map((file) => path.basename(file)).join(', ')} has changed`;
  return unless === undefined ? undefined : `unless ${unless.join(' ')} ends well`;
}

function noSuchRun({name: app, tasks, jobs}: AppSpec, name: string): AppsupError {
  const names = [...tasks, ...jobs].map((each) => each.name);
  const meant = nearest(name, names);
  const known =
    names.length === 0
      ? `it has none; docs/config.md shows [tasks.NAME] and [jobs.NAME]`
      : `known: ${names.join(', ')}`;
  return new AppsupError('NO_SUCH_RUN', `Cannot run "${name}": ${app} has no task or job of that name`, {
    hint: meant === undefined ? known : `did you mean "${meant}"?`,
    details: {app, name},
  });
}

function notConfirmed({app, name}: RunRequest, confirm: string): AppsupError {
  return new AppsupError('NOT_CONFIRMED', `Cannot run "${name}" of ${app}: it was not confirmed`, {
    hint: `appsup run ${app} ${name} --yes --confirm ${JSON.stringify(confirm)}`,
    details: {app, name, confirm},
  });
}

function sinceText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** Logs of runs that are not told of any more. */
function removeOldLogs({log, name}: RunRecord, past: readonly RunStatus[]): void {
  const directory = path.dirname(log);
  const kept = past.map((run) => path.basename(run.log));
  const ours = new RegExp(String.raw`^${name}-\d{8}T\d{6}Z(-\d+)?\.log`);
  for (const file of readdirSync(directory)) {
    if (ours.test(file) && !kept.some((each) => file.startsWith(each)))
      rmSync(path.join(directory, file), {force: true});
  }
}
