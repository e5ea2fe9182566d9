import type {ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec} from '../core/spec.ts';
import type {LastWords} from './last-words.ts';
import type {LiveProcess} from './live-process.ts';
import type {ProbeResult} from './probe.ts';

export interface UnitIdentity {
  readonly app: string;
  readonly program: string;
  readonly process: string;
  readonly index: number;
}

/** A generation that runs, with the spec that it was started from. */
export interface Started {
  readonly process: LiveProcess;
  readonly app: AppSpec;
  readonly program: ProgramSpec;
  /** True when it can be asked by itself while an older one serves on the same socket. */
  readonly private: boolean;
}

/** What became of the last start, stop or restart, for the answer to the user. */
export interface Outcome {
  readonly reason: string;
  readonly output: readonly string[];
  readonly error: Error | undefined;
}

/** Starts processes for a unit and judges them; see `runner.ts` for the real one. */
export interface Runner {
  /** Prepare and spawn one generation. @throws AppsupError why it could not be started */
  start(unit: UnitIdentity, signal: AbortSignal): Promise<Started>;
  /** Resolves when the process answers as it should; rejects only when aborted. `beside`: an older one answers as well. */
  ready(
    started: Started,
    options: {
      readonly signal: AbortSignal;
      readonly beside: boolean;
      readonly onRefusal: (detail: string) => void;
    },
  ): Promise<void>;
  /** Ask a running process once. */
  check(started: Started, signal: AbortSignal): Promise<ProbeResult>;
  /** True when a second process can be given the same listening socket, and be told from the first. */
  canShare(main: Started): boolean;
  /** What the process printed last. */
  lastWords(process: LiveProcess): LastWords;
}
