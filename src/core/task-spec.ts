/** What a user asked to be run on a schedule, or on demand: complete, as {@link AppSpec} is. */

/** What becomes of a job that is due while its last run goes on. `queue`: one waits, however many were due meanwhile. */
export const OVERLAPS = ['skip', 'queue', 'kill'] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** One thing that a run does. What comes after it waits for its end. */
export type StepAction =
  | {
      readonly kind: 'command';
      /** The words after splitting; run without a shell. */
      readonly argv: readonly string[];
      /** Absolute. */
      readonly directory: string;
      /** Then its whole tree is ended. */
      readonly timeoutMs: number;
      /** A command that ends with 0 when there is nothing to do. */
      readonly unless: readonly string[] | undefined;
      /** Absolute paths; the step is left out when none has changed since the last run that went well. Empty: it never is. */
      readonly ifChanged: readonly string[];
      /** It runs with the system's Python: that of the app may be what is broken. */
      readonly withoutPython: boolean;
    }
  /** Start a new generation of programs, all of the app when none is named. Those that the user has stopped stay stopped. */
  | {readonly kind: 'restart'; readonly programs: readonly string[]}
  | {readonly kind: 'reload'}
  /** Stop the app and remember what ran; `start` starts that. */
  | {readonly kind: 'stop'}
  | {readonly kind: 'start'}
  /** Ask the program that serves for a path below the mount; `undefined`: that of its own check. */
  | {readonly kind: 'health'; readonly path: string | undefined};

export interface StepSpec {
  /** As it is shown: one line. */
  readonly name: string;
  readonly action: StepAction;
}

/** A command, or a restart, on a schedule. */
export interface JobSpec {
  readonly name: string;
  /** Five fields, six with seconds in front, or `@reboot`; see {@link parseCron}. */
  readonly schedule: string;
  /** An IANA name; `undefined`: the host's. */
  readonly timezone: string | undefined;
  /** Up to so much later than the schedule says, so that not all jobs of a host begin at once. */
  readonly jitterMs: number;
  readonly overlap: Overlap;
  /** What was due while no supervisor ran: once, when one comes back; or not at all. */
  readonly missed: 'run' | 'skip';
  /** Further tries after a failure. */
  readonly retries: number;
  /** Between two tries. */
  readonly retryMs: number;
  readonly step: StepSpec;
  readonly env: Readonly<Record<string, string>>;
}

/** What a task consists of: steps as the user wrote them, or a recipe that makes steps of a few settings. */
export type TaskWork =
  | {readonly kind: 'steps'; readonly steps: readonly StepSpec[]}
  | {
      readonly kind: 'update';
      /** Absolute. */
      readonly requirements: string;
      readonly migrate: readonly StepSpec[];
      readonly build: readonly StepSpec[];
      /** Below the mount; `undefined`: the path of the program's own check. */
      readonly health: string | undefined;
    }
  | {
      readonly kind: 'rebuild-venv';
      /** Absolute. */
      readonly requirements: string;
      /** What makes the new environment. */
      readonly basePython: string;
      /** Further packages, e.g. `gunicorn`. */
      readonly packages: readonly string[];
      /** `module:callable` to be imported; `undefined`: that of the program that serves. */
      readonly check: string | undefined;
    }
  | {
      readonly kind: 'reset-database';
      readonly database: string;
      /** Further arguments. */
      readonly createdb: readonly string[];
      readonly dropdb: readonly string[];
      readonly migrate: readonly StepSpec[];
    }
  | {
      readonly kind: 'build';
      readonly build: readonly StepSpec[];
      /** What the build makes; absolute. */
      readonly output: string;
      /** The link that is switched to what was built; absolute. */
      readonly link: string;
      /** So many of the last builds stay. */
      readonly keep: number;
    };

/** What a run will do. */
export interface Plan {
  readonly steps: readonly StepSpec[];
  /** After a step has failed, all of them. */
  readonly undo: readonly StepSpec[];
}

/** Named steps that are run when somebody asks for them. */
export interface TaskSpec {
  readonly name: string;
  readonly work: TaskWork;
  /** Stop the app before the first step, and start what ran after the last. */
  readonly stop: boolean;
  /** After the last step. */
  readonly finish: 'restart' | 'reload' | undefined;
  /** What has to be typed before it begins. */
  readonly confirm: string | undefined;
  /** Absolute. */
  readonly directory: string;
  /** Of each of its own steps. */
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string>>;
}
