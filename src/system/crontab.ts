import {execFile} from 'node:child_process';
import {accessSync, constants, existsSync, readFileSync, rmSync, statSync} from 'node:fs';
import path from 'node:path';

import {AppsupError, systemCode} from '../errors.ts';
import {writeAtomically} from './files.ts';

/**
 * The user's crontab, handed in.
 *
 * Its text is a string of bytes (latin1), one character each: a crontab may be written in any encoding, or in two, and
 * every line that is not ours has to come back as it was.
 */
export interface Crontab {
  /** The whole table; empty when there is none. @throws AppsupError `CRON_MISSING`, `CRON_DENIED`, `CRON_FAILED` */
  read(): Promise<string>;
  /**
   * Replace the whole table; an empty text removes it.
   *
   * @throws AppsupError as `read`; after `CRON_FAILED` for a refused table the old one is still there.
   */
  write(text: string): Promise<void>;
}

/** How `crontab` ended. */
interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The crontab of the user who runs this, by crontab(1).
 *
 * Never by a pipe: `crontab -` takes the empty input of a failed producer for a table, and exits with 0.
 *
 * @param directory - Where a table lies, 0600, while crontab(1) reads it; ours alone.
 * @param places - Where to look when `PATH` has no crontab(1).
 */
export function systemCrontab(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  places: readonly string[] = ['/usr/bin'],
): Crontab {
  const crontab = async (args: readonly string[], extra: Readonly<Record<string, string>> = {}) =>
    await run(findCrontab(env['PATH'], places), args, extra);
  const read = async () => {
    const answer = await crontab(['-l']);
    // Every failure is a 1, so only the words tell «there is none» from «you may not».
    if (answer.code !== 0 && isEmpty(answer)) return '';
    if (answer.code !== 0) throw refusal(answer, 'read');
    return mayHideReturns(answer.stdout) ? await readAsEditor() : answer.stdout;
  };
  const readAsEditor = async () =>
    await withDraft(directory, '', async (draft) => {
      const answer = await crontab(['-e'], {VISUAL: COPY, APPSUP_DRAFT: draft});
      if (answer.code !== 0) throw refusal(answer, 'read');
      return readFileSync(draft, 'latin1');
    });
  const install = async (text: string) =>
    await withDraft(directory, text, async (draft) => await crontab([draft]));
  return {
    read,
    async write(text) {
      const answer = text === '' ? await crontab(['-r']) : await install(text);
      if (answer.code !== 0 && !(text === '' && isEmpty(answer))) throw refusal(answer, 'edit');
      if ((await read()) === text) return;
      throw new AppsupError(
        'CRON_FAILED',
        'Cannot edit your crontab: it reads back differently from what was written',
        {
          hint: 'another program edits it, too: see crontab -l, then try again',
        },
      );
    },
  };
}

/**
 * Debian's `crontab -l` (3.0pl1-162) prints a carriage return as a backslash and an `r`, and so does a backslash with an
 * `r`. What `crontab -e` hands to an editor is the table itself.
 */
function mayHideReturns(listing: string): boolean {
  return listing.includes('\\r');
}

/** An «editor» that only copies: crontab(1) appends the file's name, gives all to sh, and sees that nothing was changed. */
const COPY = 'copy() { cat "$1" >"$APPSUP_DRAFT"; }; copy';

/** A private file for one call of crontab(1). */
async function withDraft<Result>(
  directory: string,
  text: string,
  use: (draft: string) => Promise<Result>,
): Promise<Result> {
  const draft = path.join(directory, `crontab.${process.pid}`);
  try {
    writeAtomically(draft, Buffer.from(text, 'latin1'));
    return await use(draft);
  } finally {
    rmSync(draft, {force: true});
  }
}

function findCrontab(searchPath: string | undefined, places: readonly string[]): string {
  const directories = [...(searchPath ?? '').split(':').filter((entry) => path.isAbsolute(entry)), ...places];
  const found = directories.map((directory) => path.join(directory, 'crontab')).find(isProgram);
  if (found !== undefined) return found;
  throw new AppsupError(
    'CRON_MISSING',
    'Cannot edit your crontab: there is no crontab program on this host',
    {
      hint: 'ask the administrators to install cron; until then, start your apps after a reboot by hand: appsup start all',
    },
  );
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

async function run(
  program: string,
  args: readonly string[],
  extra: Readonly<Record<string, string>>,
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      // In the C locale the words are those that we know, and bytes stay bytes.
      {
        env: {PATH: '/usr/bin:/bin', LC_ALL: 'C', ...extra},
        encoding: 'latin1',
        maxBuffer: 2 ** 26,
        timeout: 60_000,
      },
      (error, stdout, stderr) => {
        if (error === null || typeof error.code === 'number') {
          resolve({code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr});
        } else {
          reject(failure(error.killed === true ? 'crontab(1) gives no answer' : error.message, error));
        }
      },
    );
    child.stdin?.end();
  });
}

function isEmpty({stderr}: Answer): boolean {
  return /^(crontab: )?no crontab for /im.test(stderr);
}

/** What crontab(1) said, as an error of ours. */
function refusal({stderr, code}: Answer, action: 'read' | 'edit'): AppsupError {
  if (/not allowed/i.test(stderr)) return denied(stderr);
  const words = stderr
    .split('\n')
    // `"/home/alice/.local/state/appsup/eco/crontab.4711":3: bad minute` → `line 3: bad minute`
    .map((line) => line.replace(/^"?[^":]*"?:(\d+): /, 'line $1: ').trim())
    .filter(Boolean)
    .join('; ');
  return failure(words === '' ? `crontab(1) ended with ${code}` : words, undefined, action);
}

function failure(words: string, cause: unknown, action: 'read' | 'edit' = 'edit'): AppsupError {
  return new AppsupError('CRON_FAILED', `Cannot ${action} your crontab: ${words}`, {
    hint: 'it is unchanged; see crontab -l',
    cause,
  });
}

function denied(stderr: string): AppsupError {
  const user = /\(([^)\s]+)\) (?:is|are) not allowed/.exec(stderr)?.[1] ?? 'you';
  // crontab(1), "Files": with an allow file, only who stands in it may; else all but those of the deny file.
  const source = /\bpam\b/i.test(stderr)
    ? 'PAM'
    : existsSync('/etc/cron.allow')
      ? '/etc/cron.allow'
      : '/etc/cron.deny';
  return new AppsupError(
    'CRON_DENIED',
    `Cannot edit your crontab: cron is not allowed for ${user} (${source})`,
    {
      hint: 'ask the administrators for it; until then, after a reboot: appsup daemon start',
    },
  );
}
