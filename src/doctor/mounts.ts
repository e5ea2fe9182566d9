import path from 'node:path';

import {readText} from '../launch/look.ts';

/** A mounted file system (proc(5), mountinfo). */
export interface Mount {
  readonly point: string;
  /** `ext4`, `nfs4`, `fuse.sshfs`. */
  readonly type: string;
  /** Of the mount and of the file system. */
  readonly options: ReadonlySet<string>;
}

/** All of them, in the order in which they were mounted; empty where the kernel does not say. */
export function mountsOf(root: string): readonly Mount[] {
  return parseMounts(readText(path.join(root, 'proc/self/mountinfo')) ?? '');
}

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`. Pure. */
export function parseMounts(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right] = line.split(' - ', 2);
    if (right === undefined) return [];
    const [, , , , point = '', own = ''] = left.split(' ');
    const [type = '', , whole = ''] = right.split(' ');
    return [{point: unescaped(point), type, options: new Set([...own.split(','), ...whole.split(',')])}];
  });
}

/** The file system that a path is on: of those around it the innermost, and of these the last one. Pure. */
export function mountOf(file: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts
    .filter(({point}) => point === '/' || file === point || file.startsWith(`${point}/`))
    .toSorted((a, b) => b.point.length - a.point.length || mounts.indexOf(b) - mounts.indexOf(a))[0];
}

/** True for file systems that are somewhere else, with a lock and a clock of their own. */
export function isRemote({type}: Pick<Mount, 'type'>): boolean {
  return /^(nfs\d?|cifs|smb3?|smbfs|afs|ceph|fuse\.(sshfs|glusterfs|cephfs|s3fs|davfs)|lustre|beegfs|gpfs|9p|ncpfs)$/.test(
    type,
  );
}

/** A blank in a name is `\040`. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
