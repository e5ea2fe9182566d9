import test from 'ava';

import {isRemote, mountOf, parseMounts} from '../../src/doctor/mounts.ts';

const TEXT = [
  '21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro',
  '40 21 0:40 / /home rw,nosuid shared:20 master:3 - nfs4 files:/home rw,sec=krb5',
  '41 21 0:41 / /srv/my\\040files ro - tmpfs tmpfs ro',
  '42 21 0:42 / /home rw - xfs /dev/sdb1 rw',
  'garbled',
].join('\n');

test('parseMounts() reads points with blanks, types and both kinds of options', (t) => {
  const mounts = parseMounts(TEXT);
  t.deepEqual(
    mounts.map(({point, type}) => [point, type]),
    [
      ['/', 'ext4'],
      ['/home', 'nfs4'],
      ['/srv/my files', 'tmpfs'],
      ['/home', 'xfs'],
    ],
  );
  t.true(mounts[1]?.options.has('nosuid'));
  t.true(mounts[1]?.options.has('sec=krb5'));
});

test('mountOf() takes the innermost file system, and of two at one place the later one', (t) => {
  const mounts = parseMounts(TEXT);
  t.is(mountOf('/home/alice/x', mounts)?.type, 'xfs');
  t.is(mountOf('/homes', mounts)?.type, 'ext4');
  t.is(mountOf('/srv/my files', mounts)?.type, 'tmpfs');
  t.is(mountOf('/x', []), undefined);
});

test('isRemote() knows file systems of other hosts', (t) => {
  for (const type of ['nfs', 'nfs4', 'cifs', 'afs', 'fuse.sshfs', 'lustre']) t.true(isRemote({type}), type);
  for (const type of ['ext4', 'xfs', 'tmpfs', 'fuse.gocryptfs', 'overlay']) t.false(isRemote({type}), type);
});
