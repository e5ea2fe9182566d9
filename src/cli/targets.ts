import {readdirSync} from 'node:fs';

import {isTarget} from '../control/protocol.ts';
import {AppsupError, systemCode} from '../errors.ts';
import {asDiskError} from '../system/disk-error.ts';

/**
 * Names of apps and programs as they may be sent to the supervisor.
 *
 * @param action - For the message: `start`.
 * @throws AppsupError `BAD_NAME`, exit code 2.
 */
export function checkedTargets(action: string, words: readonly string[]): readonly string[] {
  for (const word of words) {
    if (isTarget(word)) continue;
    throw new AppsupError(
      'BAD_NAME',
      `Cannot ${action} ${JSON.stringify(word)}: an app's name has letters, digits, "-" and "_" only`,
      {
        hint:
          word.includes('/') || word.startsWith('.') ? `appsup add ${word}` : 'appsup list shows the names',
        exitCode: 2,
      },
    );
  }
  return words;
}

/** Names of the apps that have a file, whatever is in it; sorted. */
export function appFileNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.toml') && isTarget(name.slice(0, -5)))
      .map((name) => name.slice(0, -5))
      .sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw asDiskError(error, `read ${directory}`);
  }
}
