import {spawn} from 'node:child_process';
import type {ChildProcessWithoutNullStreams} from 'node:child_process';
import {once} from 'node:events';

export interface Typed {
  readonly code: number;
  /** stdout and stderr, in the order in which they came. */
  readonly output: string;
}

export interface SessionOptions {
  /** A shell that reads commands from its stdin: `['su', '-', 'alice']`. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What ends the output of a command; no program prints it by accident. */
const END = '@@ended@@';
const PATIENCE_MS = 180_000;

/** One login, in which command after command is typed: directory and variables stay from one to the next. */
export class ShellSession {
  readonly #child: ChildProcessWithoutNullStreams;
  #text = '';
  #wake: () => void = () => undefined;

  constructor({command: [program, ...args], ...options}: SessionOptions) {
    this.#child = spawn(program, args, {...options, stdio: 'pipe'});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (data: string) => {
        this.#text += data;
        this.#wake();
      });
    }
    this.#child.on('exit', () => this.#wake());
    this.#child.stdin.on('error', () => undefined);
  }

  /** Type a command and wait for its end. What it would read from the keyboard is empty. */
  async type(command: string): Promise<Typed> {
    this.#text = '';
    this.#child.stdin.write(`{ ${command}\n} </dev/null 2>&1; printf '\\n${END}%s\\n' "$?"\n`);
    const end = new RegExp(`\\n${END}(\\d+)\\n`);
    const late = AbortSignal.timeout(PATIENCE_MS);
    late.addEventListener('abort', () => this.#wake());
    while (!end.test(this.#text)) {
      if (this.#child.exitCode !== null) throw new Error(`the shell ended at: ${command}\n${this.#text}`);
      if (late.aborted) throw new Error(`no end in ${PATIENCE_MS / 1000} s: ${command}\n${this.#text}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const [, code] = end.exec(this.#text) ?? [];
    return {code: Number(code), output: this.#text.slice(0, this.#text.search(end)).trim()};
  }

  /** As `type`; throws when it does not end with 0. Returns what it printed. */
  async ok(command: string): Promise<string> {
    const {code, output} = await this.type(command);
    if (code !== 0) throw new Error(`${command}\nended with ${code}\n${output}`);
    return output;
  }

  /** Log out. What was started goes on. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.stdin.end();
    await exit;
  }
}
