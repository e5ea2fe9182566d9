import type {Launch} from '../core/program-spec.ts';
import {gracefulSeconds, hasOption, refuseOwnOptions} from './arguments.ts';
import type {OwnOption} from './arguments.ts';
import type {Server, Start} from './contract.ts';
import {listeningFirst} from './listening-first.ts';
import {cannotStart} from './trouble.ts';

export interface UwsgiFacts {
  /** Absolute. */
  readonly binary: string;
  /** Debian builds Python as a plugin; a uWSGI from pip has it inside. */
  readonly plugin: 'python3' | undefined;
  /** Runs the few lines that make inherited sockets listen. */
  readonly python: string;
  /** Of a venv; `undefined` for the system's packages. */
  readonly virtualenv: string | undefined;
  /** The settings file, when the target is one. */
  readonly ini: {readonly file: string; readonly text: string} | undefined;
}

const ADDRESS = 'the address is the one that the front end was told (port = ...)';
const OWN: readonly OwnOption[] = [
  {long: '--http-socket', why: ADDRESS},
  {long: '--http', why: ADDRESS},
  {long: '--socket', short: '-s', why: ADDRESS},
  {long: '--daemonize', short: '-d', why: 'a process that goes into the background cannot be watched'},
  {long: '--daemonize2', why: 'a process that goes into the background cannot be watched'},
];

/**
 * uWSGI, speaking HTTP on the inherited sockets (`--http-socket fd://3`, one for each), or its own protocol on the app's.
 *
 * TERM has to be taught: by itself uWSGI reloads at TERM, with `die-on-term` it cuts the requests in flight; the hook has
 * it let them finish (measured with 2.0.21 and 2.0.31). `die-on-term` stays for the moment before the hook is set.
 *
 * Until then uWSGI ignores TERM, and a worker ignores HUP, by which the master has it finish, until it has set itself up: a
 * stop that came while the app loaded, or just after the first answer, waited its whole time (in 37 of 72 tries). So both are
 * heard from the beginning.
 * A settings file stays as it is; ours come after it and are stronger. Its own sockets are opened beside ours.
 *
 * @throws AppsupError `CONFIG` when arguments or the file would take it away from us.
 */
export function uwsgi(start: Start, launch: Extract<Launch, {kind: 'uwsgi'}>, facts: UwsgiFacts): Server {
  const {program, context} = start;
  const {binary, plugin, python, ini} = facts;
  refuseOwnOptions(start, launch.args, 'args', OWN);
  const settings = iniSettings(ini?.text ?? '');
  const inherits = program.listen === 'socket';
  const own = launch.protocol === 'uwsgi' ? '--socket' : '--http-socket';
  // The private socket always speaks HTTP: over it, a new process is proven.
  const addresses = inherits
    ? [
        [own, 'fd://3'],
        ['--http-socket', 'fd://4'],
      ]
    : [[own, `127.0.0.1:${context.port}`]];
  const options = [
    ...(plugin === undefined || settings.has('plugin') || settings.has('plugins')
      ? []
      : ['--plugin', plugin]),
    ...(ini === undefined ? application(start, launch, facts) : fromIni(start, launch, facts, settings)),
    ...['--master', '--need-app', '--die-on-term'],
    ...['--hook-asap', 'unix_signal:15 end_me', '--hook-as-user', 'unix_signal:1 gracefully_kill'],
    ...['--hook-master-start', 'unix_signal:15 gracefully_kill_them_all'],
    ...['--worker-reload-mercy', String(gracefulSeconds(program.stopMs))],
    ...addresses.flat(),
  ];
  const command = [binary, ...options, ...launch.args];
  return {
    argv: inherits ? listeningFirst(python, addresses.length, command) : command,
    sockets: inherits ? ['held', 'private'] : [],
    listenFds: false,
    warnings: ini === undefined ? [] : iniWarnings(start, ini.file, settings),
  };
}

function application(
  {app, program}: Start,
  launch: Extract<Launch, {kind: 'uwsgi'}>,
  {virtualenv}: UwsgiFacts,
): readonly string[] {
  return [
    ...(virtualenv === undefined ? [] : ['--virtualenv', virtualenv]),
    ...['--chdir', program.directory],
    ...(app.prefix === 'keep' && app.mount !== ''
      ? ['--mount', `${app.mount}=${launch.target}`, '--manage-script-name']
      : ['--module', launch.target]),
    ...['--processes', String(launch.workers)],
    // Without it the app's own threads (Sentry, schedulers) never run.
    ...(launch.threads > 1 ? ['--threads', String(launch.threads)] : ['--enable-threads']),
    // Of 4 KiB by itself, which the cookies of a host with many apps fill.
    ...(hasOption(launch.args, '--buffer-size', '-b') ? [] : ['--buffer-size', '32768']),
  ];
}

function fromIni(
  start: Start,
  launch: Extract<Launch, {kind: 'uwsgi'}>,
  {virtualenv, ini}: UwsgiFacts,
  settings: ReadonlyMap<string, string>,
): readonly string[] {
  const file = ini?.file ?? launch.target;
  const background = ['daemonize', 'daemonize2'].find((key) => settings.has(key));
  if (background !== undefined) {
    throw cannotStart(
      start,
      'CONFIG',
      `${file} has ${background}: a process that goes into the background cannot be watched`,
      `take the line out of ${file}`,
    );
  }
  const has = (...keys: readonly string[]) => keys.some((key) => settings.has(key));
  return [
    ...(virtualenv === undefined || has('virtualenv', 'venv', 'home', 'pyhome')
      ? []
      : ['--virtualenv', virtualenv]),
    ...['--ini', file],
    ...(has('processes', 'workers', 'cheaper') ? [] : ['--processes', String(launch.workers)]),
    ...(launch.threads > 1 && !has('threads') ? ['--threads', String(launch.threads)] : []),
  ];
}

const SOCKETS = [
  'socket',
  'uwsgi-socket',
  'http',
  'http-socket',
  'https',
  'https-socket',
  'fastcgi-socket',
  'scgi-socket',
];

function iniWarnings({app}: Start, file: string, settings: ReadonlyMap<string, string>): readonly string[] {
  const own = SOCKETS.filter((key) => settings.has(key));
  const mounts = settings.has('mount') && settings.has('manage-script-name');
  return [
    ...own.map(
      (key) =>
        `${file} opens ${key} = ${settings.get(key)} beside the app's port; at a restart the old and the new uWSGI both want it`,
    ),
    ...(app.prefix === 'keep' && app.mount !== '' && !mounts
      ? [
          `${file} does not know the prefix ${app.mount}: instead of its module line write mount = ${app.mount}=MODULE:CALLABLE and manage-script-name = true, or set prefix = "strip"`,
        ]
      : []),
  ];
}

/** The keys of `[uwsgi]`, the last value of each, `_` as uWSGI reads it: as `-`. */
function iniSettings(text: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    section = /^\s*\[([^\]]*)\]/.exec(line)?.[1] ?? section;
    const [, key, value = ''] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section === 'uwsgi' && key !== undefined) settings.set(key.replaceAll('_', '-'), value);
  }
  return settings;
}
