import {createHash} from 'node:crypto';
import path from 'node:path';

import type {StepSpec} from '../core/task-spec.ts';
import {readIfReadable} from '../system/files.ts';

/** The files that a plan depends on, as they are now: hex SHA-256 by path, `none` for what is not there. */
export function hashesOfPlan(steps: readonly StepSpec[]): Readonly<Record<string, string>> {
  const files = steps.flatMap(({action}) => (action.kind === 'command' ? action.ifChanged : []));
  return Object.fromEntries(files.map((file) => [file, hashOf(file)]));
}

/**
 * Why a step that depends on files has nothing to do; `undefined` when one of them has changed, or it depends on none.
 *
 * @param known - The files as they were when this task last went well.
 */
export function unchanged(
  files: readonly string[],
  known: Readonly<Record<string, string>>,
): string | undefined {
  if (files.length === 0 || !files.every((file) => known[file] === hashOf(file))) return undefined;
  const names = files.map((file) => path.basename(file));
  return `${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} not changed`;
}

function hashOf(file: string): string {
  const text = readIfReadable(file);
  return text === undefined ? 'none' : createHash('sha256').update(text).digest('hex');
}
