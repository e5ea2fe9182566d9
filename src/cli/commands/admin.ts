import type {Command} from '../context.ts';
import {checkSiteFile} from './admin-check.ts';
import {collect} from './admin-collect.ts';

/**
 * `appsup admin check [FILE]`, `appsup admin collect`
 *
 * @param reader - Absolute path of the built program that reads one user's requests.
 */
export function admin(reader: string): Command {
  return async (context, {words: [verb, ...rest], options}) =>
    verb === 'check' ? checkSiteFile(context, rest) : await collect(context, {words: rest, options, reader});
}
