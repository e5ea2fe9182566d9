/**
 * What a user asked for, complete: every default filled in, every path absolute, every duration in milliseconds.
 *
 * Config text becomes an {@link AppSpec} in `config/`; nothing behind that door checks it again.
 */

/** `keep`: the app sees the mount (SCRIPT_NAME); `strip`: the front end removes it; `none`: the app is at `/`. */
export type PrefixMode = 'keep' | 'strip' | 'none';

/** A TCP port can be asked by every user of the host; a Unix socket has an owner and a mode. */
export type Transport = 'tcp' | 'unix';

/** `always`; `on-failure`: only after a signal or a non-zero exit; `never`. */
export type RestartPolicy = 'always' | 'on-failure' | 'never';

/** Signals that a program may name for its stop, without `SIG`. */
export const STOP_SIGNALS = ['TERM', 'INT', 'QUIT', 'HUP', 'USR1', 'USR2', 'KILL'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * What somebody can be told of: a program is given up, does not answer its health check, runs again after one of both;
 * everything wanted is up after a boot.
 */
export const NOTICES = ['fatal', 'unhealthy', 'recovered', 'boot'] as const;
export type Notice = (typeof NOTICES)[number];

/** Consumers of a job queue that appsup knows by name. */
export const QUEUES = ['huey', 'celery', 'rq', 'dramatiq'] as const;
export type QueueKind = (typeof QUEUES)[number];

/** What to run. One member per kind of server that appsup knows by name. */
export type Launch =
  | {
      readonly kind: 'gunicorn';
      /** `module:callable`, e.g. `wsgi:application`. */
      readonly target: string;
      readonly workers: number;
      readonly threads: number;
      /** gunicorn's `-k`; `undefined` is gunicorn's own default. */
      readonly workerClass: string | undefined;
      /** Further arguments, as they are. */
      readonly args: readonly string[];
    }
  | {
      readonly kind: 'uvicorn';
      readonly target: string;
      readonly workers: number;
      readonly args: readonly string[];
    }
  | {
      readonly kind: 'hypercorn';
      readonly target: string;
      readonly workers: number;
      readonly args: readonly string[];
    }
  | {
      readonly kind: 'daphne';
      readonly target: string;
      readonly args: readonly string[];
    }
  | {
      readonly kind: QueueKind;
      /**
       * huey: `module.huey`, or the path of a `manage.py`; celery: `module:app`; rq: names of queues with blanks between them;
       * dramatiq: `module`.
       */
      readonly target: string;
      /** Jobs at a time: threads of huey, processes of the others. */
      readonly workers: number;
      readonly args: readonly string[];
    }
  | {
      readonly kind: 'uwsgi';
      /** `module:callable`, or the path of an `.ini` file (ends in `.ini`). */
      readonly target: string;
      readonly workers: number;
      readonly threads: number;
      /** Spoken on the app's address: HTTP, or uWSGI's own, which a front end passes on by `uwsgi_pass` or `uwsgi://`. */
      readonly protocol: 'http' | 'uwsgi';
      readonly args: readonly string[];
    }
  /** appsup's own reverse proxy, over the user's apps below its mount. */
  | {readonly kind: 'gateway'}
  | {
      readonly kind: 'command';
      /** The words after splitting; run without a shell. */
      readonly argv: readonly string[];
    };

/**
 * How a program meets its port.
 *
 * `socket`: the held socket is inherited as descriptor 3; `port`: the program binds `PORT` by itself; `none`: it serves nothing.
 */
export type Listen = 'socket' | 'port' | 'none';

/** When a started process counts as running. */
export type Readiness =
  | {
      /** An HTTP answer under the mount; see `supervisor/probe.ts` for what counts as up. */
      readonly kind: 'http';
      /** Below the mount, begins with `/`. */
      readonly path: string;
      /** `Host` header; `undefined` is the public host if it is known, else the address itself. */
      readonly host: string | undefined;
      /** Accepted statuses; `undefined`: everything but 500, 502, 503 and 504. */
      readonly status: readonly number[] | undefined;
      /** For one request. */
      readonly timeoutMs: number;
    }
  | {readonly kind: 'tcp'; readonly timeoutMs: number}
  /** A command that ends with 0, in the program's directory and environment. */
  | {readonly kind: 'exec'; readonly argv: readonly string[]; readonly timeoutMs: number}
  /** A line that the process prints after its start; a regular expression of JavaScript. */
  | {readonly kind: 'log'; readonly pattern: string}
  /** It stayed up for `startMs`. */
  | {readonly kind: 'none'};

/** Asking a running program again and again. */
export interface Health {
  readonly everyMs: number;
  /** So many failures in a row make it unhealthy. @defaultValue 3 */
  readonly failures: number;
  /** `report`: say so, and leave it. @defaultValue `restart` */
  readonly onUnhealthy: 'restart' | 'report';
}

/** For what has none of its own. */
export const NO_LIMITS: Limits = {
  memoryBytes: undefined,
  nofile: undefined,
  nproc: undefined,
  coreBytes: undefined,
  nice: undefined,
  lifetimeMs: undefined,
  lifetimeJitterMs: 0,
};

/** What a process may use; `undefined`: as the account may. What root alone can limit (CPU share, I/O) is not here. */
export interface Limits {
  /** Of the whole tree (proportional set size); above it the program is restarted. */
  readonly memoryBytes: number | undefined;
  /** Open files of each process: RLIMIT_NOFILE, soft and hard. */
  readonly nofile: number | undefined;
  /** Processes of the whole account: RLIMIT_NPROC. */
  readonly nproc: number | undefined;
  /** Core dumps: RLIMIT_CORE; 0 writes none. */
  readonly coreBytes: number | undefined;
  /** 0 to 19; without root it can only be raised. */
  readonly nice: number | undefined;
  /** A process this old is replaced. */
  readonly lifetimeMs: number | undefined;
  /** Up to so much is added at random, so that not all go at once. @defaultValue a tenth of the lifetime */
  readonly lifetimeJitterMs: number;
}

/** How long logs are kept; all bounds hold at once. */
export interface LogLimits {
  /** A log that grows above this is archived. @defaultValue 10 MiB */
  readonly maxBytes: number;
  /** A log older than this is archived, too; `undefined`: never for its age. */
  readonly maxAgeMs: number | undefined;
  /** Archives of each process. @defaultValue 10 */
  readonly keep: number;
  /** Archives and logs of the whole app. @defaultValue 100 MiB */
  readonly totalBytes: number;
  /** @defaultValue true */
  readonly gzip: boolean;
}

/** Something outside that a program needs. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface ProgramSpec {
  readonly name: string;
  readonly launch: Launch;
  readonly listen: Listen;
  /** Processes of this program; above 1 they are addressed `app:program_00`, `_01`, ... */
  readonly numprocs: number;
  readonly restart: RestartPolicy;
  /** A process that lives this long was a successful start. @defaultValue 1_000, as supervisord's `startsecs`; 3_000 for queues, which have no other sign of life */
  readonly startMs: number;
  /** A process that is not ready by then is stopped. @defaultValue 60_000 */
  readonly readyMs: number;
  readonly readiness: Readiness;
  /** `undefined`: asked only when it starts. */
  readonly health: Health | undefined;
  /** Quick failures in a row before `fatal`; `Infinity` never gives up. @defaultValue 10 */
  readonly giveUp: number;
  /** First wait after a failure; doubles up to `backoffCapMs`. @defaultValue 1_000 */
  readonly backoffMs: number;
  /** @defaultValue 60_000 */
  readonly backoffCapMs: number;
  readonly stopSignal: StopSignal;
  /** Then SIGKILL to the whole tree. @defaultValue 30_000, gunicorn's own graceful time; 300_000 for queues */
  readonly stopMs: number;
  /** Start the new process before the old one stops. Holds only with `listen: 'socket'`. @defaultValue true */
  readonly overlap: boolean;
  /** Started by the first visitor instead of at once; holds only with `listen: 'socket'`. @defaultValue false */
  readonly lazy: boolean;
  /** A lazy program is stopped after so long without a connection; `undefined`: never. */
  readonly idleStopMs: number | undefined;
  /** Names of programs of the same app that have to be running first. */
  readonly after: readonly string[];
  /** TCP endpoints that have to answer first (`after = ["tcp://127.0.0.1:5432"]`). */
  readonly needs: readonly Endpoint[];
  /** Absolute. @defaultValue the app's directory */
  readonly directory: string;
  /** Added to, and stronger than, the app's `env`. */
  readonly env: Readonly<Record<string, string>>;
  /** Octal file mode mask of the process. @defaultValue 0o027 */
  readonly umask: number;
  readonly limits: Limits;
  /** What `appsup reload` sends; `undefined`: it is restarted instead. @defaultValue HUP for gunicorn and uWSGI */
  readonly reloadSignal: StopSignal | undefined;
}

