import type {SupervisorApi} from '../control/api.ts';
import type {Clock} from '../system/clock.ts';
import type {Paths} from '../system/paths.ts';
import type {Proc} from '../system/proc.ts';
import type {Invocation} from './args.ts';
import type {Result} from './output.ts';
import type {Terminal} from './terminal.ts';

/** What a command may use of the world. */
export interface Context {
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly cwd: string;
  readonly proc: Proc;
  /** Who types; from the password database. */
  readonly account: () => Account;
  readonly clock: Clock;
  readonly terminal: Terminal;
  /** Talk to the supervisor that runs; questions reject with `SUPERVISOR_GONE` when there is none. */
  readonly connect: (limits?: Limits) => SupervisorApi;
  /** Talk to the supervisor, and start it first when none runs. @throws AppsupError `SUPERVISOR_START` */
  readonly summon: (limits?: Limits) => Promise<SupervisorApi>;
  /** Always throws: the error, or when time was up before it was done, what is still going on with these targets. */
  readonly late: (error: unknown, targets: readonly string[]) => Promise<never>;
  /** Have the apps start after a reboot; returns the line that says so. @throws AppsupError `CRON_DENIED`, … */
  readonly installBoot: () => Promise<string>;
  /** Ask the person a question of one line; `undefined` when there is nobody or the input ends. */
  readonly ask: (question: string) => Promise<string | undefined>;
}

/** Of the password database (passwd(5)). */
export interface Account {
  readonly username: string;
  /** 0 is root. */
  readonly uid: number;
  readonly homedir: string;
  readonly shell: string | null;
}

export interface Limits {
  /** Milliseconds for a whole start, stop or restart. */
  readonly actMs?: number;
}

/** One verb. It returns what it found; the edge prints it. */
export type Command = (context: Context, invocation: Invocation) => Promise<Result>;
