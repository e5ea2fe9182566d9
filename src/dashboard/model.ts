import type {ActRequest, AppStatus, StatusReport, SupervisorEvent} from '../control/api.ts';
import type {Sample, UsageOf} from './history.ts';
import {EMPTY_PANE} from './log-pane.ts';
import type {LogPane, LogRow} from './log-pane.ts';
import type {Tone} from './palette.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export type Action = ActRequest['action'];

/** What the keys mean now. */
export type Mode =
  | {readonly id: 'browse'}
  | {readonly id: 'confirm'; readonly action: Action; readonly target: string}
  | {readonly id: 'search'; readonly text: string}
  /** A text in front of everything else: help, an environment, why something failed. */
  | {readonly id: 'read'; readonly title: string; readonly lines: readonly string[]; readonly top: number};

export interface Note {
  readonly text: string;
  readonly tone: Tone;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** All that the screen shows. */
export interface Model {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly size: Size;
  /** Of this command. */
  readonly version: string;
  /** Of the supervisor; `undefined` until it has said it. */
  readonly theirs: string | undefined;
  /** Since when nobody answers; `undefined` while somebody does. */
  readonly lostAt: number | undefined;
  readonly apps: readonly AppStatus[];
  readonly usage: UsageOf;
  /** `app` or `app:process`. */
  readonly selected: string | undefined;
  /** Apps whose programs are not shown. */
  readonly folded: ReadonlySet<string>;
  /** The first row of the tree that is shown. */
  readonly top: number;
  readonly focus: 'tree' | 'log';
  /** How much of the screen the log has. */
  readonly pane: 'half' | 'whole' | 'none';
  readonly log: LogPane;
  readonly mode: Mode;
  readonly note: Note | undefined;
}

/** What happened. Pure data: whoever saw it says when. */
export type Message =
  | {readonly type: 'status'; readonly report: StatusReport; readonly at: number}
  | {readonly type: 'event'; readonly event: SupervisorEvent; readonly at: number}
  | {readonly type: 'usage'; readonly samples: ReadonlyMap<string, Sample>; readonly at: number}
  | {readonly type: 'lost'; readonly at: number}
  | {readonly type: 'log'; readonly of: string; readonly rows: readonly LogRow[]; readonly fresh: boolean}
  | {readonly type: 'key'; readonly key: string}
  | {readonly type: 'mouse'; readonly kind: 'click' | 'up' | 'down'; readonly x: number; readonly y: number}
  | {readonly type: 'size'; readonly size: Size}
  | {readonly type: 'note'; readonly note: Note}
  | {readonly type: 'read'; readonly title: string; readonly lines: readonly string[]};

/** What is to be done. */
export type Effect =
  | {readonly type: 'quit'}
  | {readonly type: 'suspend'}
  | {readonly type: 'redraw'}
  | {readonly type: 'look'}
  | {readonly type: 'act'; readonly action: Action; readonly target: string}
  | {readonly type: 'environment'; readonly target: string}
  /** Read this log and follow it, and no other one any more. */
  | {readonly type: 'logs'; readonly of: string | undefined};

export interface Step {
  readonly model: Model;
  readonly effects: readonly Effect[];
}

export function initialModel({size, now, version}: Pick<Model, 'size' | 'now' | 'version'>): Model {
  return {
    now,
    size,
    version,
    theirs: undefined,
    lostAt: undefined,
    apps: [],
    usage: new Map(),
    selected: undefined,
    folded: new Set(),
    top: 0,
    focus: 'tree',
    pane: 'half',
    log: EMPTY_PANE,
    mode: {id: 'browse'},
    note: undefined,
  };
}
