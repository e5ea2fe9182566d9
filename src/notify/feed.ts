import {spawn} from 'node:child_process';

import {systemCode} from '../errors.ts';
import {DELIVERED, undelivered} from './delivery.ts';
import type {Delivery} from './delivery.ts';
import {plainLine} from './plain.ts';

export interface FeedRequest {
  /** Run without a shell; the first word is looked for in the PATH of `env`. */
  readonly argv: readonly string[];
  /** Complete: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  /** For its stdin. */
  readonly text: string;
  /** Then SIGKILL to its whole group. */
  readonly timeoutMs: number;
}

/** Of what it says on stderr, so much is kept. */
const MOST_STDERR = 4096;
/** EX_TEMPFAIL of sysexits.h: "try again later", as mailers say it. */
const TEMPFAIL = 75;

/** Run a command with a text on its stdin; 0 is delivered. */
export async function feed({argv, env, directory, text, timeoutMs}: FeedRequest): Promise<Delivery> {
  const [file = '', ...args] = argv;
  return await new Promise((resolve) => {
    // A group of its own, so that what it starts ends with it when time is up.
    const child = spawn(file, args, {cwd: directory, env, detached: true, stdio: ['pipe', 'ignore', 'pipe']});
    let said = '';
    const finish = (delivery: Delivery) => {
      clearTimeout(late);
      // What it left in the background may hold the pipe for ever.
      child.stderr.destroy();
      resolve(delivery);
    };
    const late = setTimeout(() => {
      if (child.pid !== undefined) killGroup(child.pid);
      finish(undelivered(`${file} was ended: not done within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    child.stderr
      .setEncoding('utf8')
      .on('data', (piece: string) => (said = (said + piece).slice(-MOST_STDERR)));
    child.once('error', (error) => finish(undelivered(`${file}: ${error.message}`)));
    child.once('exit', (code, signal) =>
      finish(code === 0 ? DELIVERED : failure(file, code ?? signal, said)),
    );
    // It may end, or close its stdin, without having read.
    child.stdin.on('error', () => undefined);
    child.stdin.end(text);
  });
}

function failure(file: string, end: number | NodeJS.Signals | null, said: string): Delivery {
  const last = said.trimEnd().split('\n').at(-1) ?? '';
  const why = `${file} ended with ${end}${last === '' ? '' : `: ${plainLine(last, 300)}`}`;
  return undelivered(why, end === TEMPFAIL);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
