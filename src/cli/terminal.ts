/** Where a command's words go. Results to stdout; hints, errors and progress to stderr. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** One line of stderr that is written over, for a person who waits; `undefined` removes it. Nothing without a tty. */
  progress(line: string | undefined): void;
  /** Columns of stdout; `undefined` when it is not a tty. */
  readonly width: number | undefined;
  /** A person is there to answer: stdin and stderr are ttys. */
  readonly interactive: boolean;
  readonly style: Style;
}

/** Colours, or nothing where there are none. */
export interface Style {
  readonly good: Paint;
  readonly bad: Paint;
  readonly care: Paint;
  readonly dim: Paint;
  readonly bold: Paint;
}

type Paint = (text: string) => string;

type Stream = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

/** `process`, or a stand-in. Its streams are made when they are first touched, which costs 1 to 4 ms each. */
export interface Streams {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly stdin: {readonly isTTY?: boolean};
}

/**
 * The process's own terminal.
 *
 * Colours only on a tty, never with `NO_COLOR` (no-color.org) or `TERM=dumb`; always with `FORCE_COLOR` other than `0`.
 */
export function terminalOf(streams: Streams, env: Readonly<Record<string, string | undefined>>): Terminal {
  let pending = false;
  const clear = (): void => {
    if (pending) streams.stderr.write('\r\u001b[K');
    pending = false;
  };
  return {
    out(text) {
      clear();
      streams.stdout.write(text);
    },
    err(text) {
      clear();
      streams.stderr.write(text);
    },
    progress(line) {
      const {stderr} = streams;
      if (!stderr.isTTY) return;
      clear();
      if (line === undefined) return;
      stderr.write(
        Array.from(line)
          .slice(0, (stderr.columns || 80) - 1)
          .join(''),
      );
      pending = true;
    },
    get width() {
      return streams.stdout.isTTY ? streams.stdout.columns || 80 : undefined;
    },
    get interactive() {
      return streams.stdin.isTTY === true && streams.stderr.isTTY;
    },
    get style() {
      return hasColours(streams.stdout.isTTY, env) ? COLOURED : PLAIN;
    },
  };
}

function hasColours(isTty: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return isTty && env['TERM'] !== 'dumb';
}

const painted =
  (code: number): Paint =>
  (text) =>
    text === '' ? '' : `\u001b[${code}m${text}\u001b[0m`;
const plain: Paint = (text) => text;

const COLOURED: Style = {
  good: painted(32),
  bad: painted(31),
  care: painted(33),
  dim: painted(2),
  bold: painted(1),
};
/** Without colours. */
export const PLAIN: Style = {good: plain, bad: plain, care: plain, dim: plain, bold: plain};
