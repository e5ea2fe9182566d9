import type {RunStatus} from '../control/api.ts';
import type {RunNotes} from './run-notes.ts';

/** A job that waits for something else to end. */
export interface WaitingJob {
  readonly app: string;
  readonly name: string;
  readonly trigger: RunStatus['trigger'];
}

/** Jobs that are due and wait, each once, in the order in which they became due; noted, so that a later supervisor knows of them. */
export class WaitingJobs {
  readonly #notes: RunNotes;
  readonly #jobs = new Map<string, WaitingJob>();

  constructor(notes: RunNotes) {
    this.#notes = notes;
  }

  has(app: string, name: string): boolean {
    return this.#jobs.has(keyOf(app, name));
  }

  all(): readonly WaitingJob[] {
    return [...this.#jobs.values()];
  }

  /** One that an earlier supervisor has noted. */
  recall(job: WaitingJob): void {
    this.#jobs.set(keyOf(job.app, job.name), job);
  }

  add(job: WaitingJob): void {
    this.recall(job);
    this.#notes.note(job.app, job.name, {queued: job.trigger});
  }

  delete(app: string, name: string): void {
    if (this.#jobs.delete(keyOf(app, name))) this.#notes.note(app, name, {queued: undefined});
  }
}

/** By this a run is found: an app has no job and task of one name. */
export function keyOf(app: string, name: string): string {
  return `${app}:${name}`;
}
