import type {RestartPolicy} from '../core/program-spec.ts';
import type {SignalName} from '../core/signals.ts';
import type {ErrorRecord} from '../errors.ts';

/**
 * What a supervisor can be asked: the daemon implements it, the client implements it over the socket,
 * and the command line, the dashboard and the doors to other tools see only this.
 */
export interface SupervisorApi {
  info(): Promise<SupervisorInfo>;
  status(request: StatusRequest): Promise<StatusReport>;
  /** Start, stop, restart. Resolves when all of them are done (or failed); never rejects for a single program. */
  act(request: ActRequest, onProgress: (event: SupervisorEvent) => void): Promise<ActReport>;
  /** Send processes a signal. It changes nothing of what is wished: what ends by it is started again if its file says so. */
  signal(request: SignalRequest): Promise<SignalReport>;
  /** Run a task or a job now. Resolves when it has ended, well or not; it goes on when nobody listens any more. */
  run(request: RunRequest, onProgress: (event: SupervisorEvent) => void): Promise<RunStatus>;
  /** End a run with everything that it started. Resolves as soon as it is under way. */
  cancel(request: {readonly app: string; readonly name: string}): Promise<{readonly cancelled: boolean}>;
  /** When jobs are due, and what came of their last runs. */
  jobs(request: {readonly apps: readonly string[]}): Promise<JobsReport>;
  /** Read the configuration again; changes nothing that runs unless its app was removed. */
  reload(request: {readonly apps: readonly string[]}): Promise<ReloadReport>;
  /**
   * Take part in accepting on the app's socket until a visitor came, at most for `timeoutMs`: a request whose target has
   * `question` in it is answered with `answer`, any other visitor is handed on to the app and notices nothing.
   *
   * So it proves that a public address leads to this very app. Who asks calls it again until the question was answered.
   *
   * @throws AppsupError `NO_SUCH_APP`; `NOT_RUNNING` when nothing of it listens
   */
  challenge(request: ChallengeRequest): Promise<ChallengeReport>;
  /** Call back for every event until the signal aborts or the supervisor goes. */
  events(onEvent: (event: SupervisorEvent) => void, signal: AbortSignal): Promise<void>;
  /** End the supervisor. Resolves with its pid, just before it goes. */
  shutdown(request: ShutdownRequest): Promise<{readonly pid: number}>;
}

export interface SupervisorInfo {
  /** appsup's version, as in package.json. */
  readonly version: string;
  /** Of the protocol: the `1` of `/v1`. */
  readonly protocol: 1;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Programs that were found running by this supervisor when it came. */
  readonly adopted: number;
  /** How long no supervisor was there before this one; `undefined` after a clean end or a reboot. */
  readonly goneMs: number | undefined;
  /** The moment at which the supervisor came back, wall clock; only with `goneMs`. */
  readonly cameBackAt: number | undefined;
}

/** supervisord's state names in lower case. */
export type StateName =
  | 'stopped'
  | 'starting'
  | 'running'
  | 'backoff'
  | 'stopping'
  | 'exited'
  | 'fatal'
  | 'unknown';

export interface ProcessStatus {
  readonly app: string;
  readonly program: string;
  /** The program's name, or `queue_00` with several processes. */
  readonly process: string;
  readonly state: StateName;
  /** True when it is stopped only until somebody comes: then nothing is wrong. Absent from an older supervisor. */
  readonly dormant?: boolean;
  /** What the user asked for. */
  readonly desired: 'running' | 'stopped';
  /** Since when in this state; milliseconds since 1970. */
  readonly since: number;
  /** Starts by the supervisor's own decision since the user's last start or restart. */
  readonly restarts: number;
  readonly pid: number | undefined;
  /** Resident bytes of the process and all that it started, shared file pages counted once; only when asked for. */
  readonly memory: number | undefined;
  /** Why it is in this state, one line, for everything but running. */
  readonly reason: string | undefined;
  /** The next try in `backoff`; milliseconds since 1970. */
  readonly nextTryAt: number | undefined;
  /** What its last health checks say; `undefined` when it is not asked while it runs. */
  readonly health: 'healthy' | 'unhealthy' | undefined;
  /** True when this process was taken over from an earlier supervisor. */
  readonly adopted: boolean;
  /**
   * What goes on beside the process that serves: its successor is `proving` or, having failed, goes (`abandoning`), or its predecessor
   * is `leaving`, with requests to finish. Absent from an older supervisor.
   */
  readonly change?: 'proving' | 'abandoning' | 'leaving' | undefined;
  /** The last overlapping restart that came to nothing, until the next success. */
  readonly lastChangeFailed: string | undefined;
  /** True when the running process was started from an older version of the app's file. */
  readonly outdated: boolean;
  /** True for a process that answers under the app's mount. */
  readonly serves: boolean;
}

