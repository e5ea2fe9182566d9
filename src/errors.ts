/**
 * Every failure that a person can mend, by its stable name.
 *
 * Scripts may match on the code; the words of the message may change.
 */
export type ErrorCode =
  | 'USAGE' // the command line is wrong
  | 'CONFIG' // a file of the user's has mistakes; `details.diagnostics` lists them
  | 'NO_SUCH_APP'
  | 'NO_SUCH_PROGRAM'
  | 'NO_SUCH_RUN' // no task or job of this name
  | 'RUN_BUSY' // another task of the app, or the same job, runs
  | 'NOT_CONFIRMED' // `details.confirm` has to be typed first
  | 'APP_EXISTS'
  | 'MOUNT_TAKEN'
  | 'BAD_NAME'
  | 'NOT_FOUND' // a file, directory or program that was named does not exist
  | 'NOT_AN_APP' // nothing to run was found in a directory
  | 'AMBIGUOUS' // several candidates, the user has to choose
  | 'NO_INTERPRETER'
  | 'ENV_FILE' // unreadable, readable by others, or with a broken line
  | 'NO_VALUE' // a command in `env` did not give a value
  | 'KEPT' // a secret is there already, and stays
  | 'PORT_TAKEN'
  | 'PORTS_EXHAUSTED'
  | 'PORT_RANGE'
  | 'NOT_READY' // started, and did not become ready
  | 'NOT_RUNNING'
  | 'START_FAILED'
  | 'SUPERVISOR_GONE' // the control socket does not answer
  | 'SUPERVISOR_START' // appsupd could not be started
  | 'SUPERVISOR_RUNS' // another supervisor of this user and host lives
  | 'VERSION_MISMATCH'
  | 'PROTOCOL'
  | 'INTERNAL' // a mistake of ours: the supervisor's log has its stack
  | 'TIMEOUT'
  | 'NOT_PERMITTED'
  | 'UNSAFE_MODE' // a directory or file that others may write or read
  | 'DISK'
  | 'PATH_TOO_LONG'
  | 'CRON_DENIED'
  | 'CRON_MISSING'
  | 'CRON_FAILED'
  | 'CRONTAB_DAMAGED'
  | 'FRONT_END' // a snippet that the front end's own check refuses
  | 'MAIL_FAILED' // a letter that could not be handed to a mailer
  | 'CANCELLED';

export interface ErrorOptions {
  /** The next thing to do, one line, without a final period. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Facts for `--json`, merged into the error object there. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Exit code of the CLI. @defaultValue 2 for `USAGE` and `AMBIGUOUS`, else 1 */
  readonly exitCode?: number;
}

/** What travels over the control socket and into `--json`. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly [detail: string]: unknown;
}

/** A problem that a person can fix. Bugs are plain `Error`s and keep their stack. */
export class AppsupError extends Error {
  override readonly name = 'AppsupError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : {cause: options.cause});
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
    this.exitCode = options.exitCode ?? (code === 'USAGE' || code === 'AMBIGUOUS' ? 2 : 1);
  }

  /** The error as data, for the control socket and `--json`. */
  toJSON(): ErrorRecord {
    return {
      ...this.details,
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : {hint: this.hint}),
    };
  }

  /** The reverse of {@link AppsupError.toJSON}. */
  static fromRecord(record: ErrorRecord): AppsupError {
    const {code, message, hint, ...details} = record;
    return new AppsupError(code, message, {details, ...(hint === undefined ? {} : {hint})});
  }
}

/** True for our own errors, also across bundles (where `instanceof` would not hold). */
export function isAppsupError(error: unknown): error is AppsupError {
  return error instanceof Error && error.name === 'AppsupError';
}

/** The `code` of a system error such as `ENOENT`, or `undefined`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
