import {userInfo} from 'node:os';

import {messageOf, systemCode} from '../errors.ts';
import {systemClock} from '../system/clock.ts';
import {pathsFor} from '../system/paths.ts';
import {systemProc} from '../system/proc.ts';
import {version} from '../version.ts';
import type {Invocation} from './args.ts';
import {reload, restart, start, stop} from './commands/act.ts';
import {status} from './commands/status.ts';
import {connector, summonSupervisor} from './connect.ts';
import type {Command, Context, Limits} from './context.ts';
import {errorExit} from './exit-codes.ts';
import {printError, printResult} from './output.ts';
import type {Result} from './output.ts';
import {isEveryDay, plainInvocation} from './plain.ts';
import type {EveryDay} from './plain.ts';
import {terminalOf} from './terminal.ts';
import type {Terminal} from './terminal.ts';

/** The verbs of this file's bundle. All others come with cold.ts, and its libraries. */
const HOT: Readonly<Record<EveryDay, Command>> = {status, start, stop, restart, reload};

/** `appsup VERB …`: understand, do, print. Everything else is loaded when it is needed. */
async function main(argv: readonly string[]): Promise<number> {
  const terminal = terminalOf(process, process.env);
  let verb = argv.find(isEveryDay) as Invocation['verb'] | undefined;
  let json = argv.includes('--json');
  try {
    const invocation = plainInvocation(argv) ?? (await import('./command-line.ts')).parseCommandLine(argv);
    ({verb, json} = invocation);
    // stdout takes 1 ms to make: the supervisor thinks meanwhile.
    setImmediate(guardOutput);
    const result = await run(contextOf(terminal), invocation);
    guardOutput();
    return printResult(result, terminal, json);
  } catch (error) {
    guardOutput();
    printError(error, terminal, json);
    return errorExit(error, verb);
  }
}

async function run(context: Context, invocation: Invocation): Promise<Result> {
  const {verb, help} = invocation;
  if (help) return await (await import('./command-line.ts')).read(context, invocation);
  if (isEveryDay(verb)) return await HOT[verb](context, invocation);
  guardOutput();
  if (verb === 'top') return await (await import('./top.ts')).runTop(context, invocation);
  return await (await import('./cold.ts')).runCold(context, invocation);
}

function contextOf(terminal: Terminal): Context {
  const paths = pathsFor(process.env);
  const connect = connector({
    socket: paths.socket,
    version: version(),
    onVersion: (theirs) =>
      terminal.err(
        `! the supervisor is appsup ${theirs}, this command is ${version()}: appsup daemon restart\n`,
      ),
  });
  const context: Context = {
    paths,
    connect,
    terminal,
    env: process.env,
    version: version(),
    cwd: process.cwd(),
    clock: systemClock,
    proc: systemProc,
    account: () => userInfo(),
    async summon(limits?: Limits) {
      const start = async (): Promise<void> => (await import('./cold.ts')).startSupervisor(context);
      const pause = async (ms: number): Promise<void> =>
        await new Promise((resolve) => systemClock.after(ms, resolve));
      return await summonSupervisor(() => connect(limits), start, pause);
    },
    late: async (error, targets) => await (await import('./cold.ts')).late(connect, error, targets),
    installBoot: async () => await (await import('./cold.ts')).installBoot(context),
    ask: async (question) => await (await import('./cold.ts')).ask(terminal, question),
  };
  return context;
}

let guarded = false;

/** Once, before anything is printed. `appsup logs | head`: who reads no more needs no message. */
function guardOutput(): void {
  if (guarded) return;
  guarded = true;
  process.stdout.on('error', (error) => {
    process.exitCode = 1;
    if (systemCode(error) === 'EPIPE') process.exit();
    process.stderr.write(`appsup: cannot write: ${messageOf(error)}\n`);
  });
}

void main(process.argv.slice(2)).then((code) => {
  // Not process.exit(): a pipe may not have taken all that was printed yet.
  process.exitCode = code;
});
