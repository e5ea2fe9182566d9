import {isAppsupError} from '../errors.ts';
import type {ErrorRecord} from '../errors.ts';
import {printable} from './printable.ts';
import type {Terminal} from './terminal.ts';

/** What a command found or did; the edge prints it. */
export interface Result {
  /** For people, on stdout: whole lines, without the last line feed. `''` is nothing. */
  readonly text: string;
  /** For `--json`: each value one line of stdout. */
  readonly json: readonly unknown[];
  /** Failures of a part, on stderr, in whole lines. */
  readonly failures?: readonly string[];
  /** What to know or to do next, on stderr, each with `! `. Not with `--json`. */
  readonly hints?: readonly string[];
  /** @defaultValue 0 */
  readonly exitCode?: number;
}

/** Print a result; returns the exit code. */
export function printResult(result: Result, terminal: Terminal, json: boolean): number {
  if (json) {
    for (const value of result.json) terminal.out(`${JSON.stringify(value)}\n`);
    return result.exitCode ?? 0;
  }
  if (result.text !== '') terminal.out(`${result.text}\n`);
  for (const failure of result.failures ?? []) terminal.err(`${failure}\n`);
  printHints(result.hints ?? [], terminal);
  return result.exitCode ?? 0;
}

/** Hints on stderr: `! appsup will not start after a reboot yet: appsup boot install`. */
export function printHints(hints: readonly string[], terminal: Terminal): void {
  for (const hint of hints) terminal.err(`! ${printable(hint)}\n`);
}

/** Print what was thrown: on stderr for people; for `--json` on stdout, in the shape `{"ok":false,"error":{…}}`. */
export function printError(error: unknown, terminal: Terminal, json: boolean): void {
  if (json) terminal.out(`${JSON.stringify({ok: false, error: recordOf(error)})}\n`);
  else if (isAppsupError(error)) terminal.err(`${errorText(error)}\n`);
  else
    terminal.err(
      `appsup made a mistake: ${printable(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`,
    );
}

/** `Cannot start "web": …` and, below it, `  hint: …`. */
export function errorText({
  message,
  hint,
}: {
  readonly message: string;
  readonly hint?: string | undefined;
}): string {
  return printable(message) + (hint === undefined ? '' : `\n  hint: ${printable(hint)}`);
}

function recordOf(error: unknown): ErrorRecord {
  if (isAppsupError(error)) return error.toJSON();
  return {code: 'INTERNAL', message: error instanceof Error ? error.message : String(error)};
}
