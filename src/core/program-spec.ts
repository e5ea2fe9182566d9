/** What a user asked of one program: every default filled in, every path absolute, every duration in milliseconds. */

/** `always`; `on-failure`: only after a signal or a non-zero exit; `never`. */
export type RestartPolicy = 'always' | 'on-failure' | 'never';

/** Signals that a program may name for its stop, without `SIG`. */
export const STOP_SIGNALS = ['TERM', 'INT', 'QUIT', 'HUP', 'USR1', 'USR2', 'KILL'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

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

/** A leased port of 127.0.0.1, or a Unix socket for the account alone. */
export type SocketType = 'tcp' | 'unix';

/** What the app's own socket is called in `LISTEN_FDNAMES`. */
export const MAIN_SOCKET = 'http';

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

/** Something outside that a program needs. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface ProgramSpec {
  readonly name: string;
  readonly launch: Launch;
  readonly listen: Listen;
  /**
   * Held sockets beside the app's own, by name, in the order of their descriptors: `{metrics: 'tcp', control: 'unix'}`.
   *
   * Holds only with `listen: 'socket'`.
   */
  readonly sockets: Readonly<Record<string, SocketType>>;
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