export interface AppStatus {
  readonly app: string;
  readonly file: string;
  readonly port: number | undefined;
  readonly mount: string;
  /** Where it is served: the public URL if known, else the local one; `undefined` when nothing listens. */
  readonly where: string | undefined;
  /** The file's mistakes in one line each; its processes are then those of the last good version. */
  readonly problems: readonly string[];
  /** What is known of the front end; `undefined` for an app that serves nothing, or is reached through the gateway. */
  readonly front: FrontStatus | undefined;
  readonly processes: readonly ProcessStatus[];
}

export interface FrontStatus {
  /** `2026-11-20`: when the administrators were asked last, as far as this host knows. */
  readonly requestedAt: string | undefined;
  /** What has changed since then, so that their lines are out of date: `port 20140 -> 20141`. */
  readonly stale: string | undefined;
  /** What `appsup verify` found last, unless the app needs something else by now. */
  readonly verified:
    | {
        /** Milliseconds since 1970. */
        readonly at: number;
        readonly url: string;
        /** Facts that hold, and that do not. */
        readonly ok: number;
        readonly notOk: number;
      }
    | undefined;
}

export interface StatusRequest {
  /** Empty: all. */
  readonly targets: readonly string[];
  readonly memory: boolean;
}

export interface StatusReport {
  readonly supervisor: SupervisorInfo;
  readonly apps: readonly AppStatus[];
}

/** `app`, `app:program`, `app:program_00` or `all`. */
export type Target = string;

export interface ActRequest {
  /** `reload`: the running process takes up new code by itself, after that was proven in another one. */
  readonly action: 'start' | 'stop' | 'restart' | 'reload';
  readonly targets: readonly Target[];
  /** `false`: return as soon as it is under way. @defaultValue true */
  readonly wait?: boolean;
  /** Only processes that the app's file does not have any more, since its `numprocs` is less. @defaultValue false */
  readonly surplus?: boolean;
}

export interface ActReport {
  readonly results: readonly ActResult[];
}

export interface ActResult {
  readonly app: string;
  readonly process: string;
  readonly ok: boolean;
  readonly state: StateName;
  /** True when it is started by the first visitor, and nobody has come. */
  readonly dormant?: boolean;
  /** `true` when it was not waited for: it is under way. Absent from an older supervisor. */
  readonly pending?: boolean;
  /** `true` when there was nothing to do: it ran, or was stopped, already. */
  readonly unchanged: boolean;
  readonly pid: number | undefined;
  /** The process that was replaced, for restart. */
  readonly previousPid: number | undefined;
  /** From spawn to ready. */
  readonly readyMs: number | undefined;
  /** True when the old process served until the new one was ready. */
  readonly overlapped: boolean;
  /** True when the replaced process did not leave in time, so that what it was doing was cut off. */
  readonly cutOff: boolean;
  /** The local URL, for the program that serves. */
  readonly url: string | undefined;
  readonly error: ErrorRecord | undefined;
  /** The last lines that the failed process printed. */
  readonly output: readonly string[];
}

export interface SignalRequest {
  readonly signal: SignalName;
  readonly targets: readonly Target[];
  /** To the main process's whole group. @defaultValue false: to the main process alone */
  readonly group?: boolean;
}

export interface SignalReport {
  /** Of an app or `all`, only what runs. */
  readonly results: readonly SignalResult[];
}

export interface SignalResult {
  readonly app: string;
  readonly process: string;
  readonly ok: boolean;
  readonly state: StateName;
  /** Of the main process. */
  readonly pid: number | undefined;
  /** When its end counts as a reason to start it again. */
  readonly restart: RestartPolicy;
  /** The main process is a shell, which passes no signal on to what it runs. */
  readonly shell: boolean;
  readonly error: ErrorRecord | undefined;
}

export interface RunRequest {
  readonly app: string;
  /** Of a task or a job. */
  readonly name: string;
  /** Go on with the step that failed. */
  readonly resume?: boolean;
  /** Say what it would do, and do nothing. */
  readonly dryRun?: boolean;
  /** What the user typed for a task that has to be confirmed. */
  readonly confirm?: string;
}

export type StepState = 'waiting' | 'running' | 'done' | 'skipped' | 'failed';

export interface StepStatus {
  readonly name: string;
  readonly state: StepState;
  /** Wall clock of its begin; milliseconds since 1970. */
  readonly startedAt: number | undefined;
  readonly ms: number | undefined;
  /** What it ended with; above 128 it was signal `code - 128`. */
  readonly code: number | undefined;
  /** One line of its own: `3f2a91c -> 7501d33, 12 files`. */
  readonly note: string | undefined;
}

/** `interrupted`: the host, or the supervisor, went down and the end is not known. */
export type RunResult = 'running' | 'done' | 'failed' | 'timeout' | 'cancelled' | 'interrupted';

