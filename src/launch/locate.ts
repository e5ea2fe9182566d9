import path from 'node:path';

import type {Start} from './contract.ts';
import type {Interpreter} from './interpreter.ts';
import {headOf, isExecutable, isFile} from './look.ts';
import {cannotStart, shown, typed} from './trouble.ts';

/** Words that only a shell knows as commands. */
const BUILTINS = [
  'cd',
  'source',
  '.',
  'export',
  'exec',
  'set',
  'unset',
  'ulimit',
  'umask',
  'eval',
  'if',
  'while',
  'for',
  'trap',
  'wait',
  '(',
  '{',
];

/**
 * The program that a word names: with a slash relative to the directory, else the first of the search path.
 *
 * @throws AppsupError `NOT_FOUND`, or `CONFIG` for a word that only a shell knows.
 */
export function locate(
  start: Start,
  first: string,
  searchPath: string,
  interpreter: Interpreter | undefined,
): string {
  const {home} = start.context.user;
  if (first.includes('/')) {
    const file = path.resolve(start.program.directory, first.replace(/^~(?=\/)/, home));
    check(start, first, file);
    return file;
  }
  const candidates = searchPath
    .split(':')
    .map((directory) => path.resolve(start.program.directory, directory, first));
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
    return cannotStart(
      start,
      'CONFIG',
      `"${first}" is a word of the shell, and the command is run without one`,
      'write the whole line as ["sh", "-c", "..."], and exec before its last command',
    );
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
    throw cannotStart(
      start,
      'NOT_FOUND',
      `there is no program ${name}`,
      `it is looked for at ${shown(file, home)}`,
    );
  }
  if (!isExecutable(file)) throw notExecutable(start, name, file);
  const head = headOf(file).split('\n', 1)[0] ?? '';
  const runner = /^#!\s*(\S+)/.exec(head)?.[1];
  if (runner === undefined) return;
  if (head.endsWith('\r')) {
    throw cannotStart(
      start,
      'NOT_FOUND',
      `${name} has line ends of Windows`,
      `sed -i 's/\\r$//' ${typed(file, home)}`,
    );
  }
  if (!isFile(runner)) {
    const problem = `${name} asks for ${runner} in its first line, which does not exist`;
    throw cannotStart(start, 'NOT_FOUND', problem, `correct the first line of ${shown(file, home)}`);
  }
}

function notExecutable(start: Start, name: string, file: string) {
  const target =
    path.dirname(file) === start.program.directory
      ? `./${path.basename(file)}`
      : typed(file, start.context.user.home);
  return cannotStart(start, 'NOT_FOUND', `${name} is not executable`, `chmod +x ${target}`);
}
