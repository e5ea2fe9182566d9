import {existsSync, statSync} from 'node:fs';
import {statfs} from 'node:fs/promises';
import path from 'node:path';

import {ask} from '../launch/ask.ts';
import {attempt} from '../launch/look.ts';
import {broken, ok, unseen, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import type {Look} from './world.ts';

/** A file system that something of ours is on. */
export interface Disk {
  /** The first directory of ours that is on it. */
  readonly directory: string;
  readonly freeBytes: number;
  readonly bytes: number;
  readonly freeFiles: number;
  /** 0: it does not count files (btrfs). */
  readonly files: number;
}

const MB = 1_000_000;
/** Less than a log, a database and a restart need. */
const LITTLE_BYTES = 200 * MB;
const NO_BYTES = 5 * MB;
const FEW_FILES = 1000;

export const lookAtDisk: Look = async ({paths, config}) => {
  const apps = [...config.apps.values()].flatMap(({spec}) => spec?.directory ?? []);
  const byDevice = new Map<number, string>();
  for (const directory of [paths.state, paths.config, paths.home, ...apps].map(nearestThere)) {
    const device = attempt(() => statSync(directory))?.dev;
    if (device !== undefined && !byDevice.has(device)) byDevice.set(device, directory);
  }
  const disks = await Promise.all([...byDevice.values()].map(diskOf));
  const {code, output} = await ask(['quota', '-w', '-p'], paths.home, []);
  return [...disks.flatMap(judgeDisk), ...judgeQuota(code === undefined ? undefined : output)];
};

/** What is not there yet will be made there. */
function nearestThere(directory: string): string {
  return existsSync(directory) || directory === '/' ? directory : nearestThere(path.dirname(directory));
}

async function diskOf(directory: string): Promise<Disk> {
  const {bavail, blocks, bsize, ffree, files} = await statfs(directory);
  return {directory, freeBytes: bavail * bsize, bytes: blocks * bsize, freeFiles: ffree, files};
}

/** Pure. */
export function judgeDisk({directory, freeBytes, freeFiles, files}: Disk): readonly Answer[] {
  const see = `see what takes it: du -xsh ~/* ${directory}/*`;
  return [
    freeBytes < NO_BYTES
      ? broken('disk-full', `the disk of ${directory} is full: nothing can be written`, see)
      : freeBytes < LITTLE_BYTES
        ? warning('disk-low', `the disk of ${directory} has ${Math.round(freeBytes / MB)} MB left`, see)
        : ok('disk', `the disk of ${directory} has ${Math.round(freeBytes / MB)} MB left`),
    ...(files > 0 && freeFiles === 0
      ? [
          broken(
            'inodes-full',
            `the disk of ${directory} takes no further file: its inodes are used up`,
            INODES,
          ),
        ]
      : files > 0 && freeFiles < FEW_FILES
        ? [
            warning(
              'inodes-low',
              `the disk of ${directory} takes ${freeFiles} further files and no more`,
              INODES,
            ),
          ]
        : []),
  ];
}

const INODES = 'see what takes them: du -x --inodes ~ | sort -n | tail';

/**
 * What quota(1) prints with `-w -p`: one line per file system, `*` behind what is above its limit. Pure.
 *
 * ```
 * Disk quotas for user alice (uid 1007):
 *      Filesystem  blocks   quota   limit   grace   files   quota   limit   grace
 *       /dev/sda1 1048000* 900000 1100000 1764000000    812       0       0       0
 * ```
 */
export function judgeQuota(output: string | undefined): readonly Answer[] {
  if (output === undefined) return [unseen('quota', 'your quota', 'there is no quota(1)')];
  const rows = output.split('\n').flatMap((line) => {
    const [, disk, blocks, quota, limit, , files, fileQuota, fileLimit] =
      /^\s*(\S+)\s+(\d+\*?)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+\*?)\s+(\d+)\s+(\d+)/.exec(line) ?? [];
    if (disk === undefined) return [];
    return [
      {disk, what: 'space', used: blocks ?? '', soft: Number(quota), hard: Number(limit)},
      {disk, what: 'files', used: files ?? '', soft: Number(fileQuota), hard: Number(fileLimit)},
    ];
  });
  const answers = rows.flatMap(({disk, what, used, soft, hard}): readonly Answer[] => {
    const count = Number.parseInt(used, 10);
    const most = hard > 0 ? hard : soft;
    if (hard > 0 && count >= hard)
      return [broken('quota-full', `your quota of ${what} on ${disk} is used up`, ROOM)];
    if (used.endsWith('*'))
      return [
        warning(
          'quota-low',
          `you are above your quota of ${what} on ${disk}: soon nothing can be written`,
          ROOM,
        ),
      ];
    if (most > 0 && count > 0.95 * most)
      return [
        warning('quota-low', `your quota of ${what} on ${disk} is nearly used up: ${count} of ${most}`, ROOM),
      ];
    return [];
  });
  return answers.length > 0
    ? answers
    : [ok('quota', rows.length === 0 ? 'you have no quota' : 'your quota has room')];
}

const ROOM = 'make room, or ask for more: quota -s shows it';
