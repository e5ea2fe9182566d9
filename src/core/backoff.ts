import type {ProgramSpec} from './program-spec.ts';

/**
 * Milliseconds to wait before the next start after `tries` failures in a row.
 *
 * 1, 2, 4, 8, ... times `backoffMs`, never above `backoffCapMs`: five starts in the first half minute.
 */
export function backoffDelay(
  tries: number,
  {backoffMs, backoffCapMs}: Pick<ProgramSpec, 'backoffMs' | 'backoffCapMs'>,
): number {
  return Math.min(backoffCapMs, backoffMs * 2 ** Math.max(0, Math.min(tries - 1, 30)));
}
