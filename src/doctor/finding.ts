/**
 * How much a finding matters.
 *
 * `broken`: something does not work now, or will not after a reboot; `warning`: it works, and something is about to hurt;
 * `unseen`: it cannot be seen from here, so nobody knows.
 */
export type Level = 'ok' | 'warning' | 'broken' | 'unseen';

/** What the doctor looks at, in the order of its report. */
export const SUBJECTS = [
  'programs',
  'supervisor',
  'boot',
  'cron',
  'logout',
  'files',
  'disk',
  'limits',
  'clock',
  'settings',
  'ports',
  'apps',
  'front-end',
  'leftovers',
] as const;
export type Subject = (typeof SUBJECTS)[number];

/** One question about this machine, answered. */
export interface Finding {
  /** Stable: scripts may match on it. `boot-node-gone` */
  readonly id: string;
  readonly level: Level;
  readonly subject: Subject;
  /** What holds and what it means; one line, without a final period. */
  readonly text: string;
  /** What to type, or to ask for; one line. Not there when nothing is to be done. */
  readonly hint?: string;
  /** Who can do that. @defaultValue the user, where there is a hint */
  readonly who?: 'user' | 'administrators';
}

/** An answer of a judge, which need not repeat what it is about. */
export type Answer = Omit<Finding, 'subject'>;

export function ok(id: string, text: string): Answer {
  return {id, level: 'ok', text};
}

export function warning(id: string, text: string, hint: string, who: Finding['who'] = 'user'): Answer {
  return {id, level: 'warning', text, hint, who};
}

export function broken(id: string, text: string, hint: string, who: Finding['who'] = 'user'): Answer {
  return {id, level: 'broken', text, hint, who};
}

/** @param why - Follows "can't be seen here: ". */
export function unseen(id: string, what: string, why: string): Answer {
  return {id, level: 'unseen', text: `${what} can't be seen here: ${why}`};
}
