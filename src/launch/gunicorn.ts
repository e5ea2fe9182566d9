import type {Launch} from '../core/program-spec.ts';
import {gracefulSeconds, hasOption, optionValue, refuseOwnOptions} from './arguments.ts';
import type {OwnOption} from './arguments.ts';
import type {Server, Start} from './contract.ts';
import type {Tool} from './tool.ts';
import {cannotStart} from './trouble.ts';
import {atLeast} from './versions.ts';

export interface GunicornFacts {
  readonly tool: Tool;
  /** The Python file that it will read its settings from, by name and text. */
  readonly config: {readonly name: string; readonly text: string} | undefined;
  /** Arguments in the variable GUNICORN_CMD_ARGS. */
  readonly envArgs: string;
  /** True when /dev/shm is in memory and ours to write. */
  readonly sharedMemory: boolean;
}

const OWN: readonly OwnOption[] = [
  {long: '--bind', short: '-b', why: 'the address is the one that the front end was told (port = ...)'},
  {long: '--daemon', short: '-D', why: 'a process that goes into the background cannot be watched'},
  {long: '--pid', short: '-p', why: 'appsup knows the pid, and at a restart two of them run for a moment'},
];

/**
 * gunicorn on the inherited sockets: it listens on every descriptor that it is handed (`LISTEN_FDS`), so a private
 * one can be given for asking it and nobody else.
 *
 * `LISTEN_FDS` and not `--bind fd://3`, which does the same: only of sockets from the first it knows that they are not
 * its own, and leaves the private one's file alone when it ends (20.1 to 27.0, arbiter.py, `stop`).
 * The user's `args` come last, so they are stronger than all but {@link OWN}. Of a settings file, `workers` is stronger than
 * ours; the rest is weaker, as always with gunicorn's command line.
 *
 * @throws AppsupError `CONFIG` when arguments or settings would take it away from us.
 */
export function gunicorn(
  start: Start,
  launch: Extract<Launch, {kind: 'gunicorn'}>,
  facts: GunicornFacts,
): Server {
  const {app, program, context} = start;
  const {tool, config, envArgs, sharedMemory} = facts;
  refuseOwnOptions(start, launch.args, 'args', OWN);
  refuseOwnOptions(start, envArgs.split(/\s+/), 'GUNICORN_CMD_ARGS', OWN);
  const settings = settingsIn(config?.text ?? '');
  if (config !== undefined && /^(?!False|None|0)./.test(settings.get('daemon') ?? '')) {
    throw cannotStart(
      start,
      'CONFIG',
      `${config.name} has daemon = ${settings.get('daemon')}: a process that goes into the background cannot be watched`,
      `take the line out of ${config.name}`,
    );
  }
  const workerClass =
    optionValue(launch.args, '--worker-class', '-k') ??
    launch.workerClass ??
    textOf(settings.get('worker_class'));
  const options = [
    ...(settings.has('workers') ? [] : ['--workers', String(launch.workers)]),
    ...(launch.threads > 1 ? ['--threads', String(launch.threads)] : []),
    ...(launch.workerClass === undefined ? [] : ['--worker-class', launch.workerClass]),
    ...['--graceful-timeout', String(gracefulSeconds(program.stopMs))],
    // A worker shows that it lives by touching a file; on a busy disk the touch can hang for longer than its timeout.
    ...(sharedMemory && !settings.has('worker_tmp_dir') ? ['--worker-tmp-dir', '/dev/shm'] : []),
    // 25.1 opens a control socket that is the same for all masters of a user: each takes it from the one before.
    ...(atLeast(tool.version, 25, 1) && !hasOption(launch.args, '--control-socket')
      ? ['--no-control-socket']
      : []),
    // 23 takes SCRIPT_NAME and PATH_INFO from request headers of 127.0.0.1, which is every user of this host.
    ...(atLeast(tool.version, 23) ? ['--forwarder-headers', 'X_NOTHING'] : []),
    // gunicorn's own ASGI worker (since 24) takes the prefix from here, in keep and in strip mode.
    ...(workerClass === 'asgi' && app.prefix !== 'none' && !hasOption(launch.args, '--root-path')
      ? ['--root-path', app.mount]
      : []),
    // Through a Unix socket a visitor has no address: gunicorn trusts it then, its uvicorn worker does not.
    ...(app.transport === 'unix' &&
    /uvicorn/i.test(workerClass ?? '') &&
    !hasOption(launch.args, '--forwarded-allow-ips')
      ? ['--forwarded-allow-ips', '*']
      : []),
    ...(program.listen === 'port' ? ['--bind', `127.0.0.1:${context.port}`] : []),
  ];
  const inherits = program.listen === 'socket';
  return {
    argv: [...tool.argv, ...options, ...launch.args, launch.target],
    sockets: inherits ? ['held', 'private'] : [],
    listenFds: inherits,
    warnings: [
      ...(app.prefix === 'keep' && ignoresScriptName(workerClass)
        ? [
            `gunicorn's worker ${workerClass} ignores SCRIPT_NAME, so the app sees ${app.mount}/ in its paths: set prefix = "strip", or have the app take its prefix from APPSUP_MOUNT`,
          ]
        : []),
      ...(config !== undefined && settings.has('workers')
        ? [`workers is taken from ${config.name}, not from the app's file`]
        : []),
      ...(config !== undefined && settings.has('pidfile')
        ? [
            `${config.name} has pidfile: a restart cannot overlap, because the new gunicorn finds the old one's`,
          ]
        : []),
    ],
  };
}

/** True for worker classes that are servers of their own and never look at the variable SCRIPT_NAME (tried, or read in their source). */
export function ignoresScriptName(workerClass: string | undefined): boolean {
  return /uvicorn|gevent_pywsgi|gevent_wsgi|GeventPyWSGI|GeventWebSocket|tornado|aiohttp|meinheld/i.test(
    workerClass ?? '',
  );
}

/** The settings that a Python file gives at its top level, as they are written there: `workers` → `multiprocessing.cpu_count()`. */
function settingsIn(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/^([a-z_]+)[^\S\n]*=[^\S\n]*([^\n#]*)/gm)].map(([, name = '', value = '']) => [
      name,
      value.trim(),
    ]),
  );
}

function textOf(literal: string | undefined): string | undefined {
  return /^(['"])(.*)\1$/.exec(literal ?? '')?.[2];
}
