import {execFile} from 'node:child_process';

export interface TabSession {
  /** An interactive shell: `bash --norc --noprofile -i`. */
  readonly shell: string;
  /** What is typed before: it loads the completion. */
  readonly setup: readonly string[];
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Type lines into an interactive shell on a terminal of its own, TAB where they have `\t`; returns the words that a program
 * `appsup` would have been started with, line by line.
 *
 * The shell finds no program from then on: completing has to do without.
 */
export async function typed(
  {shell, setup, home, env = {}}: TabSession,
  lines: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const input = [
    ...setup,
    'appsup() { printf "<<"; printf "<%s>" "$@"; echo ">>"; }',
    'PS1= PATH=/nowhere',
    ...lines,
    'exit',
    '',
  ].join('\n');
  const output = await new Promise<string>((resolve, reject) => {
    const child = execFile(
      'script',
      ['-qec', shell, '/dev/null'],
      {
        cwd: home,
        timeout: 60_000,
        env: {HOME: home, PATH: '/usr/bin:/bin', TERM: 'dumb', LANG: 'C.UTF-8', ...env},
      },
      (error, stdout) => {
        if (error?.killed === true) reject(new Error(`no end of:\n${stdout}`));
        else resolve(stdout);
      },
    );
    child.stdin?.end(input);
  });
  // A prompt may stand before it.
  return [...output.matchAll(/<<((?:<[^<>\r\n]*>)+)>>\r?\n/g)].map(([, words = '']) =>
    [...words.matchAll(/<([^<>]*)>/g)].map(([, word = '']) => word),
  );
}
