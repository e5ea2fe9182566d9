import type {Problem} from './validate.ts';

/** What a job or a task is read with. */
export interface WorkContext {
  readonly name: string;
  /** Absolute; of the app. */
  readonly directory: string;
  readonly home: string;
  /** Names of the app's programs. */
  readonly programs: readonly string[];
  /** Keys that stand in the file, also those whose value was refused. */
  readonly present: ReadonlySet<string>;
  readonly report: (problem: Problem) => void;
}