/** Files that the front end serves by itself. */
export interface StaticSpec {
  /** Below the mount: `/static`; `/` is all of it, but for {@link FrontSpec.passes}. */
  readonly path: string;
  /** Absolute. */
  readonly directory: string;
}

/** What the front end is told of an app, besides its mount and address. */
export interface FrontSpec {
  /** Largest request body. @defaultValue 100 MB */
  readonly bodyLimitBytes: number;
  /** Until the front end gives up on an answer. @defaultValue 300_000 */
  readonly timeoutMs: number;
  readonly statics: readonly StaticSpec[];
  /** File of the static directory `/` that is served where no file is: `index.html` of a page that does its own routing. */
  readonly fallback: string | undefined;
  /** Paths below the mount that go to the app although `/` is static: `['/api']`. */
  readonly passes: readonly string[];
  /** One line that visitors read while nobody answers at the app's address; `undefined`: its name, and that it is not running. */
  readonly maintenance: string | undefined;
  /** Each piece of an answer is passed on at once (server-sent events). @defaultValue false */
  readonly streaming: boolean;
}

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

export interface AppSpec {
  readonly name: string;
  /** The config file this came from, absolute; for messages. */
  readonly file: string;
  /** Absolute, `~` expanded. */
  readonly directory: string;
  /** `/alice_tasks`: leading slash, no trailing one; `''` only with prefix mode `none`. */
  readonly mount: string;
  readonly prefix: PrefixMode;
  readonly front: FrontSpec;
  /** A fixed port of the user's choice; `undefined`: leased. */
  readonly port: number | undefined;
  /** How the front end reaches it: over its port of 127.0.0.1, or a Unix socket that only the web server may connect to. */
  readonly transport: Transport;
  /** Interpreter to look for programs in: a venv or conda prefix (absolute), or `auto` (beside the code, else the system's). */
  readonly python: string;
  /** Absolute paths, later ones win. */
  readonly envFiles: readonly string[];
  /** Stronger than the env files. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables whose value is what a command prints, evaluated at each start; as strong as `env`. */
  readonly computed: Readonly<Record<string, readonly string[]>>;
  readonly programs: readonly ProgramSpec[];
  readonly jobs: readonly JobSpec[];
  readonly tasks: readonly TaskSpec[];
  readonly logs: LogLimits;
  /** Logs that the app writes by itself: absolute paths, `*` and `?` in the last part. Shown by `logs`, not rotated. */
  readonly logFiles: readonly string[];
  /** `false`: nobody is told of it, whatever `config.toml` says. @defaultValue true */
  readonly notify: boolean;
}

