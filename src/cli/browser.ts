import {spawn} from 'node:child_process';
import path from 'node:path';

import {splitWords} from '../config/words.ts';
import {messageOf} from '../errors.ts';
import {isExecutable} from '../launch/look.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** True when whoever types sits at another machine. */
export function isRemote(env: Environment): boolean {
  return Boolean(env['SSH_CONNECTION'] ?? env['SSH_TTY']);
}

/**
 * The command that shows an address on this machine's own display: the first of `$BROWSER` that is there, else xdg-open.
 *
 * `BROWSER` is a list of commands with colons between them, in each of which `%s` stands for the address (else it comes last),
 * as Python's webbrowser and xdg-open read it. `undefined`: there is no display, or nothing to show it with.
 */
export function browserFor(env: Environment, url: string): readonly string[] | undefined {
  if (isRemote(env) || !(env['DISPLAY'] || env['WAYLAND_DISPLAY'])) return undefined;
  const wishes = (env['BROWSER'] ?? '').split(':').flatMap((wish) => {
    const split = splitWords(wish);
    return split.ok && split.words.length > 0 ? [split.words] : [];
  });
  for (const [first = '', ...rest] of [...wishes, ['xdg-open']]) {
    const program = programOf(first, env['PATH'] ?? '');
    if (program === undefined) continue;
    const named = rest.some((word) => word.includes('%s'));
    return [program, ...(named ? rest.map((word) => word.replaceAll('%s', url)) : [...rest, url])];
  }
  return undefined;
}

function programOf(name: string, searched: string): string | undefined {
  if (name.includes('/')) return isExecutable(name) ? name : undefined;
  return searched
    .split(':')
    .filter((directory) => path.isAbsolute(directory))
    .map((directory) => path.join(directory, name))
    .find(isExecutable);
}

/** Start it and leave it alone: a browser may stay for days. Resolves with what went wrong. */
export async function launchBrowser([program = '', ...args]: readonly string[]): Promise<string | undefined> {
  const child = spawn(program, args, {stdio: 'ignore', detached: true});
  return await new Promise((resolve) => {
    child.once('error', (error) => resolve(messageOf(error)));
    child.once('spawn', () => {
      child.unref();
      resolve(undefined);
    });
  });
}
