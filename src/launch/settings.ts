import {accessSync, constants, statfsSync} from 'node:fs';
import path from 'node:path';

import {optionValue} from './arguments.ts';
import type {Start} from './contract.ts';
import {attempt, readText} from './look.ts';
import {cannotStart, shown} from './trouble.ts';

/** The settings file that gunicorn will read: the one of `--config`, else `gunicorn.conf.py` in the directory. */
export function gunicornConfig(
  {program}: Start,
  args: readonly string[],
): {readonly name: string; readonly text: string} | undefined {
  const said = optionValue(args, '--config', '-c');
  if (said?.startsWith('python:') === true) return undefined;
  const name = (said ?? 'gunicorn.conf.py').replace(/^file:/, '');
  const text = readText(path.resolve(program.directory, name));
  return text === undefined ? undefined : {name, text};
}

/** The file that uWSGI is to read, when its target is one. @throws AppsupError `NOT_FOUND` */
export function iniOf(
  start: Start,
  target: string,
): {readonly file: string; readonly text: string} | undefined {
  if (!target.endsWith('.ini')) return undefined;
  const file = path.resolve(start.program.directory, target);
  const text = readText(file);
  if (text !== undefined) return {file, text};
  throw cannotStart(
    start,
    'NOT_FOUND',
    `${shown(file, start.context.user.home)} cannot be read`,
    `correct uwsgi = ... : appsup edit ${start.app.name}`,
  );
}

/** TMPFS_MAGIC of statfs(2). */
const TMPFS = 0x01021994;

/** Whether /dev/shm is in memory and ours to write; in some containers it is neither. */
export function hasSharedMemory(): boolean {
  const usable = attempt(() => {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK);
    return statfsSync('/dev/shm').type === TMPFS;
  });
  return usable ?? false;
}
