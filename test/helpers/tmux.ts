import {execFile, execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import path from 'node:path';

import {waitUntil} from './wait.ts';

export interface Window {
  readonly columns: number;
  readonly rows: number;
}

export interface TmuxOptions extends Window {
  /** For its socket. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** What programs in it find in `TERM`. @defaultValue 'tmux-256color' */
  readonly term?: string;
}

let opened = 0;

/** A shell on a real terminal, in a tmux of its own: what is typed, and what can be seen. */
export class Tmux {
  readonly #socket: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor({directory, env, columns, rows, term = 'tmux-256color'}: TmuxOptions) {
    this.#socket = path.join(directory, `tmux-${++opened}`);
    this.#env = env;
    const settings = `${this.#socket}.conf`;
    writeFileSync(
      settings,
      `set -g default-terminal ${term}\nset -g status off\nset -g default-shell /bin/sh\nset -s escape-time 0\n`,
    );
    const where = ['-c', directory, '-x', String(columns), '-y', String(rows)];
    const shell = "env -u TMUX PS1='$ ' sh";
    execFileSync('tmux', ['-u', '-S', this.#socket, '-f', settings, 'new-session', '-d', ...where, shell], {
      env,
    });
  }

  /** Keys by tmux's names: `Down`, `C-c`, `q`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys);
  }

  /** Text as it is, and Enter. */
  async type(line: string): Promise<void> {
    await this.#tmux('send-keys', '-l', line);
    await this.press('Enter');
  }

  /** A button of the mouse at a place from 0, as terminals tell it (SGR, 1006). */
  async mouse(button: 'left' | 'wheel up' | 'wheel down', x: number, y: number): Promise<void> {
    const code = {left: 0, 'wheel up': 64, 'wheel down': 65}[button];
    const bytes = Buffer.from(`\u001b[<${code};${x + 1};${y + 1}M`);
    await this.#tmux('send-keys', '-H', ...Array.from(bytes, (byte) => byte.toString(16)));
  }

  async resize({columns, rows}: Window): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Every line, without the blanks at its end. */
  async lines(): Promise<readonly string[]> {
    return (await this.#tmux('capture-pane', '-p')).replace(/\n$/, '').split('\n');
  }

  /** With the escape sequences of its colours. */
  async coloured(): Promise<string> {
    return await this.#tmux('capture-pane', '-p', '-e');
  }

  /** What tmux knows of the terminal: `alternate_on`, `cursor_flag`, `mouse_any_flag`. */
  async flag(name: string): Promise<string> {
    return (await this.#tmux('display-message', '-p', `#{${name}}`)).trim();
  }

  /** Wait until it can be seen; returns the lines with it. */
  async shows(wanted: RegExp): Promise<readonly string[]> {
    let lines: readonly string[] = [];
    return await waitUntil(
      `the screen shows ${wanted}`,
      async () => {
        lines = await this.lines();
        return wanted.test(lines.join('\n')) ? lines : undefined;
      },
      {everyMs: 50, onTimeout: () => lines.join('\n')},
    );
  }

  /** The process in the foreground. */
  async pid(): Promise<number> {
    const shell = await this.flag('pane_pid');
    const group = execFileSync('ps', ['-o', 'tpgid=', '-p', shell], {encoding: 'utf8'});
    return Number(group);
  }

  async close(): Promise<void> {
    await this.#tmux('kill-server');
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    return await new Promise((resolve, reject) => {
      execFile('tmux', ['-u', '-S', this.#socket, ...args], {env: this.#env}, (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`tmux ${args.join(' ')} failed`, {cause: error}));
      });
    });
  }
}
