import {spawn} from 'node:child_process';
import {once} from 'node:events';

import test from 'ava';

import {accepts, descriptorOf, inodeOfOwn} from '../../src/supervisor/accepting.ts';
import {systemSockets} from '../../src/system/sockets.ts';
import {freePort} from '../helpers/free-port.ts';
import {until} from '../helpers/rig.ts';

const SERVER =
  "console.log('loaded'); process.stdin.once('data', () => require('net').createServer().listen({fd: 3}, () => console.log('listens')))";

test('accepts() is true from the moment at which an event loop has the socket, not from its inheritance', async (t) => {
  const held = systemSockets.bindPort(await freePort());
  const inode = inodeOfOwn(held.fd) as number;
  t.true(inode > 0);
  const child = spawn(process.execPath, ['-e', SERVER], {stdio: ['pipe', 'pipe', 'inherit', held.fd]});
  t.teardown(() => child.kill('SIGKILL'));
  const said = async () => void (await once(child.stdout as NodeJS.ReadableStream, 'data'));
  await said();
  const pid = child.pid as number;
  t.is(descriptorOf(pid, inode), 3);
  t.false(accepts(pid, inode));
  child.stdin?.write('go\n');
  await said();
  // It says so just before its event loop turns to the socket.
  await until(() => accepts(pid, inode), 'the event loop to take the socket');
  child.kill();
  await once(child, 'exit');
  t.false(accepts(pid, inode));
  held.close();
});
