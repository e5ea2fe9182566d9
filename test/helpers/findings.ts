import type {Answer} from '../../src/doctor/finding.ts';

/** Ids of what is not well, each with its level: `['broken cron-denied']`. */
export function troubles(answers: readonly Answer[]): readonly string[] {
  return answers
    .filter(({level}) => level === 'broken' || level === 'warning')
    .map(({level, id}) => `${level} ${id}`);
}
