import {userInfo} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline/promises';

import type {Invocation} from './args.ts';
import {help} from './commands/help.ts';
import type {Command, Context} from './context.ts';
import type {Result} from './output.ts';
import {waiting} from './progress.ts';
import {startSupervisor as spawnSupervisor} from './start-supervisor.ts';
import {supervisorEnvironment} from './supervisor-environment.ts';
import type {Verb} from './table.ts';
import type {Terminal} from './terminal.ts';

const COLD = {help} as Record<Verb, Command>;

export async function runCold(context: Context, invocation: Invocation): Promise<Result> {
  return await (invocation.help ? help : COLD[invocation.verb])(context, invocation);
}

export async function installBoot(_context: Context): Promise<string> {
  return '';
}

/** Start a supervisor for this user and host; resolves when it answers. */
export async function startSupervisor(context: Context): Promise<void> {
  const wait = waiting(context, 'starting the supervisor');
  const env = supervisorEnvironment(context.env, userInfo());
  // Beside this file: both are bundles of one build.
  const daemon = path.join(import.meta.dirname, 'appsupd.cjs');
  await spawnSupervisor({paths: context.paths, daemon, env}).finally(() => wait.end());
}

/** Ask a question of one line; `undefined` when there is nobody. */
export async function ask(terminal: Terminal, question: string): Promise<string | undefined> {
  if (!terminal.interactive) return undefined;
  const lines = createInterface({input: process.stdin, output: process.stderr});
  try {
    return await lines.question(question, {signal: endOf(lines)});
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    throw error;
  } finally {
    lines.close();
  }
}

/** Ctrl-D is no answer. */
function endOf(lines: NodeJS.EventEmitter): AbortSignal {
  const end = new AbortController();
  lines.once('close', () => end.abort());
  return end.signal;
}