/** The program that serves the app's mount, if any: at most one per app (config holds that). */
export function webProgram(app: AppSpec): ProgramSpec | undefined {
  return app.programs.find((program) => program.listen !== 'none');
}

/** True for an app that is a gateway to others. */
export function isGateway(app: AppSpec): boolean {
  return webProgram(app)?.launch.kind === 'gateway';
}

/** The gateway that an app is reached through: the one with the longest mount in front of its own, if any. */
export function gatewayFor(app: AppSpec, apps: readonly AppSpec[]): AppSpec | undefined {
  if (isGateway(app)) return undefined;
  return apps
    .filter((each) => isGateway(each) && (each.mount === '' || app.mount.startsWith(`${each.mount}/`)))
    .toSorted((a, b) => b.mount.length - a.mount.length)[0];
}

/** What an app speaks on its address. */
export function protocolOf(app: AppSpec): 'http' | 'uwsgi' {
  const launch = webProgram(app)?.launch;
  return launch?.kind === 'uwsgi' ? launch.protocol : 'http';
}

/** True for a worker of a queue: it serves nothing, and a job that runs is to be finished. */
export function isQueue(launch: Launch): launch is Extract<Launch, {kind: QueueKind}> {
  return QUEUES.some((kind) => kind === launch.kind);
}

/** Names of the processes of a program: `['web']`, or `['web_00', 'web_01']`. */
export function processNames(program: ProgramSpec): readonly string[] {
  if (program.numprocs === 1) return [program.name];
  return Array.from(
    {length: program.numprocs},
    (_, index) => `${program.name}_${String(index).padStart(2, '0')}`,
  );
}
