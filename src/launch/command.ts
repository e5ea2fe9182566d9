import path from 'node:path';

import type {Launch} from '../core/program-spec.ts';
import type {Server, Start} from './contract.ts';
import type {Interpreter} from './interpreter.ts';
import {locate} from './locate.ts';
import {cannotStart} from './trouble.ts';

/** Variables that may stand in a command. Only what everybody may see: arguments are in `ps` for all users of the host. */
const PUBLIC = [
  'PORT',
  'HOST',
  'SCRIPT_NAME',
  'APPSUP_APP',
  'APPSUP_PROCESS',
  'APPSUP_INDEX',
  'APPSUP_MOUNT',
];
const SHELLS = ['sh', 'bash', 'dash', 'zsh', 'ksh', 'fish'];
const OPERATORS = ['|', '||', '&&', '<', '>', '>>', '2>', '2>>', '2>&1', '&>'];

/**
 * A command of the user's, run without a shell.
 *
 * The first word is looked for in the app's own PATH; with a slash it is relative to the directory; `python` is the
 * app's interpreter also where only `python3` exists. `$PORT`, `$HOST`, `$SCRIPT_NAME`, `$APPSUP_...` are put in, also as
 * `${PORT}` and within a word; no other variable is.
 *
 * @throws AppsupError `NOT_FOUND`, or `CONFIG` for what needs a shell.
 */
export function command(
  start: Start,
  launch: Extract<Launch, {kind: 'command'}>,
  env: Readonly<Record<string, string>>,
  interpreter: Interpreter | undefined,
): Server {
  const [first = '', ...rest] = launch.argv;
  const inherits = start.program.listen === 'socket';
  // A shell's script has its own variables and pipes.
  const words = SHELLS.includes(path.basename(first)) ? rest : rest.map((word) => expand(start, word, env));
  if (words !== rest) refuseShellSyntax(start, first, rest);
  return {
    argv: [locate(start, first, env['PATH'] ?? '', interpreter), ...words],
    // No private one: a program that takes descriptor 3 does not look for a fourth that it has not asked for.
    sockets: inherits ? ['held'] : [],
    listenFds: inherits,
    warnings: [],
  };
}

function expand(start: Start, word: string, env: Readonly<Record<string, string>>): string {
  return word.replace(
    /\$(?:\{([A-Z_][A-Z0-9_]*)\}|([A-Z_][A-Z0-9_]*))/g,
    (text, braced?: string, plain?: string) => {
      const name = braced ?? plain ?? '';
      if (PUBLIC.includes(name)) return env[name] ?? '';
      // `$X` within a longer word may be a regular expression; alone, or in braces, it was meant.
      if (braced === undefined && text !== word) return text;
      throw cannotStart(
        start,
        'CONFIG',
        `the command has ${text}, which no shell will replace`,
        `let the program read ${name} from its environment (arguments can be seen by all users of this host), or write ["sh", "-c", "exec ..."]`,
      );
    },
  );
}

function refuseShellSyntax(start: Start, first: string, rest: readonly string[]): void {
  const assignment = /^[A-Za-z_]\w*=/.test(first);
  // The quotes are gone by now: `-F |` is awk's separator and `x | y` was meant as a pipe.
  const operator = rest.find(
    (word, index) => OPERATORS.includes(word) && !(rest[index - 1] ?? '').startsWith('-'),
  );
  if (!assignment && operator === undefined) return;
  const problem = assignment
    ? `the command begins with a variable (${first.split('=', 1)[0]}=...)`
    : `the command has ${operator}`;
  const hint = assignment
    ? 'write it into env = { ... }'
    : `write the whole line as ["sh", "-c", "..."], and exec before its last command`;
  throw cannotStart(start, 'CONFIG', `${problem}, and it is run without a shell`, hint);
}
