import {once} from 'node:events';
import {existsSync, mkdtempSync, rmSync, statSync} from 'node:fs';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {FrontSocket} from '../../src/supervisor/front-socket.ts';
import {ensurePrivateDirectory} from '../../src/system/files.ts';
import {pathsFor} from '../../src/system/paths.ts';
import {systemSockets} from '../../src/system/sockets.ts';

/** A front socket that something serves on. */
function setup(t: ExecutionContext): FrontSocket {
  const home = mkdtempSync(path.join(tmpdir(), 'as-'));
  const paths = pathsFor({HOME: home, APPSUP_STATE_DIR: path.join(home, 's')});
  ensurePrivateDirectory(paths.run);
  const socket = new FrontSocket({sockets: systemSockets, paths, app: 'pages', webUser: undefined});
  const server = net.createServer((visitor) => visitor.end('served'));
  // The supervisor's.
  const mask = process.umask(0o077);
  const raw = socket.bind();
  process.umask(mask);
  raw.serve(server);
  t.teardown(() => {
    server.close();
    rmSync(home, {recursive: true, force: true});
  });
  return socket;
}

async function ask(socket: FrontSocket): Promise<string> {
  const visitor = net.connect(socket.path);
  const [text] = (await once(visitor.setEncoding('utf8'), 'data')) as [string];
  return text;
}

test('FrontSocket gives a socket its name again, also when its directory is gone, and leaves it alone else', async (t) => {
  const socket = setup(t);
  t.false(socket.restore());
  rmSync(socket.path);
  t.true(socket.restore());
  t.is(await ask(socket), 'served');
  rmSync(path.dirname(socket.path), {recursive: true});
  t.true(socket.restore());
  t.is(await ask(socket), 'served');
});

test('FrontSocket lets nobody in while the account of the web server is not known, and says so', (t) => {
  const socket = setup(t);
  t.is(statSync(socket.path).mode & 0o077, 0);
  t.regex(socket.problem ?? '', /web_user/);
});

test('FrontSocket leaves no name behind', (t) => {
  const socket = setup(t);
  socket.remove();
  t.false(existsSync(socket.path));
  t.false(socket.restore());
});
