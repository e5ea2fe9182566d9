import {existsSync, mkdirSync, rmSync} from 'node:fs';
import path from 'node:path';

import {AppsupError} from '../../errors.ts';
import {asDiskError, readIfThere, writeAtomically} from '../../system/files.ts';
import type {Shell} from './words.ts';

/** Where a shell looks for the completion of a command, and what is needed that it does. */
export interface Place {
  readonly file: string;
  readonly hints: readonly string[];
}

/** Of Debian, Red Hat, Arch and Alpine; and of Homebrew and Nix, by the variable that it sets. */
const BASH_COMPLETION = ['/usr/share/bash-completion/bash_completion', '/etc/bash_completion'];

/** The user's own directory of each shell: none of them needs root, and none of them touches a start file. */
export function placeFor(
  shell: Shell,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): Place {
  const data = env['XDG_DATA_HOME'] || path.join(home, '.local/share');
  switch (shell) {
    case 'bash': {
      const file = path.join(
        env['BASH_COMPLETION_USER_DIR'] || path.join(data, 'bash-completion'),
        'completions/appsup',
      );
      const loaded =
        env['BASH_COMPLETION_VERSINFO'] !== undefined || BASH_COMPLETION.some((each) => existsSync(each));
      // Without the package nobody looks there.
      return {
        file,
        hints: loaded ? [] : [`this host has no bash-completion: add to ~/.bashrc the line  . ${file}`],
      };
    }
    case 'zsh': {
      const directory = path.join(data, 'zsh/site-functions');
      return {
        file: path.join(directory, '_appsup'),
        hints: [
          `if TAB does not know it, add to ~/.zshrc, above compinit, the line  fpath=(${directory} $fpath)`,
        ],
      };
    }
    case 'fish':
      return {
        file: path.join(env['XDG_CONFIG_HOME'] || path.join(home, '.config'), 'fish/completions/appsup.fish'),
        hints: [],
      };
  }
}

/** @throws AppsupError `KEPT` when somebody else has written a file of that name, `DISK` */
export function installScript(file: string, script: string): void {
  isOurs(file);
  try {
    mkdirSync(path.dirname(file), {recursive: true, mode: 0o700});
  } catch (error) {
    throw asDiskError(error, `make ${path.dirname(file)}`);
  }
  writeAtomically(file, script);
}

/** False when there is none. @throws AppsupError `KEPT` when somebody else has written it, `DISK` */
export function uninstallScript(file: string): boolean {
  if (!isOurs(file)) return false;
  try {
    rmSync(file);
  } catch (error) {
    throw asDiskError(error, `remove ${file}`);
  }
  return true;
}

/** True for one that we have written, false when there is none. */
function isOurs(file: string): boolean {
  const text = readIfThere(file);
  if (text === undefined) return false;
  if (text.split('\n', 2).some((line) => /^# appsup .*made by "appsup completion /.test(line))) return true;
  throw new AppsupError('KEPT', `Cannot use ${file}: it was not made by appsup`, {
    hint: `look at it, and move it away: mv ${file} ${file}.old`,
  });
}
