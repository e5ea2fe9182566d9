import {rmSync} from 'node:fs';
import {hostname, userInfo} from 'node:os';

import {serveControl} from '../control/server.ts';
import type {ControlServer} from '../control/server.ts';
import {AppsupError, isAppsupError, messageOf} from '../errors.ts';
import {sweepPreviews} from '../system/preview-places.ts';
import {prepare} from '../launch/prepare.ts';
import {OwnLog} from '../logs/own-log.ts';
import {commandEnvironment} from '../notify/command.ts';
import {Notifier} from '../notify/notifier.ts';
import {Post} from '../notify/post.ts';
import {describeHolder, portHolder} from '../ports/taken.ts';
import {Supervisor} from '../supervisor/supervisor.ts';
import {systemClock} from '../system/clock.ts';
import {systemLogFiles} from '../system/log-files.ts';
import type {Clock} from '../system/clock.ts';
import {SystemExits} from '../system/exits.ts';
import {asDiskError, ensurePrivateDirectory} from '../system/files.ts';
import {takeLock} from '../system/lock.ts';
import type {Lock} from '../system/lock.ts';
import {pathsFor} from '../system/paths.ts';
import type {Paths} from '../system/paths.ts';
import {hasConnection, hasUnixConnection, listeners, unixListeners} from '../system/proc-net.ts';
import {systemProc} from '../system/proc.ts';
import {systemProcesses} from '../system/processes.ts';
import {systemSockets} from '../system/sockets.ts';
import {version} from '../version.ts';
import {Apps} from './apps.ts';
import {frontStatus} from './front-status.ts';
import {isBootTold, markBootTold} from './boot-told.ts';
import {nameOf, startSuccessor, takeInherited} from './hand-over.ts';
import type {Inherited} from './hand-over.ts';
import {LogCare} from './log-care.ts';
import {lastSeen} from './last-seen.ts';
import {tellStarter} from './ready.ts';
import {RouteFile} from './route-file.ts';

/** The supervisor's process: chooses the real adapters, keeps the single-instance lock, answers, and ends in good order. */
async function main(): Promise<void> {
  process.umask(0o077);
  process.title = 'appsupd';
  const paths = pathsFor(process.env);
  for (const directory of [
    paths.state,
    paths.run,
    paths.desired,
    paths.processes,
    paths.logs,
    paths.requests,
    paths.runs,
  ]) {
    ensurePrivateDirectory(directory);
  }
  const inherited = takeInherited(process.env, paths.lock);
  const lock = inherited.lock ?? takeLock(paths.lock);
  if (lock === undefined) {
    tellStarter(
      process.env,
      new AppsupError('SUPERVISOR_RUNS', 'Another supervisor of yours runs on this host already'),
    );
    return;
  }
  sweepPreviews(paths, systemProc);
  const log = new OwnLog(paths.log);
  // A bug ends the supervisor, with its stack in the log; the apps go on, and the next one adopts them.
  process.on('uncaughtExceptionMonitor', (error) => log.write('error', 'a bug', {stack: error.stack}));
  const end = await run({paths, lock, log, sockets: inherited.sockets});
  tellStarter(process.env);
  const leave = (why: string) => {
    log.write('info', 'ending; the apps go on', {why});
    end();
  };
  process.once('SIGTERM', () => leave('SIGTERM'));
  process.once('SIGINT', () => leave('SIGINT'));
}

/** For the answer to reach the one who asked; shorter than any successor needs to begin. */
const FAREWELL_MS = 20;

interface Beginning {
  readonly paths: Paths;
  readonly lock: Lock;
  readonly log: OwnLog;
  /** Handed over by a predecessor. */
  readonly sockets: Inherited['sockets'];
}

