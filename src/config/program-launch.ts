import {QUEUES} from '../core/program-spec.ts';
import type {Launch} from '../core/program-spec.ts';
import {readCommand, readWords} from './command.ts';
import {listed} from './keys.ts';
import type {ProgramFile} from './schema-program.ts';
import type {Defaults} from './schema.ts';
import {readTarget} from './target.ts';
import type {Problem} from './validate.ts';

/** What one program's table is read with. */
export interface ProgramContext {
  readonly name: string;
  /** Absolute; of the app. */
  readonly directory: string;
  readonly home: string;
  readonly defaults: Defaults;
  /** Keys that stand in the file, also those whose value was refused. */
  readonly present: ReadonlySet<string>;
  /** The same for its table `health`. */
  readonly health: ReadonlySet<string>;
  readonly report: (problem: Problem) => void;
}

/** What people are told of; the gateway is no app of theirs. */
const SERVERS = ['gunicorn', 'uvicorn', 'hypercorn', 'daphne', 'uwsgi', ...QUEUES, 'command'] as const;
const KINDS = [...SERVERS, 'gateway'] as const;
type Kind = (typeof KINDS)[number];

/** Which of the further keys each kind understands. */
const KEYS: Readonly<Record<Kind, readonly string[]>> = {
  gunicorn: ['workers', 'threads', 'worker_class', 'args'],
  uvicorn: ['workers', 'args'],
  hypercorn: ['workers', 'args'],
  daphne: ['args'],
  uwsgi: ['workers', 'threads', 'protocol', 'args'],
  huey: ['workers', 'args'],
  celery: ['workers', 'args'],
  rq: ['workers', 'args'],
  dramatiq: ['workers', 'args'],
  command: ['sockets'],
  gateway: [],
};

/** What a program runs: exactly one of its kinds. `undefined` after a report. */
export function readLaunch(file: ProgramFile, context: ProgramContext): Launch | undefined {
  const {name, present, report} = context;
  const path = ['programs', name];
  const said = KINDS.filter((kind) => present.has(kind));
  const [kind, second] = said;
  if (kind === undefined) {
    report({
      path,
      at: 'key',
      message: `"${name}" has nothing to run: expected ${listed(SERVERS.map((each) => `"${each}"`))}`,
      hint: 'add: gunicorn = "wsgi:application", or command = "..."',
    });
    return undefined;
  }
  if (second !== undefined) {
    report({
      path: [...path, second],
      at: 'key',
      message: `"${name}" has both "${kind}" and "${second}"`,
      hint: 'keep one of them',
    });
    return undefined;
  }
  checkForeignKeys(kind, context);
  const args = readWords(file.args, [...path, 'args'], report) ?? [];
  checkArguments(kind, args, context);
  return launchOf(kind, file, args, context);
}

function launchOf(
  kind: Kind,
  file: ProgramFile,
  args: readonly string[],
  context: ProgramContext,
): Launch | undefined {
  if (kind === 'command') {
    const {home, report} = context;
    const argv = readCommand(file.command, {path: ['programs', context.name, 'command'], home, report});
    return argv === undefined ? undefined : {kind, argv};
  }
  if (kind === 'gateway') return file.gateway === true ? {kind} : undefined;
  const said = file[kind];
  if (said === undefined) return undefined; // refused before
  const target = readTarget(kind, said, context);
  if (target === undefined) return undefined;
  const threads = file.threads ?? 1;
  switch (kind) {
    case 'gunicorn':
      return {kind, target, workers: file.workers ?? 2, threads, workerClass: file.worker_class, args};
    case 'uvicorn':
    case 'hypercorn':
    case 'huey':
    case 'rq':
      return {kind, target, workers: file.workers ?? 1, args};
    case 'celery':
    case 'dramatiq':
      return {kind, target, workers: file.workers ?? 2, args};
    case 'daphne':
      return {kind, target, args};
    case 'uwsgi':
      return {kind, target, workers: file.workers ?? 2, threads, protocol: file.protocol ?? 'http', args};
  }
}

function checkForeignKeys(kind: Kind, {name, present, report}: ProgramContext): void {
  for (const key of new Set(Object.values(KEYS).flat())) {
    if (!present.has(key) || KEYS[kind].includes(key)) continue;
    const where = listed(KINDS.filter((each) => KEYS[each].includes(key)));
    report({
      path: ['programs', name, key],
      at: 'key',
      message: `"${key}" means nothing to "${kind}": it is for ${where}`,
      hint: 'remove it',
    });
  }
}

/** Arguments that would take the program out of our hands: the address is ours, and a daemon leaves its supervisor. */
const OURS: Readonly<Record<Kind, RegExp>> = {
  gunicorn: /^(--bind|-b|--daemon|-D|--pid|-p)(=|$)|^-b./,
  uvicorn: /^(--host|--port|--uds|--fd|--reload)(=|$)/,
  hypercorn: /^(--bind|-b|--insecure-bind|--quic-bind|--pid|-p|--reload)(=|$)|^-b./,
  daphne: /^(--bind|-b|--port|-p|--unix-socket|-u|--fd|--endpoint|-e)(=|$)/,
  huey: /^$^/,
  celery: /^(--detach|-D|--pidfile)(=|$)/,
  rq: /^$^/,
  dramatiq: /^(--watch|--pid-file)(=|$)/,
  uwsgi:
    /^(--socket|-s|--http|--http-socket|--https|--fastcgi-socket|--uwsgi-socket|--daemonize|--daemonize2|-d)(=|$)/,
  command: /^$^/,
  gateway: /^$^/,
};

function checkArguments(kind: Kind, args: readonly string[], {name, report}: ProgramContext): void {
  const path = ['programs', name, 'args'];
  const ours = args.find((argument) => OURS[kind].test(argument));
  if (ours !== undefined) {
    report({
      path,
      message: `Cannot pass ${JSON.stringify(ours)} to ${kind}: appsup looks after the address and the process`,
      hint: 'remove it',
    });
  }
  const mask = /^(?:(?:-m|--umask)[= ])([1-9]\d*)(?: |$)/m.exec(args.join(' ').replaceAll(' -', '\n-'));
  if (kind === 'gunicorn' && mask?.[1] !== undefined) {
    const octal = Number(mask[1]).toString(8);
    report({
      path,
      severity: 'warning',
      message: `gunicorn reads the umask ${mask[1]} as decimal: octal ${octal}`,
      hint: `for the octal one write 0o${mask[1]}, or use the key umask = "${mask[1]}"`,
    });
  }
}
