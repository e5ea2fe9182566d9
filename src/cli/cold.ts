import {realpathSync} from 'node:fs';
import path from 'node:path';
import {createInterface} from 'node:readline/promises';

import {installBoot as installBootOf} from '../boot/install.ts';
import type {BootOptions} from '../boot/install.ts';
import {systemCode} from '../errors.ts';
import {systemCrontab} from '../system/crontab.ts';
import {systemProc} from '../system/proc.ts';
import {systemSockets} from '../system/sockets.ts';
import type {Invocation} from './args.ts';
import {add} from './commands/add.ts';
import {admin} from './commands/admin.ts';
import {boot, installedText} from './commands/boot.ts';
import {check} from './commands/check.ts';
import {daemon} from './commands/daemon.ts';
import {doctor} from './commands/doctor.ts';
import {edit} from './commands/edit.ts';
import {env} from './commands/env.ts';
import {events} from './commands/events.ts';
import {exec} from './commands/exec.ts';
import {importApps} from './commands/import.ts';
import {jobs} from './commands/jobs.ts';
import {gateway} from './commands/gateway.ts';
import {list} from './commands/list.ts';
import {logs} from './commands/logs.ts';
import {open} from './commands/open.ts';
import {preview} from './commands/preview.ts';
import {ports} from './commands/ports.ts';
import {remove} from './commands/remove.ts';
import {report} from './commands/report.ts';
import {request} from './commands/request.ts';
import {run} from './commands/run.ts';
import {scale} from './commands/scale.ts';
import {secret} from './commands/secret.ts';
import {show} from './commands/show.ts';
import {signal} from './commands/signal.ts';
import {snippet} from './commands/snippet.ts';
import {verify} from './commands/verify.ts';
import {version} from './commands/version.ts';
import type {Command, Context} from './context.ts';
import type {Result} from './output.ts';
import type {EveryDay} from './plain.ts';
export {late} from './late.ts';
import {waiting} from './progress.ts';
import {secretInput} from './secret-input.ts';
import {startSupervisor as spawnSupervisor} from './start-supervisor.ts';
import {supervisorEnvironment} from './supervisor-environment.ts';
import type {Reading, Verb} from './table.ts';
import type {Terminal} from './terminal.ts';

/** `help` and what is read like it come with the table, in command-line.ts. */
const COLD: Readonly<Record<Exclude<Verb, EveryDay | Reading | 'top'>, Command>> = {
  add,
  admin: admin(path.join(import.meta.dirname, 'request-reader.cjs')),
  boot: boot(bootOptions),
  check,
  daemon: daemon((context) => ({
    daemon: daemonFile(),
    env: supervisorEnvironment(context.env, context.account()),
  })),
  doctor: doctor(bootOptions),
  edit,
  env,
  events,
  exec,
  import: importApps,
  jobs,
  gateway,
  list,
  logs,
  open,
  ports,
  preview: preview(systemSockets, systemProc),
  remove,
  report: report(bootOptions),
  request,
  run,
  scale,
  secret: secret(secretInput),
  show,
  signal,
  snippet,
  verify,
  version,
};

/** For the dashboard, when somebody wants to see it. */
export {environmentOf} from './commands/env.ts';

/** Run one of the verbs that are not in the hot bundle. */
export async function runCold(context: Context, invocation: Invocation): Promise<Result> {
  const command = (COLD as Readonly<Partial<Record<Verb, Command>>>)[invocation.verb];
  if (command === undefined) throw new Error(`"${invocation.verb}" is in no bundle`);
  return await command(context, invocation);
}

/** Start a supervisor for this user and host; resolves when it answers. */
export async function startSupervisor(context: Context): Promise<void> {
  const wait = waiting(context, 'starting the supervisor');
  const options = {
    paths: context.paths,
    daemon: daemonFile(),
    env: supervisorEnvironment(context.env, context.account()),
  };
  await spawnSupervisor(options).finally(() => wait.end());
}

/** Have the apps start after a reboot; returns the line that says so. */
export async function installBoot(context: Context): Promise<string> {
  return installedText(await installBootOf(bootOptions(context)));
}

/** Ask a question of one line; `undefined` when there is nobody, or the input ends. */
export async function ask(terminal: Terminal, question: string): Promise<string | undefined> {
  if (!terminal.interactive) return undefined;
  const lines = createInterface({input: process.stdin, output: process.stderr});
  const end = new AbortController();
  // Ctrl-D is no answer.
  lines.once('close', () => end.abort());
  try {
    return await lines.question(question, {signal: end.signal});
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    throw error;
  } finally {
    lines.close();
  }
}

function bootOptions({paths, env: variables}: Context): BootOptions {
  return {
    crontab: systemCrontab(paths.state, variables),
    paths,
    node: process.execPath,
    appsupd: daemonFile(),
    env: variables,
  };
}

/** Beside this file: both are bundles of one build. Without symbolic links: those of nvm and npm come and go. */
function daemonFile(): string {
  const file = path.join(import.meta.dirname, 'appsupd.cjs');
  try {
    return realpathSync(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return file;
    throw error;
  }
}