/** Take over, answer on the socket, begin. Returns what ends it. */
async function run({paths, lock, log, sockets}: Beginning): Promise<() => void> {
  const [clock, proc, processes] = [systemClock, systemProc, systemProcesses];
  const seenBefore = lastSeen(paths, proc.bootId());
  lock.write(`${process.pid} ${proc.stat(process.pid)?.startTicks ?? 0} ${proc.bootId()}`);
  // A wish to sleep ends with the first start.
  removeStale(paths.asleep);
  const {username, homedir, shell, uid} = userInfo();
  const apps = new Apps({paths, login: username, uid});
  const exits = new SystemExits({proc, clock});
  const user = {login: username, home: paths.home || homedir, shell: shell ?? '/bin/sh'};
  const logs = new LogCare({
    paths,
    clock,
    proc,
    processes,
    files: systemLogFiles,
    log: (message, facts) => log.write('warn', message, facts),
  });
  const routes = new RouteFile(paths, (message) => log.write('error', message));
  const control: {server?: ControlServer} = {};
  const end = () => {
    exits.close();
    lock.write('');
    void Promise.all([control.server?.close(), logs.close()]).then(() => process.exit(0));
  };
  const supervisor = new Supervisor({
    clock,
    proc,
    processes,
    paths,
    exits,
    prepare,
    version: version(),
    sockets: systemSockets,
    user,
    readApps: () => apps.read(),
    portOf: async (app) => await apps.portOf(app),
    namedPortsOf: async (app) => await apps.namedPortsOf(app),
    frontOf: (app, port) => frontStatus(paths, app, port),
    holderOf(port) {
      const holder = portHolder(port);
      return holder === undefined ? undefined : {...holder, text: describeHolder(holder)};
    },
    inodesOf: (address) =>
      'path' in address
        ? unixListeners()
            .filter((each) => each.path === address.path)
            .map(({inode}) => inode)
        : listeners()
            .filter((each) => each.port === address.port && each.address === '127.0.0.1' && each.uid === uid)
            .map(({inode}) => inode),
    hasVisitors: (address, withinMs) =>
      'path' in address ? hasUnixConnection(address.path) : hasConnection(address.port, withinMs),
    webUser: () => apps.webUser,
    log: (level, message, facts) => log.write(level, message, facts),
    lastSeen: seenBefore,
    logs,
    loadSchedules: async () => (await import('../schedule/cron.ts')).timetable,
    onServed: (served) => routes.write(served),
    inherited: (app, address) => sockets.get(nameOf(app, address)),
    async onShutdown(handOver) {
      if (handOver === undefined) return void setTimeout(end, FAREWELL_MS);
      log.write('info', 'handing over', {to: handOver.daemon});
      await startSuccessor(handOver, lock, paths);
      setTimeout(() => process.exit(0), FAREWELL_MS);
    },
  });
  listen(supervisor, apps, {clock, log, home: user.home});
  log.write('info', 'started', {pid: process.pid, version: version(), node: process.version});
  await supervisor.begin();
  const boot = proc.bootId();
  if (!isBootTold(paths, boot))
    void supervisor.tellBoot().then(() => markBootTold(paths, boot, (reason) => log.write('warn', reason)));
  // The lock is ours, so whatever lies there is a dead supervisor's.
  removeStale(paths.socket);
  control.server = await serveControl({
    api: supervisor,
    socket: paths.socket,
    version: version(),
    log: (message, facts) => log.write('warn', message, facts),
  });
  process.on('SIGHUP', () => {
    supervisor.reload({apps: []}).catch((error: unknown) => log.write('error', messageOf(error)));
  });
  return end;
}

/** Tell people of what happens, for as long as the supervisor lives. */
function listen(
  supervisor: Supervisor,
  apps: Apps,
  {clock, log, home}: {clock: Clock; log: OwnLog; home: string},
): void {
  const write: OwnLog['write'] = (level, message, facts) => log.write(level, message, facts);
  const post = new Post({clock, log: write, directory: home, env: commandEnvironment(process.env, home)});
  const notifier = new Notifier({
    clock,
    log: write,
    host: hostname(),
    config: () => apps.notify,
    wants: (app) => apps.notifies(app),
    wordsOf: (app, process) => supervisor.words(app, process),
    wordsOfRun: (app, name) => supervisor.wordsOfRun(app, name),
    send: (message, notify) => post.send(message, notify),
  });
  void supervisor.events((event) => notifier.take(event), new AbortController().signal);
}

/** @throws AppsupError `DISK` */
function removeStale(file: string): void {
  try {
    rmSync(file, {force: true});
  } catch (error) {
    throw asDiskError(error, `remove ${file}`);
  }
}

if (process.argv[2] === '--version') process.stdout.write(`${version()}\n`);
else
  void main().catch((error: unknown) => {
    tellStarter(process.env, error);
    process.stderr.write(
      `${isAppsupError(error) || !(error instanceof Error) ? messageOf(error) : error.stack}\n`,
    );
    // What was begun (helpers, timers) must not keep a supervisor that answers nobody, with the lock in its hand.
    process.exit(1);
  });
