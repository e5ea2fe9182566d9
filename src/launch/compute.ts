import {spawn} from 'node:child_process';
import path from 'node:path';

import {systemCode} from '../errors.ts';
import type {AppsupError} from '../errors.ts';
import type {Start} from './contract.ts';
import type {Environment} from './environment.ts';
import type {Interpreter} from './interpreter.ts';
import {isExecutable} from './look.ts';
import {mask} from './mask.ts';
import {cannotStart, shown, typed} from './trouble.ts';

/** A start waits for it, so it is a question and not a job. */
const TIMEOUT_MS = 10_000;
/** Half of what Linux takes for one variable. */
const MOST_BYTES = 64 * 1024;

/**
 * The values of the app's `env` that commands print, evaluated now: `{GIT_REVISION_HASH: 'ba77c61'}`.
 *
 * Run one after the other, without a shell, in the app's directory and in the environment without them. As `$(...)` in a
 * shell, without the line ends at the end. Those that the program sets by itself are not asked for.
 *
 * @throws AppsupError `NO_VALUE`, with the name and what the command said.
 */
export async function computeValues(
  start: Start,
  environment: Pick<Environment, 'env' | 'secrets'>,
  interpreter: Interpreter | undefined,
): Promise<Readonly<Record<string, string>>> {
  const values: [string, string][] = [];
  for (const [name, argv] of Object.entries(start.app.computed)) {
    if (Object.hasOwn(start.program.env, name)) continue;
    const {directory} = start.app;
    const {env} = environment;
    const place = {directory, env, interpreter, home: start.context.user.home};
    const outcome = await run(locate(argv, place), {env, cwd: directory});
    if ('problem' in outcome) throw noValue(start, name, argv, mask(outcome.problem, environment.secrets));
    values.push([name, outcome.value]);
  }
  return Object.fromEntries(values);
}

/** As a program's command: the PATH of `env`, `python` is the app's, a path begins at the directory. */
export function locate(
  [first = '', ...rest]: readonly string[],
  place: {
    readonly directory: string;
    readonly env: Readonly<Record<string, string>>;
    readonly interpreter: Interpreter | undefined;
    readonly home: string;
  },
): readonly string[] {
  const {directory, env, interpreter, home} = place;
  if (first.includes('/')) return [path.resolve(directory, first.replace(/^~(?=\/)/, home)), ...rest];
  const found = (env['PATH'] ?? '')
    .split(':')
    .map((each) => path.resolve(directory, each, first))
    .find(isExecutable);
  if (found === undefined && first === 'python' && interpreter !== undefined)
    return [interpreter.python, ...rest];
  return [found ?? first, ...rest];
}

type Outcome = {readonly value: string} | {readonly problem: string};

async function run(
  [program = '', ...args]: readonly string[],
  options: {readonly env: Readonly<Record<string, string>>; readonly cwd: string},
): Promise<Outcome> {
  return await new Promise((resolve) => {
    const child = spawn(program, args, {
      ...options,
      // A session of its own: no terminal to ask at, and the time limit ends what it started, too.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed: Buffer[] = [];
    let size = 0;
    let said = '';
    const end = (outcome: Outcome): void => {
      clearTimeout(timer);
      // Whatever it left behind may hold the pipes for ever.
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(outcome);
    };
    const kill = (problem: string): void => {
      if (child.pid !== undefined) killGroup(child.pid);
      end({problem: `it ${problem}${lastOf(said)}`});
    };
    const timer = setTimeout(() => kill(`did not end within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS);
    child.stdout.on('data', (bytes: Buffer) => {
      printed.push(bytes);
      size += bytes.length;
      if (size > MOST_BYTES) kill('printed more than 64 KiB');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-MOST_BYTES);
    });
    child.once('error', (error) =>
      end({problem: `it cannot be run (${systemCode(error) ?? error.message})`}),
    );
    child.once('close', (code, signal) => {
      const value = Buffer.concat(printed)
        .toString('utf8')
        .replace(/[\r\n]+$/, '');
      if (code !== 0) {
        end({problem: `it ended with ${code ?? signal}${lastOf(said || value)}`});
      } else {
        end(value.includes('\0') ? {problem: 'it printed a zero byte'} : {value});
      }
    });
  });
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

/** The last lines of what it said, on one line. */
function lastOf(said: string): string {
  const lines = said.split('\n').map((line) => line.trim());
  const last = lines.filter((line) => line !== '').slice(-3);
  return last.length === 0 ? '' : `: ${last.join(' / ').slice(-400)}`;
}

function noValue(start: Start, name: string, argv: readonly string[], problem: string): AppsupError {
  const {home} = start.context.user;
  const words = argv.map((word) => typed(word, home)).join(' ');
  return cannotStart(
    start,
    'NO_VALUE',
    `${name} has no value, its command failed in ${shown(start.app.directory, home)}: ${problem}`,
    `try it: cd ${typed(start.app.directory, home)} && ${words}; or correct env: appsup edit ${start.app.name}`,
  );
}
