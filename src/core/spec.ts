import type {ProgramSpec} from './program-spec.ts';
import type {JobSpec, TaskSpec} from './task-spec.ts';

/**
 * What a user asked for, complete: every default filled in, every path absolute, every duration in milliseconds.
 *
 * Config text becomes an {@link AppSpec} in `config/`; nothing behind that door checks it again.
 */

/** `keep`: the app sees the mount (SCRIPT_NAME); `strip`: the front end removes it; `none`: the app is at `/`. */
export type PrefixMode = 'keep' | 'strip' | 'none';

/** A TCP port can be asked by every user of the host; a Unix socket has an owner and a mode. */
export type Transport = 'tcp' | 'unix';

/**
 * What somebody can be told of: a program is given up, does not answer its health check, runs again after one of both;
 * everything wanted is up after a boot; a job or task has failed.
 */
export const NOTICES = ['fatal', 'unhealthy', 'recovered', 'boot', 'failed'] as const;
export type Notice = (typeof NOTICES)[number];

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

/** True for pages alone: a directory is served for every path, and nothing runs. */
export function isSite({programs, front}: AppSpec): boolean {
  return programs.length === 0 && front.statics.some(({path}) => path === '/');
}

/** True when there is something for visitors to see: what a program serves, or pages. */
export function isServed(app: AppSpec): boolean {
  return webProgram(app) !== undefined || isSite(app);
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
