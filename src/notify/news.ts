import type {StateName} from '../control/api.ts';
import type {Notice} from '../core/spec.ts';

/** Something that a person should hear about one process, or about the runs of one job or task. */
export interface ProcessNews {
  /** `fatal` with state `fatal`: given up. `fatal` with another state: it fails again and again, and is still tried. */
  readonly notice: Exclude<Notice, 'boot'>;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly app: string;
  /** Of a job or task, its name. */
  readonly process: string;
  /** `undefined` for a job or task. */
  readonly state: StateName | undefined;
  readonly reason: string | undefined;
  /** Since when there was trouble, for `recovered`; milliseconds since 1970. */
  readonly since: number | undefined;
}

/** What is up after a boot, as `app:process`, and what is not. */
export interface BootNews {
  readonly notice: 'boot';
  readonly at: number;
  readonly running: readonly string[];
  readonly missing: readonly string[];
}

export type News = ProcessNews | BootNews;

/** Whether the user wants to hear it. What is not up after a boot is told to those who asked for `fatal`, too. Pure. */
export function isWanted(news: News, on: readonly Notice[]): boolean {
  return (
    on.includes(news.notice) || (news.notice === 'boot' && news.missing.length > 0 && on.includes('fatal'))
  );
}
