import {readFileSync} from 'node:fs';

import {readRequests} from './read-requests.ts';
import type {ReadOrder} from './read-requests.ts';

/*
 * A process of its own for one account's requests: it is started as root, becomes that account for good, and only then looks at
 * anything of it. An order on stdin, a Reading on stdout.
 *
 * What the kernel keeps from the user it keeps from this process: a link to /etc/shadow, a directory on NFS that root may
 * not enter, a file system that hangs - at worst one account's reader is ended at its time limit.
 */
const order = JSON.parse(readFileSync(0, 'utf8')) as ReadOrder;
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(order.gid);
  process.setuid?.(order.uid);
}
// After setuid(2) by root there is no way back; this holds it against a mistake of ours.
if (process.getuid?.() !== order.uid || process.geteuid?.() !== order.uid)
  throw new Error(`still uid ${process.geteuid?.() ?? -1}`);
process.stdout.write(JSON.stringify(readRequests(order)));
