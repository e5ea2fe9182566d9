import {spawn} from 'node:child_process';

import type {ShutdownRequest, SupervisorInfo} from '../../control/api.ts';
import {AppsupError, isAppsupError} from '../../errors.ts';
import {ensurePrivateDirectory, writeAtomically} from '../../system/files.ts';
import {livingOwner} from '../../system/lock.ts';
import {isAlive} from '../../system/proc.ts';
import type {Command, Context} from '../context.ts';
import {EXIT} from '../exit-codes.ts';
import {age} from '../format.ts';
import {hasProcesses} from '../left-behind.ts';
import type {Result} from '../output.ts';

/** How a supervisor is run. */
export interface Program {
  /** Absolute path of its program, a file for Node. */
  readonly daemon: string;
  readonly env: Readonly<Record<string, string>>;
}

/** `appsup daemon start|stop|restart|status|run` */
export function daemon(programOf: (context: Context) => Program): Command {
  return async (context, {words: [verb = 'status'], options}) => {
    switch (verb) {
      case 'start':
        return await start(context);
      case 'stop':
        return await stop(context, !options.has('keep-apps'));
      case 'restart':
        return await restart(context, programOf(context));
      case 'run':
        return await run(programOf(context));
      default:
        return await status(context);
    }
  };
}

async function start(context: Context): Promise<Result> {
  const api = await context.summon();
  return described(await api.info(), context);
}

async function status(context: Context): Promise<Result> {
  try {
    return described(await context.connect().info(), context);
  } catch (error) {
    if (!isAppsupError(error)) throw error;
    const pid = livingOwner(context.paths.lock, context.proc)?.pid;
    if (error.code === 'SUPERVISOR_GONE' && pid === undefined) {
      return {
        text: 'no supervisor is running',
        json: [{running: false}],
        hints: ['appsup daemon start'],
        exitCode: EXIT.notRunningStatus,
      };
    }
    throw new AppsupError(error.code, `${error.message}${pid === undefined ? '' : ` (pid ${pid})`}`, {
      hint:
        pid === undefined
          ? 'appsup daemon start'
          : `is it stopped? kill -CONT ${pid}; or end it: kill -KILL ${pid}, the apps go on`,
      cause: error,
      exitCode: EXIT.notRunningStatus,
    });
  }
}

async function stop(context: Context, stopApps: boolean): Promise<Result> {
  const {paths, proc} = context;
  ensurePrivateDirectory(paths.state);
  // Only a supervisor can stop what a killed one left running.
  if (stopApps && hasProcesses(paths)) await context.summon();
  const pid = await end(context, {stopApps});
  // After its end: a supervisor that starts takes the wish back.
  writeAtomically(paths.asleep, `${proc.bootId()}\n`);
  const apps = stopApps ? 'and so are the apps' : 'the apps go on, with nobody to look after them';
  return {
    text: pid === undefined ? 'no supervisor was running' : `the supervisor (pid ${pid}) is gone, ${apps}`,
    json: [{ok: true, pid: pid ?? null, appsStopped: pid !== undefined && stopApps}],
    hints: ['it stays away until you start something, or the host reboots'],
  };
}

/** The old one starts the new one itself, with the sockets that it holds: no visitor and no app notices. */
async function restart(context: Context, {daemon: program}: Program): Promise<Result> {
  const before = await end(context, {stopApps: false, successor: {node: process.execPath, daemon: program}});
  const info = await (await context.summon()).info();
  const {text, json} = described(info, context);
  return {text: before === undefined ? text : `${text}  in place of pid ${before}`, json};
}

/** End the supervisor that runs, and wait until it is gone; `undefined`: there was none. */
async function end(context: Context, request: ShutdownRequest): Promise<number | undefined> {
  try {
    const {pid} = await context.connect().shutdown(request);
    await gone(context, pid);
    return pid;
  } catch (error) {
    if (isAppsupError(error) && error.code === 'SUPERVISOR_GONE' && error.details['reached'] === false)
      return undefined;
    throw error;
  }
}

/** It has answered; now it lets go of the lock and the socket. */
async function gone({proc, clock, paths}: Context, pid: number): Promise<void> {
  const began = proc.stat(pid)?.startTicks;
  for (let waited = 0; waited < 30_000; waited += 20) {
    const stat = proc.stat(pid);
    if (stat === undefined || !isAlive(stat) || stat.startTicks !== began) return;
    await new Promise<void>((resolve) => clock.after(20, resolve));
  }
  throw new AppsupError('TIMEOUT', `Cannot end the supervisor: pid ${pid} is still there after 30 s`, {
    hint: `kill -KILL ${pid}; the apps go on. Its log: ${paths.log}`,
    details: {pid},
  });
}

function described(info: SupervisorInfo, {clock}: Context): Result {
  return {
    text: `supervisor ${info.version}  running  pid ${info.pid}  since ${age(clock.wall() - info.since)}`,
    json: [{running: true, ...info}],
  };
}

/** In the foreground, for looking and for other supervisors; ends as it ends. */
async function run({daemon: program, env}: Program): Promise<Result> {
  const child = spawn(process.execPath, [program], {env, stdio: 'inherit'});
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  // A Ctrl-C reaches both of us; we stay until it has ended.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', passOn);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? EXIT.failed));
  });
  return {text: '', json: [], exitCode: code};
}
