import type {Launch} from '../../core/program-spec.ts';

/** A worker's command line taken apart. */
export interface QueueLine {
  readonly launch: Extract<Launch, {readonly workers: number}>;
  /** Options that were left out, because the process is ours. */
  readonly dropped: readonly string[];
}

const MODULE = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?$/;
const DROPPED = ['-D', '--detach', '--pidfile', '--pid-file', '-f', '--logfile', '--log-file'];

/**
 * A worker of a queue by its kind: `celery -A tasks worker`, `rq worker high`, `dramatiq tasks`, `huey_consumer tasks.huey`,
 * `manage.py run_huey`. `undefined` for anything else, also for their other programs, as `celery beat`.
 *
 * @param program - The name of the program, without its directory; of `python -m NAME` and `python FILE` that.
 */
export function queueLine(program: string, words: readonly string[]): QueueLine | undefined {
  switch (program) {
    case 'celery':
      return celery(words);
    case 'rq': {
      const [verb, ...queues] = words;
      if (verb !== 'worker' || !queues.every((each) => /^[A-Za-z0-9_][\w.:-]*$/.test(each))) return undefined;
      return line({kind: 'rq', target: queues.join(' ') || 'default', workers: 1, args: []}, []);
    }
    case 'dramatiq': {
      const [target = '', ...rest] = words;
      if (!MODULE.test(target)) return undefined;
      const {workers, args, dropped} = sorted(rest, ['-p', '--processes']);
      return line({kind: 'dramatiq', target, workers: workers ?? 2, args}, dropped);
    }
    case 'huey_consumer':
    case 'huey_consumer.py':
    case 'huey.bin.huey_consumer':
      return huey(words[0] ?? '', words.slice(1));
    case 'manage.py':
      return words[0] === 'run_huey' ? huey('manage.py', words.slice(1)) : undefined;
    default:
      return undefined;
  }
}

function huey(target: string, rest: readonly string[]): QueueLine | undefined {
  if (target !== 'manage.py' && !/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/.test(target)) return undefined;
  const {workers, args, dropped} = sorted(rest, ['-w', '--workers']);
  return line({kind: 'huey', target, workers: workers ?? 1, args}, dropped);
}

function celery(words: readonly string[]): QueueLine | undefined {
  const at = words.findIndex((word) => /^(-A|--app)(=|$)/.test(word));
  const inline = /^--app=(.+)$/.exec(words[at] ?? '')?.[1];
  const target = inline ?? words[at + 1] ?? '';
  const rest = at < 0 ? words : words.toSpliced(at, inline === undefined ? 2 : 1);
  const [verb, ...options] = rest;
  if (at < 0 || verb !== 'worker' || !MODULE.test(target)) return undefined;
  const {workers, args, dropped} = sorted(options, ['-c', '--concurrency']);
  return line({kind: 'celery', target, workers: workers ?? 2, args}, dropped);
}

function line(launch: QueueLine['launch'], dropped: readonly string[]): QueueLine {
  return {launch, dropped};
}

/** Options by what becomes of them. */
function sorted(
  words: readonly string[],
  count: readonly string[],
): {
  readonly workers: number | undefined;
  readonly args: readonly string[];
  readonly dropped: readonly string[];
} {
  let workers: number | undefined;
  const [args, dropped]: [string[], string[]] = [[], []];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const [option = '', inline] = word.startsWith('--') ? word.split(/=(.*)/s, 2) : [word];
    const next = words[index + 1];
    if (count.includes(option) && /^\d+$/.test(inline ?? next ?? '')) {
      workers = Number(inline ?? next);
      if (inline === undefined) index++;
    } else if (DROPPED.includes(option)) {
      dropped.push(word);
      const takes = option !== '-D' && option !== '--detach' && inline === undefined;
      if (takes && next !== undefined && !next.startsWith('-')) index++;
    } else args.push(word);
  }
  return {workers, args, dropped};
}
