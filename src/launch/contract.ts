import type {ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec} from '../core/spec.ts';
import type {Paths} from '../system/paths.ts';

/** What the moment of a start adds to the spec. */
export interface LaunchContext {
  readonly user: {readonly login: string; readonly home: string; readonly shell: string};
  /** Of the app; `undefined` when it has none. */
  readonly port: number | undefined;
  /** Of named sockets, by name. */
  readonly namedPorts?: ReadonlyMap<string, number>;
  /** The front end's address, e.g. `https://eco.example.ac.uk`. */
  readonly base: {readonly publicUrl?: string};
  readonly paths: Paths;
  /** `web`, or `web_00` with several processes. */
  readonly process: string;
  /** 0 with one process. */
  readonly index: number;
  readonly generation: number;
}

/** A start, ready to be spawned. Complete: nothing comes from the environment of whoever spawns it. */
export interface Prepared {
  /** The first word is absolute and executable. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Exists, and can be entered. */
  readonly directory: string;
  readonly umask: number;
  /**
   * Listening sockets that the process takes, in order, as descriptors 3, 4, ...
   *
   * `held`: the app's port. `private`: a socket on which only this process answers, to ask it and not its predecessor.
   */
  readonly sockets: readonly SocketKind[];
  /** Whether the launcher has to set `LISTEN_FDS` and `LISTEN_PID` for them (sd_listen_fds(3)). */
  readonly listenFds: boolean;
  /** Where readiness is asked, the mount included where the process sees it: `/alice_tasks/`. `undefined`: it serves nothing. */
  readonly probePath: string | undefined;
  /** `Host` to ask with; `undefined`: the address itself. */
  readonly probeHost: string | undefined;
  /** Texts to be masked in anything printed, the longest first. */
  readonly secrets: readonly string[];
  /** Names in `env` whose values are not for eyes. */
  readonly hidden: readonly string[];
  /** One line each; nothing here keeps it from starting. */
  readonly warnings: readonly string[];
}

export type SocketKind = 'held' | 'private';

/** One start, as the kinds of servers see it. */
export interface Start {
  readonly app: AppSpec;
  readonly program: ProgramSpec;
  readonly context: LaunchContext;
}

/** What a kind of server makes of a start. */
export interface Server {
  readonly argv: readonly string[];
  readonly sockets: readonly SocketKind[];
  readonly listenFds: boolean;
  readonly warnings: readonly string[];
}
