import {statSync} from 'node:fs';

import {MARK} from '../core/mark.ts';
import type {AppSpec} from '../core/spec.ts';
import {AppsupError, systemCode} from '../errors.ts';
import {readEnvFile} from '../launch/env-file.ts';
import {secretTexts} from '../launch/secrets.ts';
import type {Proc} from '../system/proc.ts';
import type {ProcessRecord} from './records.ts';

/**
 * The environment that a process was started with, out of `/proc/PID/environ`; `undefined` when it is not to be had any more.
 *
 * A program that sets its title (setproctitle, as gunicorn does where that is installed) writes it over its arguments and then over
 * its environment. What we set stands in both halves of it, so a part that is left over is not taken for all.
 */
export function environmentOf(
  proc: Pick<Proc, 'environment'>,
  {pid, mark}: Pick<ProcessRecord, 'pid' | 'mark'>,
): Readonly<Record<string, string>> | undefined {
  const env = proc.environment(pid);
  return env[MARK] === mark && env['HOME'] !== undefined ? env : undefined;
}

/**
 * The secrets of a process out of the files that its environment was made of; `undefined` when one of them may have changed since.
 *
 * @param app - As its file is now.
 * @param hash - Of that file.
 */
export function secretsFromFiles(
  app: AppSpec,
  program: string,
  record: Pick<ProcessRecord, 'hash' | 'startedAt'>,
  {hash, home}: {readonly hash: string; readonly home: string},
): readonly string[] | undefined {
  if (record.hash !== hash) return undefined;
  if (!app.envFiles.every((file) => isOlder(file, record.startedAt))) return undefined;
  try {
    const uid = process.getuid?.() ?? 0;
    const fromFiles = app.envFiles.flatMap((file) => [...readEnvFile(file, {home, uid}).values]);
    const said = {...app.env, ...app.programs.find(({name}) => name === program)?.env};
    const variables = [
      ...fromFiles.map(([name, value]) => ({name, value, fromFile: true})),
      ...Object.entries(said).map(([name, value]) => ({name, value, fromFile: false})),
    ];
    return secretTexts(variables, [app.directory, app.mount, app.name]);
  } catch (error) {
    if (error instanceof AppsupError) return undefined;
    throw error;
  }
}

/** Of a file that was renamed into its place, the change counts as well: its inode is younger then. */
function isOlder(file: string, wallMs: number): boolean {
  try {
    return statSync(file).ctimeMs <= wallMs;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}
