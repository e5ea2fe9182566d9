import {isAppsupError} from '../errors.ts';
import {errorExit} from './exit-codes.ts';
import {errorText} from './output.ts';
import type {Result} from './output.ts';

/**
 * A command for one app, or for several, one after the other: then what cannot be done for one is told, and the others go on.
 *
 * @param separator - Between the texts of two apps.
 * @throws what `one` throws, of a single app; of several what is no AppsupError
 */
export async function forEachApp(
  names: readonly string[],
  one: (name: string) => Promise<Result>,
  separator = '\n',
): Promise<Result> {
  const [only, ...more] = names;
  if (only !== undefined && more.length === 0) return await one(only);
  const results: Result[] = [];
  for (const name of names) results.push(await one(name).catch((error: unknown) => failed(name, error)));
  return {
    text: results
      .map(({text}) => text)
      .filter((text) => text !== '')
      .join(separator),
    json: results.flatMap(({json}) => json),
    failures: results.flatMap(({failures = []}) => failures),
    hints: results.flatMap(({hints = []}) => hints),
    exitCode: results.findLast(({exitCode = 0}) => exitCode !== 0)?.exitCode ?? 0,
  };
}

function failed(name: string, error: unknown): Result {
  if (!isAppsupError(error)) throw error;
  return {
    text: '',
    json: [{app: name.split(':', 1)[0], ok: false, error: error.toJSON()}],
    failures: [errorText(error)],
    exitCode: errorExit(error),
  };
}
