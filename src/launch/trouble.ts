import {AppsupError} from '../errors.ts';
import type {ErrorCode} from '../errors.ts';
import type {Start} from './contract.ts';

/** `Cannot start "tasks:web": <problem>`. */
export function cannotStart(start: Start, code: ErrorCode, problem: string, hint: string): AppsupError {
  return new AppsupError(code, `Cannot start "${start.app.name}:${start.context.process}": ${problem}`, {
    hint,
  });
}

/** A path as people write it: `~/thesis/.env`. */
export function shown(file: string, home: string): string {
  if (file === home) return '~';
  return file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
}

/** A path as it can be typed into a shell: {@link shown}, quoted where it has to be. */
export function typed(file: string, home: string): string {
  const text = shown(file, home);
  return /^~?[\w@%+=:,./-]*$/.test(text) ? text : `'${file.replaceAll("'", `'\\''`)}'`;
}
