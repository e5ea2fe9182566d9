import type {BootOptions} from '../boot/install.ts';
import type {Config} from '../config/load.ts';
import type {SupervisorInfo} from '../control/api.ts';
import type {Paths} from '../system/paths.ts';
import type {Proc} from '../system/proc.ts';
import type {Answer} from './finding.ts';

/** What the doctor may look at. */
export interface World {
  readonly paths: Paths;
  readonly account: {readonly username: string; readonly uid: number; readonly shell: string | null};
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config: Config;
  /** With the crontab, and the Node and supervisor that `boot install` would write down. */
  readonly boot: BootOptions;
  readonly proc: Proc;
  /** Of this command. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Rejects with `SUPERVISOR_GONE` when none answers. */
  readonly info: () => Promise<SupervisorInfo>;
  /** Where the kernel's and the host's files begin: `/proc`, `/etc`, `/run`, `/sys`; another place in tests. */
  readonly root: string;
  /** Of this command, e.g. 0o022. */
  readonly umask: number;
}

/** Look at one thing: a thin probe that hands its facts to a pure judge. */
export type Look = (world: World) => readonly Answer[] | Promise<readonly Answer[]>;
