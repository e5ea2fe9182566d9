import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {constants} from 'node:os';
import path from 'node:path';
import {isatty} from 'node:tty';

import {AppsupError, messageOf, systemCode} from '../../errors.ts';
import {prepareBeside} from '../../launch/prepare.ts';
import type {Beside} from '../../launch/prepare.ts';
import {usage} from '../args.ts';
import type {Command, Context} from '../context.ts';
import {printHints} from '../output.ts';
import {placeOf} from '../place-of.ts';

const ACTION = 'run a command for';

/**
 * `appsup exec APP[:PROGRAM] [--] [COMMAND...]`: a command, or a shell, in a program's place. Asks no supervisor.
 *
 * As near to execve(2) as Node comes: the same descriptors, terminal and process group, and in the end the same exit code or signal.
 */
export const exec: Command = async (context, {words: [target = '', ...argv], json}) => {
  const place = await placeOf(context, ACTION, target);
  const name = `${place.app.name}:${place.program.name}`;
  const shell = argv.length === 0 ? shellFor(context, name) : undefined;
  const beside = await prepareBeside(place.app, place.program, place.launch);
  if (!json) printHints(beside.warnings, context.terminal);
  const env = {...terminalVariables(context.env), ...beside.env, ...shell?.env};
  const exit = await run(name, beside.locate(shell?.argv ?? argv), {...beside, env});
  return {text: '', json: [], exitCode: 'code' in exit ? exit.code : endBy(exit.signal)};
};

/** What a program on a terminal has to know of it, and what is not the app's business. */
const OF_THE_TERMINAL = ['TERM', 'COLORTERM', 'TERMINFO', 'NO_COLOR'];

function terminalVariables(env: Context['env']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    OF_THE_TERMINAL.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

interface Shell {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** @throws AppsupError `USAGE` when there is no terminal to type at */
function shellFor({terminal, account}: Context, name: string): Shell {
  if (!terminal.interactive) {
    throw usage('Cannot run "appsup exec": the command is missing', {
      hint: `appsup exec ${name} -- COMMAND; a shell needs a terminal`,
    });
  }
  return shellOf(account().shell, name);
}

/** The switches that keep a shell from reading the user's own start files: those set PATH, and then it is not the app's any more. */
const WITHOUT_FILES: Readonly<Record<string, readonly string[]>> = {
  bash: ['--noprofile', '--norc'],
  zsh: ['-f'],
  fish: ['--no-config'],
  tcsh: ['-f'],
  csh: ['-f'],
};
const PLAIN = new Set(['sh', 'dash', 'ash', 'ksh', 'mksh']);

/** An account's shell as it leaves the environment alone; `/bin/sh` for an account that has none to type at. Pure. */
export function shellOf(file: string | null, name: string): Shell {
  const base = path.basename(file ?? '');
  const known = file !== null && (PLAIN.has(base) || Object.hasOwn(WITHOUT_FILES, base));
  const prompt = base === 'zsh' ? `(${name}) %~ %# ` : base === 'bash' ? `(${name}) \\w\\$ ` : `(${name}) $ `;
  return {argv: known ? [file, ...(WITHOUT_FILES[base] ?? [])] : ['/bin/sh'], env: {PS1: prompt}};
}

type Exit = {readonly code: number} | {readonly signal: NodeJS.Signals};

async function run(
  name: string,
  [program = '', ...args]: readonly string[],
  {env, directory, umask}: Pick<Beside, 'env' | 'directory' | 'umask'>,
): Promise<Exit> {
  const before = process.umask(umask);
  const child = spawn(program, args, {cwd: directory, env, stdio: 'inherit'});
  process.umask(before);
  const release = passSignals(child);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(cannotRun(name, program, error)));
      child.once('exit', (code, signal) => resolve(signal === null ? {code: code ?? 1} : {signal}));
    });
  } finally {
    release();
  }
}

/** What a terminal's keys send goes to the whole foreground group, so the command has it already. */
const OF_THE_KEYS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];
const PASSED_ON: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR2'];

/** The command decides what a signal means, and this process lasts as long as it does. */
function passSignals(child: ChildProcess): () => void {
  const atTerminal = [0, 1, 2].some((fd) => isatty(fd));
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  const ignore = (): void => {};
  const handlers = [
    ...PASSED_ON.map((signal) => [signal, passOn] as const),
    ...OF_THE_KEYS.map((signal) => [signal, atTerminal ? ignore : passOn] as const),
  ];
  for (const [signal, handle] of handlers) process.on(signal, handle);
  return () => {
    for (const [signal, handle] of handlers) process.off(signal, handle);
  };
}

/** Others would dump a core of this process, too, or open Node's debugger (USR1). */
const SHARED_ENDS: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGKILL'];

/** End as the command did, so that whoever waits sees the same; else with a shell's number for it. */
function endBy(signal: NodeJS.Signals): number {
  if (SHARED_ENDS.includes(signal)) {
    // Libraries listen for what must not end a process that holds their locks: this one holds none.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  return 128 + constants.signals[signal];
}

/** With the exit codes of a shell: 127 not found, 126 not to be run. */
function cannotRun(name: string, program: string, error: Error): AppsupError {
  const missing = systemCode(error) === 'ENOENT';
  const why = missing ? 'it was not found' : messageOf(error);
  return new AppsupError('NOT_FOUND', `Cannot run "${program}" for ${name}: ${why}`, {
    hint: missing ? `where is looked for it: appsup env ${name}, PATH` : 'is it executable?',
    exitCode: missing ? 127 : 126,
    cause: error,
  });
}