/** One run of a task or a job. */
export interface RunStatus {
  readonly app: string;
  readonly name: string;
  readonly kind: 'task' | 'job';
  /** Why it began. */
  readonly trigger: 'user' | 'schedule' | 'missed' | 'boot';
  readonly result: RunResult;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly ms: number | undefined;
  /** From 1. */
  readonly attempt: number;
  readonly steps: readonly StepStatus[];
  /** What was done to undo the steps after one had failed. */
  readonly undo: readonly StepStatus[];
  /** Of the step that failed. */
  readonly code: number | undefined;
  /** Why it failed, one line. */
  readonly reason: string | undefined;
  /** The last lines of the step that failed. */
  readonly output: readonly string[];
  /** The file that holds all that it printed, absolute. */
  readonly log: string;
  /** Processes that it has stopped and not started again. */
  readonly stopped: readonly string[];
}

export interface JobStatus {
  readonly app: string;
  readonly job: string;
  readonly schedule: string;
  readonly timezone: string | undefined;
  /** Milliseconds since 1970; `undefined` for `@reboot`, and while the app is stopped. */
  readonly nextAt: number | undefined;
  /** Why it is not due, or waits. */
  readonly reason: string | undefined;
  /** The run that is under way. */
  readonly running: RunStatus | undefined;
  readonly last: RunStatus | undefined;
}

export interface JobsReport {
  readonly jobs: readonly JobStatus[];
  /** The tasks of the same apps. Absent from an older supervisor. */
  readonly tasks?: readonly TaskStatus[];
}

export interface TaskStatus {
  readonly app: string;
  readonly task: string;
  /** The run that is under way. */
  readonly running: RunStatus | undefined;
  readonly last: RunStatus | undefined;
}

export interface ReloadReport {
  /** Apps that are known now. */
  readonly apps: readonly string[];
  /** Files that could not be taken, with their mistakes. */
  readonly problems: readonly {readonly app: string; readonly problems: readonly string[]}[];
}

export interface ChallengeRequest {
  readonly app: string;
  /** 16 to 128 letters, digits, `-` and `_`, not to be guessed: it stands in the target of the request that asks. */
  readonly question: string;
  /** At most 1024 characters: the body of the answer. */
  readonly answer: string;
  /** At most 16 fields for the head of the answer, to see what a front end makes of them. @defaultValue none */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** 1 to 60_000. */
  readonly timeoutMs: number;
  /** At most 10_000: until the second half of the answer, which is a stream of events then. @defaultValue all of it at once */
  readonly pauseMs?: number;
}

export interface ChallengeReport {
  readonly answered: boolean;
  /** The request that asked the question, as the front end sent it: its head, or `uwsgi` and a line for each variable. */
  readonly head: string | undefined;
  /** Visitors who wanted something else and were handed on. */
  readonly passedOn: number;
}

export interface ShutdownRequest {
  /** `false` leaves the apps running, to be adopted by the next supervisor. */
  readonly stopApps: boolean;
  /**
   * Start this supervisor in its own place and hand it the sockets, so that no app notices: both absolute paths.
   *
   * Only with `stopApps: false`. Its pid is told by `info()` once it answers.
   */
  readonly successor?: {readonly node: string; readonly daemon: string} | undefined;
}

/** What happened, as it happens. Times are milliseconds since 1970. */
export type SupervisorEvent =
  | {
      readonly type: 'state';
      readonly at: number;
      readonly app: string;
      readonly process: string;
      readonly from: StateName;
      readonly state: StateName;
      readonly pid: number | undefined;
      readonly reason: string | undefined;
    }
  | {
      readonly type: 'change';
      readonly at: number;
      readonly app: string;
      readonly process: string;
      /** An overlapping restart: begun, done, or given up. */
      readonly phase: 'proving' | 'replaced' | 'gave-up';
      readonly pid: number | undefined;
      readonly reason: string | undefined;
    }
  | {
      readonly type: 'health';
      readonly at: number;
      readonly app: string;
      readonly process: string;
      readonly health: 'unhealthy' | 'recovered';
      /** The last bad answer. */
      readonly detail: string | undefined;
    }
  | {
      readonly type: 'config';
      readonly at: number;
      readonly app: string;
      readonly change: 'added' | 'changed' | 'removed' | 'broken';
    }
  | {
      /** Once after a boot of the host: when all that ought to run is up, or when that has taken too long. */
      readonly type: 'boot';
      readonly at: number;
      /** `app:process`, sorted. */
      readonly running: readonly string[];
      /** `app:process`, or `app` alone where its file cannot be read. */
      readonly missing: readonly string[];
    }
  | {
      /** A run has begun, come to another step, or ended. Of jobs, only the end is told to those who listen to everything. */
      readonly type: 'run';
      readonly at: number;
      readonly app: string;
      readonly name: string;
      readonly kind: 'task' | 'job';
      readonly phase: 'begun' | 'step' | 'undo' | 'ended';
      readonly result: RunResult;
      readonly reason: string | undefined;
      /** The step that it is about, with its place among all steps from 1; not with `begun` and `ended`. */
      readonly step: (StepStatus & {readonly place: number; readonly count: number}) | undefined;
    };
