import {spawn} from 'node:child_process';
import {statSync} from 'node:fs';

import {systemCode} from '../errors.ts';

/** What a program answered: both streams together. `code` is `undefined` when it could not be run or did not end in time. */
export interface Answer {
  readonly code: number | undefined;
  readonly output: string;
}

const answers = new Map<string, Promise<Answer>>();
const TIMEOUT_MS = 15_000;

/**
 * Run a program for what it says of itself, with nothing of our environment.
 *
 * @param watch - Files and directories whose change makes the answer an old one; until then it is kept.
 */
export async function ask(argv: readonly string[], home: string, watch: readonly string[]): Promise<Answer> {
  const key = JSON.stringify([argv, home, watch.map(changedAt)]);
  const answer = answers.get(key) ?? run(argv, home);
  answers.set(key, answer);
  // A time-out says more about the machine than about the program.
  if ((await answer).code === undefined) answers.delete(key);
  return await answer;
}

async function run([program = '', ...args]: readonly string[], home: string): Promise<Answer> {
  return await new Promise((resolve) => {
    const env = {
      HOME: home,
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LANG: 'C.UTF-8',
      PYTHONDONTWRITEBYTECODE: '1',
    };
    // No pipe for stdin: Node's pipes are sockets, and uWSGI serves on a stdin that is one.
    const child = spawn(program, args, {
      env,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Not spawn's own: of a program that is not there it would keep this process for so long.
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    const end = (answer: Answer): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', () => end({code: undefined, output}));
    child.once('close', (code) => end({code: code ?? undefined, output}));
  });
}

function changedAt(file: string): number {
  try {
    return statSync(file).mtimeMs;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return 0;
  }
}
