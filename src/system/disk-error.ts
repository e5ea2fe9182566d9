import {AppsupError, systemCode} from '../errors.ts';

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['the disk is full', 'make room: df -h shows where'],
  EDQUOT: ['your disk quota is used up', 'make room: quota -s shows it'],
  EROFS: ['the file system is read-only', 'ask the administrators'],
  EACCES: ['permission denied', 'see ls -ld of the directory'],
  EPERM: ['not permitted', 'see ls -ld of the directory'],
  ENOTDIR: ['a part of the path is not a directory', 'see ls -ld of the path'],
  EISDIR: ['it is a directory', 'move it away'],
};

/** A system error in words, as `DISK`; errors of ours pass through. */
export function asDiskError(error: unknown, action: string): Error {
  if (error instanceof AppsupError) return error;
  const code = systemCode(error);
  const [reason, hint] = REASONS[code ?? ''] ?? [code ?? String(error), 'see ls -ld of the path'];
  return new AppsupError('DISK', `Cannot ${action}: ${reason}`, {
    hint,
    cause: error,
    details: code === undefined ? {} : {system: code},
  });
}
