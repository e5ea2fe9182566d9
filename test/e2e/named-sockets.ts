import {readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {namedSocketPath} from '../../src/system/paths.ts';
import {freePort} from '../helpers/free-port.ts';
import {Load, get, killQuietly, until} from '../helpers/rig.ts';
import type {Rig} from '../helpers/rig.ts';
import {rigFor} from '../helpers/rig-for.ts';

/** Takes its sockets as sd_listen_fds_with_names(3) says, and answers on each with the name that it was handed it by. */
const PROGRAM = `import os, selectors, signal, socket
assert os.environ["LISTEN_PID"] == str(os.getpid())
names = os.environ["LISTEN_FDNAMES"].split(":")
assert len(names) == int(os.environ["LISTEN_FDS"])
wake, waker = os.pipe()
signal.signal(signal.SIGTERM, lambda *_: os.write(waker, b"."))
selector = selectors.DefaultSelector()
selector.register(wake, selectors.EVENT_READ)
for fd, name in enumerate(names, 3):
    listener = socket.socket(fileno=fd)
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ, name)
while True:
    ready = [key for key, _ in selector.select()]
    if any(key.fileobj == wake for key in ready):
        break
    for key in ready:
        try:
            visitor, _ = key.fileobj.accept()
        except BlockingIOError:
            continue
        with visitor:
            visitor.settimeout(10)
            head = b""
            while b"\\r\\n\\r\\n" not in head:
                piece = visitor.recv(65536)
                if not piece:
                    break
                head += piece
            where = os.environ.get("APPSUP_SOCKET_" + key.data.upper(), "-")
            body = ("%s %d %s" % (key.data, os.getpid(), where)).encode()
            if head:
                visitor.sendall(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
`;

const WEB =
  '[programs.web]\ncommand = "python3 server.py"\nlisten = "socket"\nsockets = { metrics = "tcp", control = "unix" }\n';

/** A range of its own, so that tests at the same time lease no port twice. */
async function define(rig: Rig, name: string, toml: string): Promise<number> {
  const {port} = await rig.define(name, toml, {'server.py': PROGRAM});
  const first = await freePort();
  writeFileSync(rig.paths.globalConfig, `ports = "${first}-${first + 3}"\n`, {mode: 0o600});
  return port;
}

test('named sockets are held through restarts under requests, a new supervisor, and the death of one', async (t) => {
  const rig = rigFor(t);
  const port = await define(rig, 'eco', WEB);
  await rig.ok('start', 'eco');
  const control = namedSocketPath(rig.paths, 'eco', 'control');
  const listed = await rig.ok('ports');
  const metrics = Number(/^(\d+) +eco:metrics /m.exec(listed)?.[1]);
  const shown = await rig.ok('show', 'eco');
  t.true(shown.includes(`= { metrics = "tcp", control = "unix" }  # leased: metrics ${metrics}\n`), shown);
  const variables = await rig.ok('env', 'eco');
  t.regex(variables, new RegExp(`^APPSUP_SOCKET_METRICS=127\\.0\\.0\\.1:${metrics}$`, 'm'));
  t.regex(variables, new RegExp(`^APPSUP_SOCKET_CONTROL=${control}$`, 'm'));
  t.is(statSync(control).mode & 0o777, 0o600);

  const said = async () =>
    await Promise.all([port, metrics, control].map(async (at) => (await get(at, '/eco/')).body));
  const expected = (pid: number) => [
    `http ${pid} -`,
    `metrics ${pid} 127.0.0.1:${metrics}`,
    `control ${pid} ${control}`,
  ];
  const first = await rig.pid('eco');
  t.deepEqual(await said(), expected(first));

  const loads = [port, metrics, control].map((at) => new Load(at, '/eco/', 2));
  const served = async () => await Promise.all(loads.map(async (load) => await load.answers(20)));
  await served();
  await rig.ok('restart', 'eco');
  const second = await rig.pid('eco');
  t.not(second, first);
  await served();
  await rig.ok('daemon', 'restart');
  t.is(await rig.pid('eco'), second);
  await served();
  await rig.ok('restart', 'eco');
  await served();
  killQuietly(rig.supervisorPid() ?? 0);
  await until(() => rig.supervisorPid() === undefined, 'the supervisor is gone');
  await served();
  await rig.ok('daemon', 'start');
  await rig.ok('restart', 'eco');
  await served();
  await Promise.all(loads.map(async (load) => await load.stop()));
  t.deepEqual(
    loads.flatMap(({failures}) => failures),
    [],
  );
  t.deepEqual(await said(), expected(await rig.pid('eco')));

  await rig.ok('stop', 'eco');
  const statuses = [port, metrics, control].map(async (at) => (await get(at, '/eco/')).status);
  t.deepEqual(await Promise.all(statuses), [503, 503, 503]);
  await rig.ok('remove', 'eco', '--yes');
  t.notRegex(await rig.ok('ports'), /eco/);
  t.throws(() => statSync(control), {code: 'ENOENT'});
});

test('a visitor on any of its sockets wakes a lazy program; a socket that its file has no more is let go', async (t) => {
  const rig = rigFor(t);
  const port = await define(rig, 'calm', `${WEB}lazy = true\n`);
  await rig.ok('start', 'calm');
  t.deepEqual(rig.children(), []);
  t.regex((await get(namedSocketPath(rig.paths, 'calm', 'control'), '/')).body, /^control \d+ /);
  await until(async () => (await rig.process('calm')).pid !== undefined, 'it runs');

  const file = path.join(rig.paths.apps, 'calm.toml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('metrics = "tcp", ', ''));
  await rig.ok('restart', 'calm');
  t.regex((await get(port, '/calm/')).body, /^http /);
  t.notRegex(await rig.ok('ports'), /calm:metrics/);
});
