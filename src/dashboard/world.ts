import type {ActRequest, SupervisorApi} from '../control/api.ts';
import type {Cell} from './line.ts';
import type {LogRow} from './log-pane.ts';
import type {Message, Size} from './model.ts';
import type {Charset} from './text.ts';

/** Time, as the clock of the system room tells it. */
export interface Clock {
  monotonic(): number;
  wall(): number;
  after(ms: number, action: () => void): {cancel(): void};
}

/** What one process with all that it started has used. */
export interface Used {
  /** Milliseconds of processor time, by pid: each counts for itself, since some come and go. */
  readonly cpuMs: ReadonlyMap<number, number>;
  /** Resident bytes. */
  readonly memory: number;
}

/** What a terminal tells: a key by its name, the mouse by columns and lines from 0, its size. */
export type Told = Extract<Message, {type: 'key' | 'mouse' | 'size'}> | {readonly type: 'gone'};

/** The terminal while the dashboard has it. */
export interface Screen {
  readonly size: Size;
  readonly charset: Charset;
  paint(lines: readonly (readonly Cell[])[]): void;
  /** Draw every place anew with the next picture: somebody else has written here. */
  forget(): void;
  /** Give the terminal back, stop this process as Ctrl-Z does, and take it again. Resolves when the process goes on. */
  suspend(): Promise<void>;
  /** Give the terminal back as it was. */
  close(): void;
}

export type OpenScreen = (onTold: (told: Told) => void) => Screen;

/** What the dashboard may use of the world. */
export interface World {
  readonly api: SupervisorApi;
  readonly clock: Clock;
  readonly openScreen: OpenScreen;
  /** Of this command. */
  readonly version: string;
  /** What the processes with these pids have used so far. Costs microseconds each; asks no supervisor. */
  readonly used: (pid: number) => Used;
  /** The last lines that these processes have printed, and further ones as they come. */
  readonly openLogs: (
    app: string,
    processes: readonly string[],
    onRows: (rows: readonly LogRow[]) => void,
  ) => {readonly rows: readonly LogRow[]; close(): void};
  /** Lines `NAME=value`, secret values hidden. */
  readonly environment: (target: string) => Promise<readonly string[]>;
  /** What came of a command: the first line says it, further ones why. */
  readonly act: (request: ActRequest, onProgress: (line: string) => void) => Promise<Outcome>;
  /** An error for people: the message, and below it the hint. */
  readonly explain: (error: unknown) => readonly string[];
}

export interface Outcome {
  readonly ok: boolean;
  readonly lines: readonly string[];
}
