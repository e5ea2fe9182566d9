import path from 'node:path';

import {messageOf} from '../errors.ts';
import {readIfThere, writeAtomically} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';

/** Holds the id of the boot after which it was told what came up. */
const TOLD = 'boot-told';

/** Whether a supervisor of this boot has told already what came up. */
export function isBootTold(paths: Pick<Paths, 'state'>, bootId: string): boolean {
  return readIfThere(path.join(paths.state, TOLD)) === bootId;
}

/** Note that it was told. A full disk has it told again by the next supervisor, and hurts nothing. */
export function markBootTold(
  paths: Pick<Paths, 'state'>,
  bootId: string,
  onTrouble: (reason: string) => void,
): void {
  try {
    writeAtomically(path.join(paths.state, TOLD), bootId);
  } catch (error) {
    onTrouble(messageOf(error));
  }
}
