import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {must, run, sleep, stat, until} from '../processes.mjs';
import {find, gunicornArgv} from '../tools.mjs';

/** Newest release at the time of writing. */
const VERSION = '4.3.0';

export const name = 'supervisord';

let daemonCommand;
let controlCommand;

/** What is installed; else from pip, else out of the Debian package, unpacked and not installed: nothing starts by itself. */
export async function prepare({cache}) {
  if (find('supervisord') !== undefined) return use([find('supervisord')], [find('supervisorctl')]);
  const folder = path.join(cache, 'supervisord');
  const python = '/usr/bin/python3';
  mkdirSync(folder, {recursive: true});
  const venv = path.join(folder, 'venv');
  if (existsSync(`${venv}/bin/supervisord`))
    return use([`${venv}/bin/supervisord`], [`${venv}/bin/supervisorctl`]);
  const made = existsSync(`${folder}/usr`) ? {code: 1} : await run(python, ['-m', 'venv', venv]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1'];
  if (made.code === 0) {
    const {code} = await run(`${venv}/bin/python`, [...pip, `supervisor==${VERSION}`, 'setuptools<81'], {
      timeoutMs: 120_000,
    });
    if (code === 0) return use([`${venv}/bin/supervisord`], [`${venv}/bin/supervisorctl`]);
  }
  if (!existsSync(`${folder}/usr`)) await unpackDebian(folder);
  const site = `import sys; sys.path.insert(0, ${JSON.stringify(`${folder}/usr/lib/python3/dist-packages`)});`;
  return use(
    [python, '-c', `${site} from supervisor.supervisord import main; main()`],
    [python, '-c', `${site} from supervisor.supervisorctl import main; main()`],
  );
}

async function unpackDebian(folder) {
  await must('apt-get', ['download', 'supervisor', 'python3-pkg-resources'], {cwd: folder});
  for (const file of readdirSync(folder).filter((each) => each.endsWith('.deb'))) {
    await must('dpkg', ['-x', path.join(folder, file), folder]);
  }
}

function use(daemon, control) {
  daemonCommand = daemon;
  controlCommand = control;
}

export function create({home, mark, programs}) {
  const env = {...process.env, HOME: home, BENCH_MARK: mark};
  const config = path.join(home, 'supervisord.conf');
  const pidFile = path.join(home, 'supervisord.pid');
  writeFileSync(config, configFor(home, programs));
  const daemon = async () => await must(daemonCommand[0], [...daemonCommand.slice(1), '-c', config], {env});
  const control = [...controlCommand, '-c', config];
  const ctl = async (...args) =>
    await run(control[0], [...control.slice(1), ...args], {env, timeoutMs: 120_000});
  const pid = async () => Number(readFileSync(pidFile, 'utf8'));
  return {
    env,
    statusCommand: [...control, 'status'],
    up: async () => {
      await daemon();
      await until(async () => !/STARTING/.test((await ctl('status')).output), {everyMs: 100});
    },
    start: async (program) => await ctl('start', program),
    stop: async (program) => await ctl('stop', program),
    restart: async (program) => await ctl('restart', program),
    reload: async (program) => await ctl('signal', 'HUP', program),
    // Its restarts take their time; what one leaves behind shows after fewer of them.
    manyRestarts: 300,
    restartMany: async (program, count) =>
      await must('/usr/bin/python3', ['-c', RESTART_MANY, `${home}/supervisor.sock`, program, String(count)], {
        env,
        timeoutMs: 900_000,
      }),
    logs: home,
    supervisorPid: pid,
    revive: daemon,
    mainPid: async (program) => Number((await ctl('pid', program)).output.trim()),
    state: async (program) =>
      (await ctl('status', program)).output.trim().split(/\s+/).slice(1).join(' ').toLowerCase(),
    down: async () => {
      const was = await pid();
      await ctl('shutdown');
      await until(() => stat(was) === undefined, {timeoutMs: 60_000});
      await sleep(100);
    },
  };
}

/** By its socket, without a command's start each time. */
const RESTART_MANY = `
import http.client, socket, sys, xmlrpc.client
path, program, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
class Transport(xmlrpc.client.Transport):
    def make_connection(self, host):
        return Connection('localhost')
api = xmlrpc.client.ServerProxy('http://localhost', transport=Transport()).supervisor
for _ in range(count):
    api.stopProcess(program)
    api.startProcess(program)
`;

/** Everything as by default, except that a stop has the same 30 s as gunicorn's own grace. */
function configFor(home, programs) {
  const head = `[unix_http_server]
file=${home}/supervisor.sock
[supervisord]
logfile=${home}/supervisord.log
pidfile=${home}/supervisord.pid
childlogdir=${home}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${home}/supervisor.sock
`;
  const sections = programs.map((program) => {
    const argv = program.gunicorn === undefined ? program.argv : gunicornArgv(program);
    const environment =
      program.port === undefined ? '' : `environment=SCRIPT_NAME="/bench-${program.name}"\n`;
    return `[program:${program.name}]
command=${argv.join(' ')}
directory=${program.directory}
autorestart=true
stopwaitsecs=30
${environment}${program.startsAtOnce ? 'startsecs=0\n' : ''}${
      program.rotateAtMb === undefined
        ? ''
        : `stdout_logfile=${home}/${program.name}.log\nstdout_logfile_maxbytes=${program.rotateAtMb}MB\nstdout_logfile_backups=100\n`
    }`;
  });
  return [head, ...sections].join('\n');
}
