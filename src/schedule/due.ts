import type {Timetable} from './cron.ts';

/** A clock that was set back by more than this was wrong before, as Vixie cron has it. */
const WRONG_MS = 3 * 3_600_000;

export interface DueQuestion {
  readonly timetable: Timetable;
  /** Up to so much later; which of it is the job's own business. */
  readonly delayOf: (due: number) => number;
  /** What was due until then is dealt with; wall clock. */
  readonly since: number;
  readonly now: number;
}

/** What the wall clock says of a job. */
export interface DueAnswer {
  readonly due: boolean;
  /** When it is due next, or was first: milliseconds since 1970. */
  readonly at: number;
  /** As it has to be from now on. */
  readonly since: number;
}

/**
 * Whether a job is due. However often it would have been due meanwhile, it is due once.
 *
 * The clock may be set. Forward: what was left out is due now. Back: what ran does not run again, unless the clock was wrong
 * by hours: then it counts from now.
 */
export function askDue({timetable, delayOf, since, now}: DueQuestion): DueAnswer {
  const from = since - now > WRONG_MS ? now : since;
  const due = timetable.next(from);
  const at = due + delayOf(due);
  return at <= now ? {due: true, at, since: now} : {due: false, at, since: from};
}
