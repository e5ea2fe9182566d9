import type {Launch} from '../../core/spec.ts';
import {splitWords} from '../words.ts';

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
  if (program === 'gunicorn' || program === 'uvicorn') {
    const launch = serverLaunch(program, rest);
    if (launch !== undefined) return launch;
  }
  const assigned = /^[A-Za-z_]\w*=/.test(program);
  if (!SHELL.test(line) && !assigned) return {kind: 'command', argv: split.words};
  // exec, so that the stop signal reaches the program and not a shell in front of it.
  const single = !/[|&;]/.test(line) && !assigned;
  return {kind: 'command', argv: ['sh', '-c', single ? `exec ${line}` : line]};
}

function serverLaunch(kind: 'gunicorn' | 'uvicorn', words: readonly string[]): Launch | undefined {
  let target: string | undefined;
  const taken = {
    workers: undefined as number | undefined,
    threads: 1,
    workerClass: undefined as string | undefined,
  };
  const args: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const [option = '', inline] = word.startsWith('--') ? word.split(/=(.*)/s) : [word];
    if (OUR_FLAGS.includes(option)) continue;
    if (!word.startsWith('-')) {
      if (/^[\w.]+(:[\w.()]+)?$/.test(word)) target = word;
      else return undefined;
      continue;
    }
    const flag =
      inline === undefined &&
      (words[index + 1] === undefined || words[index + 1]?.startsWith('-') || FLAGS.has(option));
    const value = flag ? undefined : (inline ?? words[++index]);
    if (OURS.includes(option)) continue;
    if (WORKERS.includes(option) && /^\d+$/.test(value ?? '')) taken.workers = Number(value);
    else if (THREADS.includes(option) && /^\d+$/.test(value ?? '')) taken.threads = Number(value);
    else if (CLASS.includes(option)) taken.workerClass = value;
    else args.push(option, ...(value === undefined ? [] : [value]));
  }
  // What a shell would still have filled in cannot be taken apart.
  if (target === undefined || args.some((each) => SHELL.test(each))) return undefined;
  if (kind === 'uvicorn')
    return target.includes(':') ? {kind, target, workers: taken.workers ?? 1, args} : undefined;
  const full = target.includes(':') ? target : `${target}:application`;
  return {
    kind,
    target: full,
    workers: taken.workers ?? 2,
    threads: taken.threads,
    workerClass: taken.workerClass,
    args,
  };
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
]);
