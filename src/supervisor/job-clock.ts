import {createHash} from 'node:crypto';

import type {RunStatus} from '../control/api.ts';
import type {JobSpec} from '../core/task-spec.ts';
import type {Timetable} from '../schedule/cron.ts';
import {askDue} from '../schedule/due.ts';
import type {Clock, Timer} from '../system/clock.ts';
import type {RunBook} from './run-records.ts';

export interface JobClockOptions {
  readonly clock: Clock;
  readonly bootId: () => string;
  readonly bookOf: (app: string, job: string) => RunBook;
  /** Remember how far a job has been looked at. */
  readonly note: (app: string, job: string, fields: Partial<RunBook>) => void;
  /** Jobs rest while all of their app is stopped. */
  readonly isAwake: (app: string) => boolean;
  readonly onDue: (app: string, job: JobSpec, trigger: RunStatus['trigger'], since: number) => void;
  /** The reader of schedules, a library that only jobs need. */
  readonly load: () => Promise<(schedule: string, zone: string | undefined) => Timetable>;
}

/** The wall clock may be set at any time, and nothing tells us: look at it so often while there are jobs. */
const LONGEST_SLEEP_MS = 120_000;

/** Knows when jobs are due, and tells. One timer for all of them; none when there are none. */
export class JobClock {
  readonly #options: JobClockOptions;
  readonly #jobs = new Map<string, TimedJob>();
  readonly #since: number;
  #reader: ReturnType<JobClockOptions['load']> | undefined;
  #timer: Timer | undefined;

  constructor(options: JobClockOptions) {
    this.#options = options;
    this.#since = options.clock.wall();
  }

  /** The jobs of an app, as its file says now. Resolves when the clock goes by them. */
  async set(app: string, jobs: readonly JobSpec[]): Promise<void> {
    const names = new Set(jobs.map(({name}) => `${app}:${name}`));
    for (const [key, job] of this.#jobs) if (job.app === app && !names.has(key)) this.#jobs.delete(key);
    if (jobs.length > 0) {
      const read = await this.#read();
      for (const job of jobs) this.#take(app, job, read);
    }
    this.look();
  }

  /** Loaded once; after a failure it is tried again. */
  async #read(): ReturnType<JobClockOptions['load']> {
    this.#reader ??= this.#options.load();
    try {
      return await this.#reader;
    } catch (error) {
      this.#reader = undefined;
      throw error;
    }
  }

  delete(app: string): void {
    for (const [key, job] of this.#jobs) if (job.app === app) this.#jobs.delete(key);
  }

  /** When a job is due; `undefined` while its app rests, and for `@reboot`. */
  nextAt(app: string, name: string): number | undefined {
    const job = this.#jobs.get(`${app}:${name}`);
    return job === undefined || job.resting !== false ? undefined : job.at;
  }

  /** Look at the clock now: it may have been set, or an app been started. */
  look(): void {
    this.#timer?.cancel();
    for (const job of [...this.#jobs.values()]) this.#lookAt(job);
    const next = Math.min(
      ...[...this.#jobs.values()].map(({at, resting}) => (resting === true ? Infinity : (at ?? Infinity))),
    );
    if (next === Infinity) return;
    const wait = Math.max(0, next - this.#options.clock.wall());
    this.#timer = this.#options.clock.after(Math.min(wait, LONGEST_SLEEP_MS), () => this.look());
  }

  close(): void {
    this.#timer?.cancel();
    this.#jobs.clear();
  }

  #take(app: string, spec: JobSpec, read: (schedule: string, zone: string | undefined) => Timetable): void {
    const {clock, bookOf, note} = this.#options;
    const key = `${app}:${spec.name}`;
    const schedule = `${spec.schedule} ${spec.timezone ?? ''}`.trim();
    const before = this.#jobs.get(key);
    if (before?.schedule === schedule) {
      before.spec = spec;
      return;
    }
    const book = bookOf(app, spec.name);
    const isKnown = book.schedule === schedule && book.since !== undefined;
    // A new job, or a new schedule, counts from now.
    const since = isKnown && spec.missed === 'run' ? (book.since ?? clock.wall()) : clock.wall();
    const isBoot = spec.schedule === '@reboot';
    if (!isKnown)
      note(app, spec.name, {since, schedule, bootId: isBoot ? this.#options.bootId() : undefined});
    this.#jobs.set(key, {
      app,
      spec,
      schedule,
      timetable: isBoot ? undefined : read(spec.schedule, spec.timezone),
      since,
      at: undefined,
      resting: undefined,
      bootId: isKnown ? book.bootId : this.#options.bootId(),
    });
  }

  #lookAt(job: TimedJob): void {
    const {clock, isAwake} = this.#options;
    const now = clock.wall();
    const wasResting = job.resting;
    job.resting = !isAwake(job.app);
    if (job.timetable === undefined) return this.#lookAtBoot(job);
    if (job.resting) return;
    if (wasResting === true) job.since = now;
    const {timetable, spec, app} = job;
    const delayOf = (due: number) => delay(`${app}:${spec.name}:${due}`, spec.jitterMs);
    const {due, at, since} = askDue({timetable, delayOf, since: job.since, now});
    job.since = since;
    job.at = at;
    if (!due) return;
    job.at = askDue({timetable, delayOf, since, now}).at;
    this.#options.onDue(app, spec, at < this.#since ? 'missed' : 'schedule', since);
  }

  #lookAtBoot(job: TimedJob): void {
    const boot = this.#options.bootId();
    if (job.bootId === boot) return;
    job.bootId = boot;
    this.#options.note(job.app, job.spec.name, {bootId: boot});
    if (!(job.resting ?? false)) this.#options.onDue(job.app, job.spec, 'boot', this.#options.clock.wall());
  }
}

interface TimedJob {
  readonly app: string;
  spec: JobSpec;
  /** With the zone. */
  readonly schedule: string;
  /** `undefined`: `@reboot`. */
  readonly timetable: Timetable | undefined;
  /** Dealt with until then; wall clock. */
  since: number;
  at: number | undefined;
  /** `undefined`: not looked at so far. */
  resting: boolean | undefined;
  /** After which an `@reboot` job has run. */
  bootId: string | undefined;
}

/** The same for the same moment, so that a restart of the supervisor does not shift it. */
function delay(key: string, jitterMs: number): number {
  return createHash('sha256').update(key).digest().readUInt32BE() % (jitterMs + 1);
}
