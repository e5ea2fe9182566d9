import type {Launch} from '../core/spec.ts';
import {expandPath} from '../system/paths.ts';
import {readCommand, readWords} from './command.ts';
import {listed} from './keys.ts';
import type {ProgramFile} from './schema-program.ts';
import type {Defaults} from './schema.ts';
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
const SERVERS = ['gunicorn', 'uvicorn', 'uwsgi', 'command'] as const;
const KINDS = [...SERVERS, 'gateway'] as const;
type Kind = (typeof KINDS)[number];

/** Which of the further keys each kind understands. */
const KEYS: Readonly<Record<Kind, readonly string[]>> = {
  gunicorn: ['workers', 'threads', 'worker_class', 'args'],
  uvicorn: ['workers', 'args'],
  uwsgi: ['workers', 'threads', 'protocol', 'args'],
  command: [],
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
  const target = targetOf(kind, file[kind], context);
  if (target === undefined) return undefined;
  const threads = file.threads ?? 1;
  switch (kind) {
    case 'gunicorn':
      return {kind, target, workers: file.workers ?? 2, threads, workerClass: file.worker_class, args};
    case 'uvicorn':
      return {kind, target, workers: file.workers ?? 1, args};
    case 'uwsgi':
      return {kind, target, workers: file.workers ?? 2, threads, protocol: file.protocol ?? 'http', args};
  }
}

const MODULE = String.raw`[A-Za-z_]\w*(\.[A-Za-z_]\w*)*`;
const TARGET = new RegExp(String.raw`^${MODULE}:[A-Za-z_][^\s;|&<>]*$`);

/** `module:callable`; gunicorn's own default callable is `application`. */
function targetOf(
  kind: 'gunicorn' | 'uvicorn' | 'uwsgi',
  text: string | undefined,
  context: ProgramContext,
): string | undefined {
  if (text === undefined) return undefined; // refused before
  if (kind === 'uwsgi' && text.endsWith('.ini')) return expandPath(text, context.home, context.directory);
  if (TARGET.test(text)) return text;
  if (kind === 'gunicorn' && new RegExp(`^${MODULE}$`).test(text) && !text.endsWith('.py'))
    return `${text}:application`;
  const file = /^([\w/]+)\.py(:\w+)?$/.exec(text);
  const meant = file === null ? undefined : `${file[1]?.replaceAll('/', '.')}${file[2] ?? ':application'}`;
  context.report({
    path: ['programs', context.name, kind],
    message: `Expected "${kind}" to be module:callable: got ${JSON.stringify(text)}`,
    hint:
      meant === undefined ? `as "wsgi:application"; options belong into args` : `did you mean "${meant}"?`,
  });
  return undefined;
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
