import {expandPath} from '../system/paths.ts';
import type {Launch, Listen, ProgramSpec, Readiness} from '../core/spec.ts';
import {readLaunch} from './program-launch.ts';
import type {ProgramContext} from './program-launch.ts';
import type {HealthFile, ProgramFile} from './schema.ts';
import type {Problem} from './validate.ts';

/** A program with every default filled in; `undefined` when it is not known what it runs. */
export function readProgram(file: ProgramFile, context: ProgramContext): ProgramSpec | undefined {
  const {name, directory, home, defaults} = context;
  const launch = readLaunch(file, context);
  if (launch === undefined) return undefined;
  const listen = file.listen ?? defaultListen(name, launch);
  const own = {...defaults, ...file};
  checkEnvironment(file.env, ['programs', name, 'env'], context.report);
  checkOverlap(file, listen, context);
  return {
    name,
    launch,
    listen,
    numprocs: file.numprocs ?? 1,
    restart: own.restart ?? 'always',
    startMs: own.start_time ?? 1000,
    readyMs: own.ready_timeout ?? 60_000,
    readiness: readReadiness(file.health ?? {}, listen, context),
    health: undefined,
    giveUp: own.give_up ?? 10,
    backoffMs: own.backoff ?? 1000,
    backoffCapMs: Math.max(own.backoff_cap ?? 60_000, own.backoff ?? 0),
    stopSignal: file.stop_signal ?? 'TERM',
    stopMs: own.stop_timeout ?? 30_000,
    overlap: own.overlap ?? true,
    after: file.after ?? [],
    needs: [],
    directory: file.directory === undefined ? directory : expandPath(file.directory, home, directory),
    env: file.env ?? {},
    umask: own.umask ?? 0o027,
    limits: {
      memoryBytes: undefined,
      nofile: undefined,
      nproc: undefined,
      coreBytes: undefined,
      nice: undefined,
      lifetimeMs: undefined,
      lifetimeJitterMs: 0,
    },
    reloadSignal: launch.kind === 'gunicorn' || launch.kind === 'uwsgi' ? 'HUP' : undefined,
  };
}

/** `web: ...` is the program that listens: a custom of Procfiles. */
function defaultListen(name: string, launch: Launch): Listen {
  if (launch.kind !== 'command') return 'socket';
  return name === 'web' ? 'port' : 'none';
}

function readReadiness(health: HealthFile, listen: Listen, context: ProgramContext): Readiness {
  const path = ['programs', context.name, 'health'];
  const kind = health.kind ?? (listen === 'none' ? 'none' : 'http');
  if (listen === 'none' && kind !== 'none') {
    context.report({
      path: [...path, 'kind'],
      message: `Cannot ask "${context.name}" for its health by ${kind}: it listens to nothing`,
      hint: 'say how it listens: listen = "port"',
    });
  }
  checkHealth(health, kind, context);
  const timeoutMs = health.timeout ?? 5000;
  if (kind === 'none') return {kind};
  if (kind === 'tcp') return {kind, timeoutMs};
  return {kind: 'http', path: health.path ?? '/', host: health.host, status: health.status, timeoutMs};
}

const HOST = /^(?=.{1,253}(:|$))[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/;

function checkHealth(health: HealthFile, kind: Readiness['kind'], {name, report}: ProgramContext): void {
  const path = ['programs', name, 'health'];
  if (health.path !== undefined && !/^\/[^\s\\#]*$/.test(health.path)) {
    report({
      path: [...path, 'path'],
      message: `Expected "path" to begin with / and to hold no blank: got ${JSON.stringify(health.path)}`,
    });
  }
  if (health.host !== undefined && !HOST.test(health.host)) {
    report({
      path: [...path, 'host'],
      message: `Expected "host" to be a host name: got ${JSON.stringify(health.host)}`,
    });
  }
  const idle =
    kind === 'http'
      ? []
      : (['path', 'host', 'status', ...(kind === 'none' ? ['timeout' as const] : [])] as const);
  for (const key of idle) {
    if (health[key] === undefined) continue;
    report({
      path: [...path, key],
      at: 'key',
      severity: 'warning',
      message: `"${key}" has no effect with kind = "${kind}"`,
    });
  }
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

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Names of environment variables, and those that are ours. */
export function checkEnvironment(
  env: Readonly<Record<string, string>> | undefined,
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
