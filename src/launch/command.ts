import {accessSync, closeSync, constants, openSync, readSync, statSync} from 'node:fs';
import path from 'node:path';

import type {Launch} from '../core/spec.ts';
import {systemCode} from '../errors.ts';
import type {Server, Start} from './contract.ts';
import type {Interpreter} from './interpreter.ts';
import {cannotStart, shown, typed} from './trouble.ts';

/** Variables that may stand in a command. Only what everybody may see: arguments are in `ps` for all users of the host. */
const PUBLIC = ['PORT', 'HOST', 'SCRIPT_NAME', 'APPSUP_APP', 'APPSUP_PROCESS', 'APPSUP_INDEX', 'APPSUP_MOUNT'];
const SHELLS = ['sh', 'bash', 'dash', 'zsh', 'ksh', 'fish'];
/** Words that only a shell knows as commands. */
const BUILTINS = ['cd', 'source', '.', 'export', 'exec', 'set', 'unset', 'ulimit', 'umask', 'eval', 'if', 'while', 'for', 'trap', 'wait', '(', '{'];
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
    // One socket only: a program that takes descriptor 3 does not look for a fourth.
    sockets: inherits ? ['held'] : [],
    listenFds: inherits,
    warnings: [],
  };
}

function expand(start: Start, word: string, env: Readonly<Record<string, string>>): string {
  return word.replace(/\$(?:\{([A-Z_][A-Z0-9_]*)\}|([A-Z_][A-Z0-9_]*))/g, (text, braced?: string, plain?: string) => {
    const name = braced ?? plain ?? '';
    if (PUBLIC.includes(name)) return env[name] ?? '';
    // `$X` within a longer word may be a regular expression; alone, or in braces, it was meant.
    if (braced === undefined && text !== word) return text;
    throw cannotStart(start, 'CONFIG', `the command has ${text}, which no shell will replace`, `let the program read ${name} from its environment (arguments can be seen by all users of this host), or write ["sh", "-c", "exec ..."]`);
  });
}

function refuseShellSyntax(start: Start, first: string, rest: readonly string[]): void {
  const assignment = /^[A-Za-z_]\w*=/.test(first);
  // The quotes are gone by now: `-F |` is awk's separator and `x | y` was meant as a pipe.
  const operator = rest.find((word, index) => OPERATORS.includes(word) && !(rest[index - 1] ?? '').startsWith('-'));
  if (!assignment && operator === undefined) return;
  const problem = assignment ? `the command begins with a variable (${first.split('=', 1)[0]}=...)` : `the command has ${operator}`;
  const hint = assignment ? 'write it into env = { ... }' : `write the whole line as ["sh", "-c", "..."], and exec before its last command`;
  throw cannotStart(start, 'CONFIG', `${problem}, and it is run without a shell`, hint);
}

function locate(start: Start, first: string, searchPath: string, interpreter: Interpreter | undefined): string {
  const {home} = start.context.user;
  if (first.includes('/')) {
    const file = path.resolve(start.program.directory, first.replace(/^~(?=\/)/, home));
    check(start, first, file);
    return file;
  }
  const candidates = searchPath.split(':').map((directory) => path.resolve(start.program.directory, directory, first));
  const found = candidates.find(isExecutable);
  if (found !== undefined) {
    check(start, first, found);
    return found;
  }
  if (first === 'python' && interpreter !== undefined) return interpreter.python;
  throw missing(start, first, candidates);
}

function missing(start: Start, first: string, candidates: readonly string[]) {
  const {home} = start.context.user;
  if (BUILTINS.includes(first)) {
    return cannotStart(start, 'CONFIG', `"${first}" is a word of the shell, and the command is run without one`, 'write the whole line as ["sh", "-c", "..."], and exec before its last command');
  }
  const here = path.resolve(start.program.directory, first);
  const plain = candidates.find((file) => isFile(file));
  if (plain !== undefined) return notExecutable(start, shown(plain, home), plain);
  const hint = isFile(here)
    ? `it is in the directory: write ./${first}`
    : `is it installed for this app? see where it looks: appsup env ${start.app.name}`;
  return cannotStart(start, 'NOT_FOUND', `there is no program ${first} in PATH`, hint);
}

/** The system's own words would be "not found" for a missing interpreter, and nothing for a file of text. */
function check(start: Start, name: string, file: string): void {
  const {home} = start.context.user;
  if (!isFile(file)) {
    throw cannotStart(start, 'NOT_FOUND', `there is no program ${name}`, `it is looked for at ${shown(file, home)}`);
  }
  if (!isExecutable(file)) throw notExecutable(start, name, file);
  const head = firstLine(file);
  const runner = /^#!\s*(\S+)/.exec(head)?.[1];
  if (runner !== undefined && !isFile(runner)) {
    throw head.endsWith('\r')
      ? cannotStart(start, 'NOT_FOUND', `${name} has line ends of Windows`, `sed -i 's/\\r$//' ${typed(file, home)}`)
      : cannotStart(start, 'NOT_FOUND', `${name} asks for ${runner} in its first line, which does not exist`, `correct the first line of ${shown(file, home)}`);
  }
}

function notExecutable(start: Start, name: string, file: string) {
  const target = path.dirname(file) === start.program.directory ? `./${path.basename(file)}` : typed(file, start.context.user.home);
  return cannotStart(start, 'NOT_FOUND', `${name} is not executable`, `chmod +x ${target}`);
}

function firstLine(file: string): string {
  try {
    const fd = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(256);
      return bytes.toString('latin1', 0, readSync(fd, bytes)).split('\n', 1)[0] ?? '';
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    // A program that may be run and not read is rare, and fine.
    if (systemCode(error) === undefined) throw error;
    return '';
  }
}

function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return isFile(file);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}
