import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {until} from './rig.ts';
import {toolPath} from './tools.ts';

/** A Redis of the test's own on a Unix socket, which is returned; ended with the test. */
export async function startRedis(t: ExecutionContext, directory: string): Promise<string> {
  mkdirSync(directory, {recursive: true, mode: 0o700});
  const socket = path.join(directory, 'redis.sock');
  const args = [
    '--port',
    '0',
    '--unixsocket',
    socket,
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    directory,
  ];
  const server = spawn(toolPath('redis'), args, {stdio: 'ignore'});
  t.teardown(async () => {
    if (server.exitCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  });
  await until(() => existsSync(socket), 'redis listens');
  return socket;
}
