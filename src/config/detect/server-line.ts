import path from 'node:path';

import type {Launch} from '../../core/program-spec.ts';
import {splitWords} from '../words.ts';
import {queueLine} from './queue-line.ts';

/** Options of gunicorn that have a key of their own, and those that the supervisor decides. */
const WORKERS = ['-w', '--workers'];
const THREADS = ['--threads'];
const CLASS = ['-k', '--worker-class'];
const OURS = [
  '-b',
  '--bind',
  '--host',
  '--port',
  '--uds',
  '--fd',
  '-p',
  '-u',
  '-e',
  '--endpoint',
  '--pid',
  '--log-file',
  '--access-logfile',
  '--error-logfile',
];
const OUR_FLAGS = ['-D', '--daemon', '--reload'];
const SHELL = /[$`|&;<>(){}*?~]/;

/**
 * How to run a line that was written for a shell: of a `Procfile`, or `scripts.start` of a `package.json`.
 *
 * A gunicorn or uvicorn line is taken apart, so that the socket can be handed to it; a line that needs a shell gets one.
 */
export function launchOfLine(line: string): Launch | undefined {
  const split = splitWords(line);
  if (!split.ok || split.words.length === 0) return undefined;
  const [program = '', ...rest] = split.words;
  const found = takenApart(program, rest);
  // What a shell would still have filled in cannot be taken apart.
  if (found !== undefined && !argsOf(found.launch).some((each) => SHELL.test(each))) return found.launch;
  const assigned = /^[A-Za-z_]\w*=/.test(program);
  if (!SHELL.test(line) && !assigned) return {kind: 'command', argv: split.words};
  // exec, so that the stop signal reaches the program and not a shell in front of it.
  const single = !/[|&;]/.test(line) && !assigned;
  return {kind: 'command', argv: ['sh', '-c', single ? `exec ${line}` : line]};
}

/** The words of a server or of a worker by its kind, also behind `python -m` and `python`; `undefined` for anything else. */
export function takenApart(program: string, words: readonly string[]): ServerLine | undefined {
  const name = path.basename(program);
  if (/^python[\d.]*$/.test(name)) {
    const [first = '', ...rest] = words;
    if (first === '-m') return takenApart(rest[0] ?? '', rest.slice(1));
    return /^(\.\/)?manage\.py$/.test(first) ? queueLine('manage.py', rest) : undefined;
  }
  const server = SERVERS.find((each) => each === name);
  return server === undefined ? queueLine(name, words) : serverLine(server, words);
}

const SERVERS = ['gunicorn', 'uvicorn', 'hypercorn', 'daphne'] as const;

function argsOf(launch: Launch): readonly string[] {
  return 'args' in launch ? launch.args : [];
}

/** A server's command line taken apart. */
export interface ServerLine {
  readonly launch: Launch;
  /** Options that were left out, because the address and the process are ours. */
  readonly dropped: readonly string[];
}

/** What behind the server's name becomes keys and `args`; `undefined` when no target is found in it. */
function serverLine(kind: (typeof SERVERS)[number], words: readonly string[]): ServerLine | undefined {
  let target: string | undefined;
  const taken = {
    workers: undefined as number | undefined,
    threads: 1,
    workerClass: undefined as string | undefined,
  };
  const [args, dropped]: [string[], string[]] = [[], []];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const [option, inline] = parted(word);
    if (OUR_FLAGS.includes(option)) {
      dropped.push(option);
      continue;
    }
    if (!word.startsWith('-')) {
      if (/^[\w.]+(:[\w.()]+)?$/.test(word)) target = word;
      else return undefined;
      continue;
    }
    const flag =
      inline === undefined &&
      (words[index + 1] === undefined || words[index + 1]?.startsWith('-') || FLAGS.has(option));
    const value = flag ? undefined : (inline ?? words[++index]);
    if (OURS.includes(option)) dropped.push(value === undefined ? option : `${option} ${value}`);
    else if (WORKERS.includes(option) && /^\d+$/.test(value ?? '')) taken.workers = Number(value);
    else if (THREADS.includes(option) && /^\d+$/.test(value ?? '')) taken.threads = Number(value);
    else if (kind === 'gunicorn' && CLASS.includes(option)) taken.workerClass = value;
    else args.push(option, ...(value === undefined ? [] : [value]));
  }
  if (target === undefined) return undefined;
  const {workers, threads, workerClass} = taken;
  if (kind !== 'gunicorn' && !target.includes(':')) return undefined;
  if (kind === 'daphne') return {launch: {kind, target, args}, dropped};
  if (kind !== 'gunicorn') return {launch: {kind, target, workers: workers ?? 1, args}, dropped};
  const full = target.includes(':') ? target : `${target}:application`;
  return {launch: {kind, target: full, workers: workers ?? 2, threads, workerClass, args}, dropped};
}

/** Option and value of `--bind=x`, `-b`, and `-w4`. */
function parted(word: string): readonly [string, string?] {
  if (word.startsWith('--')) {
    const at = word.indexOf('=');
    return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
  }
  return /^-[bwkpcn]./.test(word) ? [word.slice(0, 2), word.slice(2).replace(/^=/, '')] : [word];
}

/** Options without a value. */
const FLAGS: ReadonlySet<string> = new Set([
  '--preload',
  '--proxy-headers',
  '--no-access-log',
  '--no-server-header',
  '--capture-output',
  '--no-sendfile',
  '--factory',
  '--reuse-port',
  '--proxy-protocol',
  '--enable-stdio-inheritance',
  '--disable-redirect-access-to-syslog',
  '--log-syslog',
  '--no-control-socket',
  '-R',
]);
