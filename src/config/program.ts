import {expandPath} from '../system/paths.ts';
import {isQueue} from '../core/program-spec.ts';
import type {Launch, Listen, ProgramSpec} from '../core/program-spec.ts';
import {looksLikeEndpoint, parseEndpoint} from './endpoint.ts';
import {readHealth} from './health.ts';
import {readLimits} from './limits.ts';
import {readSockets} from './sockets.ts';
import {readLaunch} from './program-launch.ts';
import type {ProgramContext} from './program-launch.ts';
import type {ProgramFile} from './schema-program.ts';
import type {Problem} from './validate.ts';

/** A program with every default filled in; `undefined` when it is not known what it runs. */
export function readProgram(file: ProgramFile, context: ProgramContext): ProgramSpec | undefined {
  const {name, directory, home, defaults} = context;
  const launch = readLaunch(file, context);
  if (launch === undefined) return undefined;
  const listen = file.listen ?? defaultListen(name, launch);
  const own = {...defaults, ...file};
  if (launch.kind === 'gateway' && listen !== 'socket') {
    context.report({
      path: ['programs', name, 'listen'],
      message: `"${name}" is a gateway, and takes its socket from the supervisor`,
      hint: 'remove listen',
    });
  }
  if (isQueue(launch) && listen !== 'none') {
    context.report({
      path: ['programs', name, 'listen'],
      message: `"${name}" is a worker of ${launch.kind}, which serves nothing`,
      hint: 'remove listen',
    });
  }
  checkEnvironment(file.env, ['programs', name, 'env'], context.report);
  checkOverlap(file, listen, context);
  checkProtocol(launch, listen, context);
  return {
    name,
    launch,
    listen,
    sockets: readSockets(file.sockets ?? {}, {launch, listen}, context),
    numprocs: file.numprocs ?? 1,
    restart: own.restart ?? 'always',
    startMs: own.start_time ?? (isQueue(launch) ? 3000 : 1000),
    readyMs: own.ready_timeout ?? 60_000,
    ...readHealth(file.health ?? {}, listen, context),
    giveUp: own.give_up ?? 10,
    backoffMs: own.backoff ?? 1000,
    backoffCapMs: Math.max(own.backoff_cap ?? 60_000, own.backoff ?? 0),
    stopSignal: file.stop_signal ?? (launch.kind === 'huey' ? 'INT' : 'TERM'),
    stopMs: own.stop_timeout ?? (isQueue(launch) ? 300_000 : 30_000),
    overlap: own.overlap ?? true,
    ...readLazy(file, launch, listen, context),
    ...readAfter(file.after ?? [], context),
    directory: file.directory === undefined ? directory : expandPath(file.directory, home, directory),
    env: file.env ?? {},
    umask: own.umask ?? 0o027,
    limits: readLimits(file.limits ?? {}, ['programs', name, 'limits'], context.report),
    reloadSignal: readReloadSignal(file.reload_signal, launch),
  };
}

/** `web: ...` is the program that listens: a custom of Procfiles. */
function defaultListen(name: string, launch: Launch): Listen {
  if (isQueue(launch)) return 'none';
  if (launch.kind !== 'command') return 'socket';
  return name === 'web' ? 'port' : 'none';
}

/** What has to be there first, told apart: programs of the app and endpoints of others. */
function readAfter(
  after: readonly string[],
  {name, report}: ProgramContext,
): Pick<ProgramSpec, 'after' | 'needs'> {
  const needs = after.flatMap((each, index) => {
    if (!looksLikeEndpoint(each)) return [];
    const read = parseEndpoint(each);
    if (read.ok) return [read.endpoint];
    report({path: ['programs', name, 'after', index], message: read.message, hint: read.hint});
    return [];
  });
  return {after: after.filter((each) => !looksLikeEndpoint(each)), needs};
}

/**
 * What `appsup reload` sends. HUP has gunicorn and uWSGI start new workers with the new code; but a gunicorn that preloads its
 * app would fork them from the old one (gunicorn documentation, "Signal Handling").
 */
function readReloadSignal(said: ProgramFile['reload_signal'], launch: Launch): ProgramSpec['reloadSignal'] {
  if (said !== undefined) return said === 'none' ? undefined : said;
  if (launch.kind === 'uwsgi') return 'HUP';
  return launch.kind === 'gunicorn' && !launch.args.includes('--preload') ? 'HUP' : undefined;
}

function checkOverlap(file: ProgramFile, listen: Listen, {name, report}: ProgramContext): void {
  if (file.overlap !== true || listen === 'socket') return;
  report({
    path: ['programs', name, 'overlap'],
    severity: 'warning',
    message: `"overlap" has no effect with listen = "${listen}": old and new cannot share the port`,
    hint: 'if the program can take an open socket (descriptor 3): listen = "socket"',
  });
}

/** A lazy program is started by a visitor in its held socket, so it has to have one. */
function readLazy(
  file: ProgramFile,
  launch: Launch,
  listen: Listen,
  {name, report}: ProgramContext,
): Pick<ProgramSpec, 'lazy' | 'idleStopMs'> {
  const complain = (key: string, message: string, hint: string) =>
    report({path: ['programs', name, key], message, hint});
  if (file.lazy === true && listen !== 'socket') {
    const hint = 'if the program can take an open socket (descriptor 3): listen = "socket"';
    complain(
      'lazy',
      `"lazy" cannot be true with listen = "${listen}": nobody would see the first visitor`,
      hint,
    );
  }
  if (file.idle_stop !== undefined && file.lazy !== true)
    complain(
      'idle_stop',
      '"idle_stop" has no effect: what is stopped would not be started again',
      'lazy = true',
    );
  const isAskedInPrivate = ['gunicorn', 'hypercorn', 'uwsgi'].includes(launch.kind);
  if (file.idle_stop !== undefined && file.health?.every !== undefined && !isAskedInPrivate) {
    const hint = 'take every out of health; it is asked at each start';
    complain('idle_stop', '"idle_stop" has no effect with health.every: each check is a visitor', hint);
  }
  return {lazy: file.lazy ?? false, idleStopMs: file.idle_stop};
}

/** It is asked by HTTP, which such a program speaks on its private socket only. */
function checkProtocol(launch: Launch, listen: Listen, {name, report}: ProgramContext): void {
  if (launch.kind !== 'uwsgi' || launch.protocol === 'http' || listen === 'socket') return;
  report({
    path: ['programs', name, 'listen'],
    message: `Cannot ask "${name}" whether it is ready: with protocol = "uwsgi" it has to be listen = "socket"`,
    hint: 'take listen out',
  });
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Names of environment variables, and those that are ours. */
export function checkEnvironment(
  env: Readonly<Record<string, unknown>> | undefined,
  path: readonly string[],
  report: (problem: Problem) => void,
): void {
  for (const name of Object.keys(env ?? {})) {
    const at = {path: [...path, name], at: 'key'} as const;
    if (!VARIABLE.test(name)) {
      report({
        ...at,
        message: `Cannot use ${JSON.stringify(name)} as the name of an environment variable`,
        hint: 'letters, digits and _, no digit first',
      });
    } else if (/^LISTEN_(FDS|PID|FDNAMES)$/.test(name)) {
      report({
        ...at,
        message: `Cannot set "${name}": it says which sockets a process was handed`,
        hint: 'remove it',
      });
    } else if (name === 'PORT' || name === 'SCRIPT_NAME') {
      const key = name === 'PORT' ? 'port' : 'mount';
      report({
        ...at,
        severity: 'warning',
        message: `"${name}" is set by appsup from "${key}"`,
        hint: `remove it, or set ${key}`,
      });
    }
  }
}
