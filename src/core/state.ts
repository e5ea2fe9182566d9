import type {ProgramSpec} from './program-spec.ts';

/** How a process ended. Both `undefined`: adopted, so its status went to somebody else. */
export interface Exit {
  readonly code: number | undefined;
  /** `SIGKILL`, ... */
  readonly signal: string | undefined;
}

/**
 * The processes that one unit may own at a time.
 *
 * `main` serves; `candidate` is the next generation of an overlapping restart, not proven yet.
 */
export type Role = 'main' | 'candidate';

/**
 * The state of one process of a program, in supervisord's words; `dormant`, stopped until somebody comes, is ours.
 *
 * Every `until` is a moment of the monotonic clock in milliseconds: the only timer that the unit has to arm.
 *
 * ```
 *            start            ready / stayed up            restart (overlap)
 *  stopped ────────▶ starting ────────────────▶ running ◀─────────────┐
 *     ▲                │ ▲  └─ not in time ─┐      │ └─▶ change: proving ─▶ promoted
 *     │           exits│ │ due              ▼      │ stop, restart (replace)
 *     │                ▼ │               stopping ◀┘
 *     │             backoff ── too often ──▶ fatal
 *     └──────── stop, from anywhere                 running ── exits, not to be restarted ──▶ exited
 *
 *  stopped ── doze ──▶ dormant ── start ──▶ starting          running ── doze ──▶ stopping ──▶ dormant
 * ```
 */
export type UnitState =
  | {readonly id: 'stopped'}
  /** Wished for, and started when the first visitor comes. */
  | {readonly id: 'dormant'}
  | {
      readonly id: 'starting';
      /** Failures in a row before this start. */
      readonly tries: number;
      readonly until: number;
    }
  | {
      readonly id: 'running';
      /** Failures in a row that are forgotten at `settles`. */
      readonly tries: number;
      /** When it counts as lasting; `undefined`: it already does. */
      readonly settles: number | undefined;
      readonly change: Change | undefined;
    }
  | {readonly id: 'backoff'; readonly tries: number; readonly until: number; readonly why: string}
  | {
      readonly id: 'stopping';
      readonly until: number;
      readonly next: Next;
      /** The roles whose trees are not gone yet. */
      readonly alive: readonly Role[];
    }
  | {readonly id: 'exited'; readonly exit: Exit}
  | {readonly id: 'fatal'; readonly why: string};

/** An overlapping restart on its way: the candidate is being proven, or it failed and is on its way out. */
export type Change =
  | {readonly phase: 'proving'; readonly until: number}
  | {
      readonly phase: 'abandoning';
      readonly until: number;
      readonly why: string;
      /** A restart was asked for meanwhile: prove another candidate when this one is gone. */
      readonly again: boolean;
    };

/** What follows `stopping`. `retry`: the start failed for `why`, so backoff or fatal; `exit`: nothing, it ended by itself. */
export type Next =
  | {readonly id: 'stop'}
  | {readonly id: 'start'}
  | {readonly id: 'doze'}
  | {readonly id: 'exit'; readonly exit: Exit}
  | {readonly id: 'retry'; readonly tries: number; readonly why: string};

export type UnitEvent =
  | {readonly type: 'start'}
  | {readonly type: 'stop'}
  | {readonly type: 'restart'}
  /** Be there from the next visitor on, and not before: nobody has come yet, or for a long time. */
  | {readonly type: 'doze'}
  /** The probe of this role's process was answered. */
  | {readonly type: 'ready'; readonly role: Role}
  /** The leader and everything it had started are gone. `why` is its last words, if any. */
  | {readonly type: 'exited'; readonly role: Role; readonly exit: Exit; readonly why?: string}
  /** There was nothing to start: no interpreter, no port, ... */
  | {readonly type: 'failed'; readonly role: Role; readonly why: string}
  /** The moment in `until` or `settles` has come. */
  | {readonly type: 'due'};

export type Action =
  | {readonly type: 'spawn'; readonly role: Role}
  /** Send the stop signal of the program. */
  | {readonly type: 'terminate'; readonly role: Role}
  /** SIGKILL to the whole tree. */
  | {readonly type: 'kill'; readonly role: Role}
  /** The candidate becomes main; the old main is handed over to leave by itself, with its own time limit. */
  | {readonly type: 'promote'}
  /** The overlapping restart came to nothing; the old process serves on. */
  | {readonly type: 'gave-up-change'; readonly why: string};

export interface Step {
  readonly state: UnitState;
  readonly actions: readonly Action[];
}

/** What a transition may know: the program's limits and the moment. */
export interface Context {
  readonly spec: Pick<
    ProgramSpec,
    'restart' | 'startMs' | 'readyMs' | 'giveUp' | 'backoffMs' | 'backoffCapMs' | 'stopMs'
  >;
  /** True when readiness is proven by a probe, not by staying up. */
  readonly probed: boolean;
  /** True when a new process can be started beside the old one; used only if `probed`, for it has to be proven. */
  readonly overlap: boolean;
  /** Monotonic, milliseconds. */
  readonly now: number;
}
