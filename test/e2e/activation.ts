import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {setTimeout} from 'node:timers/promises';

import {publicSocketPath} from '../../src/system/paths.ts';
import {get, killQuietly, Load, until} from '../helpers/rig.ts';
import {rigFor} from '../helpers/rig-for.ts';
import {testWith, toolPath} from '../helpers/tools.ts';

/** Says which sockets the master was handed, and the pid that they were meant for. */
const ACTIVATED = `import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    e = dict(pair.split("=", 1) for pair in open("/proc/%d/environ" % os.getppid()).read().split("\\0") if "=" in pair)
    said = [e.get("LISTEN_FDS"), e.get("LISTEN_PID"), str(os.getppid()), environ["SERVER_SOFTWARE"]]
    import gevent.monkey
    return [" ".join(said + [str(gevent.monkey.is_module_patched("socket"))]).encode()]
`;

for (const transport of ['tcp', 'unix'] as const) {
  testWith(
    ['gunicorn', 'gevent'],
    `X1: a gunicorn with gevent is handed one socket as systemd does it, over ${transport}`,
    async (t) => {
      const rig = rigFor(t);
      const {port, directory} = await rig.define('cc', '', {'wsgi.py': ACTIVATED});
      const command = JSON.stringify(`${toolPath('gunicorn')} --worker-class gevent wsgi:application`);
      const lines = [
        `directory = "${directory}"`,
        'mount = "/cc"',
        `port = ${port}`,
        `transport = "${transport}"`,
        `[programs.web]\ncommand = ${command}\nlisten = "socket"\n`,
      ];
      writeFileSync(path.join(rig.paths.apps, 'cc.toml'), lines.join('\n'));
      await rig.ok('start', 'cc');
      const at = transport === 'tcp' ? port : publicSocketPath(rig.paths, 'cc');
      const pid = await rig.pid('cc');
      const [fds, meant, master, , patched] = (await get(at, '/cc/')).body.split(' ');
      t.deepEqual([fds, meant, master, patched], ['1', String(pid), String(pid), 'True']);
      await rig.ok('restart', 'cc');
      t.is((await get(at, '/cc/')).status, 200);
    },
  );
}

testWith(
  ['gunicorn'],
  'X2: the supervisor holds the socket while the app is stopped and started: no visitor is refused',
  async (t) => {
    const rig = rigFor(t);
    const {port} = await rig.defineGunicorn('pages', 'overlap = false\n');
    await rig.ok('start', 'pages');
    const load = new Load(port, '/pages/', 4);
    await load.answers(20);
    for (let times = 0; times < 2; times++) {
      const before = await rig.pid('pages');
      await rig.ok('restart', 'pages');
      t.not(await rig.pid('pages'), before);
      await load.answers(20);
    }
    await load.stop();
    t.deepEqual(load.failures, []);
  },
);

const NODE = `const http = require('http');
const server = http.createServer((request, response) => {
  response.setHeader('connection', 'close');
  response.end('node ' + process.pid);
});
server.listen({fd: 3});
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

interface Kind {
  readonly name: string;
  readonly tools: readonly string[];
  readonly program: string;
  readonly transport: 'tcp' | 'unix';
}

const KINDS: readonly Kind[] = [
  {name: 'gunicorn', tools: ['gunicorn'], program: 'gunicorn = "wsgi:application"', transport: 'tcp'},
  {name: 'node', tools: [], program: 'command = "node server.js"\nlisten = "socket"', transport: 'unix'},
];

for (const {name, tools, program, transport} of KINDS) {
  testWith(
    tools,
    `X3: a lazy ${name} over ${transport} has no process before the first request, which is answered; idle, it sleeps again`,
    async (t) => {
      const rig = rigFor(t);
      const {port, directory} = await rig.define('calm', '', {'server.js': NODE, 'wsgi.py': WSGI});
      const file = path.join(rig.paths.apps, 'calm.toml');
      const text =
        `directory = "${directory}"\nmount = "/calm"\nport = ${port}\ntransport = "${transport}"\n` +
        `[programs.web]\n${program}\nlazy = true\n`;
      writeFileSync(file, `${text}idle_stop = "4s"\n`);
      const at = transport === 'tcp' ? port : publicSocketPath(rig.paths, 'calm');

      t.regex(await rig.ok('start', 'calm'), /stopped, starts at the first request/);
      t.deepEqual(rig.children(), []);
      t.regex(await rig.ok('status', 'calm'), /stopped .* starts at the first request$/m);
      t.deepEqual(rig.children(), []);

      // Several come at once; all of them wait, and all are answered.
      const first = await Promise.all([1, 2, 3, 4].map(async () => await get(at, '/calm/')));
      t.deepEqual(
        first.map(({status}) => status),
        [200, 200, 200, 200],
      );
      const pid = await rig.pid('calm');
      await until(async () => (await rig.process('calm')).dormant === true, 'it sleeps');
      t.deepEqual(rig.children(), []);

      // Whoever comes later wakes it again; a supervisor that takes over finds it asleep, and does not wake it.
      t.is((await get(at, '/calm/')).status, 200);
      t.not((await rig.process('calm')).pid, pid);
      writeFileSync(file, text);
      await rig.ok('restart', 'calm');
      const awake = await rig.pid('calm');
      // The file no longer says that it may sleep: longer than it would have taken before.
      await setTimeout(6000);
      t.is(await rig.pid('calm'), awake);
      await rig.ok('daemon', 'restart');
      t.is(await rig.pid('calm'), awake);
      await rig.ok('stop', 'calm');
      t.is((await get(at, '/calm/')).status, 503);
      await rig.ok('start', 'calm');
      await rig.ok('daemon', 'restart');
      t.deepEqual(rig.children(), []);
      t.is((await get(at, '/calm/')).status, 200);
    },
  );
}

const WSGI = `def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"wsgi"]
`;

testWith(
  ['gunicorn'],
  'a lazy app sleeps on after the death of its supervisor, and many visitors wake it once',
  async (t) => {
    const rig = rigFor(t);
    const {port} = await rig.defineGunicorn('calm', 'lazy = true\n');
    await rig.ok('start', 'calm');
    killQuietly(rig.supervisorPid() ?? 0);
    await rig.ok('daemon', 'start');
    t.true((await rig.process('calm')).dormant);
    t.deepEqual(rig.children(), []);
    const load = new Load(port, '/calm/', 4);
    await load.answers(20);
    await load.stop();
    t.deepEqual(load.failures, []);
    const log = readFileSync(rig.paths.log, 'utf8');
    t.is(log.match(/"message":"stopped -> starting"/g)?.length, 1);
    // Nobody is told that anything is missing.
    t.is((await rig.appsup('status', 'calm')).code, 0);
  },
);

testWith(
  [],
  'a lazy app that cannot start answers its visitors with the page, and wakes when it is mended',
  async (t) => {
    const rig = rigFor(t);
    const toml = '[programs.web]\ncommand = "node server.js"\nlisten = "socket"\nlazy = true\ngive_up = 1\n';
    const {port, directory} = await rig.define('broken', toml, {
      'server.js': 'throw new Error("not today")\n',
    });
    await rig.ok('start', 'broken');
    t.is((await get(port, '/broken/')).status, 503);
    t.regex((await rig.appsup('status', 'broken')).stdout, /fatal .*not today/);
    writeFileSync(path.join(directory, 'server.js'), NODE);
    await rig.ok('start', 'broken');
    t.is((await get(port, '/broken/')).status, 200);
  },
);
