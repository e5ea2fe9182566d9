import type {Clock} from '../system/clock.ts';
import type {LogFiles} from '../system/log-files.ts';
import type {Proc} from '../system/proc.ts';
import type {Processes} from '../system/processes.ts';

/** What a rotation has done last, for those who want to be killed at every place. */
export type Step =
  | 'begun'
  | 'copied'
  | 'marked'
  | 'committed'
  | 'collapsed'
  | 'noted'
  | 'refused'
  | 'recorded'
  | 'stopped'
  | 'rest copied'
  | 'rest returned'
  | 'emptied'
  | 'trimmed'
  | 'archived';

/** What a rotation needs. */
export interface RotateWorld {
  readonly clock: Clock;
  readonly files: LogFiles;
  readonly proc: Pick<Proc, 'stat' | 'bootId'>;
  readonly processes: Pick<Processes, 'signal'>;
  /** Processes that may write the file although we cannot look into them. @defaultValue none */
  readonly writersOf?: (file: string) => readonly number[];
  /** For tests. */
  readonly onStep?: (step: Step) => void;
}
