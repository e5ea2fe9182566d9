import {execFile} from 'node:child_process';

import type {UnixAccount} from '../system/accounts.ts';
import type {Reading, ReadOrder} from './read-requests.ts';

export interface ReadersOptions {
  /** Absolute path of the built `request-reader.cjs`. */
  readonly reader: string;
  readonly host: string;
  /** For one account. @defaultValue 10_000 */
  readonly timeoutMs?: number;
  /** Called before each account. */
  readonly onAccount?: (account: UnixAccount, index: number) => void;
}

/** Accounts are read side by side, so that one that hangs does not hold up all. */
const AT_ONCE = 4;

/** What each account has published, in the order of the accounts. One that cannot be read says why. */
export async function readUsers(
  accounts: readonly UnixAccount[],
  options: ReadersOptions,
): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  const waiting = [...accounts.entries()].reverse();
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [index, account] = next;
      options.onAccount?.(account, index);
      readings[index] = await readUser(account, options);
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, work));
  return readings;
}

async function readUser(
  {uid, gid, home}: UnixAccount,
  {reader, host, timeoutMs = 10_000}: ReadersOptions,
): Promise<Reading> {
  const order: ReadOrder = {uid, gid, home, host};
  return await new Promise((resolve) => {
    const settings = {
      // Nothing of root's environment goes into a process that will be the user's.
      env: {},
      cwd: '/',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
    } as const;
    const child = execFile(process.execPath, [reader], settings, (error, stdout, stderr) => {
      if (error === null) resolve(readingOf(stdout));
      else if (error.killed === true) resolve(failed(`reading them took more than ${timeoutMs / 1000} s`));
      else resolve(failed(/^\w*Error: .+$/m.exec(stderr)?.[0] ?? 'the reader ended without a word'));
    });
    // A reader that ends before it has its order tells by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(order));
  });
}

function failed(unreachable: string): Reading {
  return {unreachable, files: []};
}

/** The reader ran as the user: its word is looked at once more. */
function readingOf(stdout: string): Reading {
  const {files, problem, unreachable} = JSON.parse(stdout) as Partial<Reading>;
  if (!Array.isArray(files)) return failed('the reader said nothing');
  if (unreachable !== undefined) return failed(String(unreachable));
  return problem === undefined ? {files} : {problem: String(problem), files: []};
}
