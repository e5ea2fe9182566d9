import {mkdirSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import {must, run} from '../processes.mjs';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const APPSUP = path.join(ROOT, 'bin/appsup');

export const name = 'appsup';

export async function prepare() {
  const {code, output} = await run(APPSUP, ['version']);
  if (code !== 0) throw new Error(`bin/appsup does not run (npm ci && npm run build): ${output}`);
}

/** One app per program, as an ordinary user would have them. */
export function create({home, mark, programs}) {
  const env = {...process.env, HOME: home, BENCH_MARK: mark, NO_COLOR: '1'};
  // Short: a socket's path has room for 107 bytes.
  env.APPSUP_STATE_DIR = path.join(home, 's');
  env.APPSUP_CONFIG_DIR = path.join(home, 'c');
  mkdirSync(path.join(env.APPSUP_CONFIG_DIR, 'apps'), {recursive: true, mode: 0o700});
  for (const program of programs) {
    writeFileSync(path.join(env.APPSUP_CONFIG_DIR, 'apps', `${program.name}.toml`), fileFor(program, mark), {
      mode: 0o600,
    });
  }
  const appsup = async (...args) => await run(APPSUP, args, {env, timeoutMs: 120_000});
  const daemon = async () => (await appsup('status', '--json', '--no-memory')).stdout;
  return {
    env,
    statusCommand: [APPSUP, 'status'],
    topCommand: [APPSUP, 'top'],
    up: async () => await must(APPSUP, ['start', 'all'], {env, timeoutMs: 120_000}),
    start: async (program) => await appsup('start', program),
    stop: async (program) => await appsup('stop', program),
    restart: async (program) => await appsup('restart', program),
    reload: async (program) => await appsup('reload', program),
    manyRestarts: 10_000,
    // By its socket, without a command's start each time.
    async restartMany(program, count) {
      const agent = new http.Agent({keepAlive: true, maxSockets: 1});
      for (let turn = 0; turn < count; turn++) {
        await act(path.join(env.APPSUP_STATE_DIR, 'control.sock'), agent, {
          action: 'restart',
          targets: [program],
        });
      }
      agent.destroy();
    },
    logs: path.join(env.APPSUP_STATE_DIR, 'logs'),
    supervisorPid: async () => JSON.parse(await daemon()).supervisor.pid,
    // What the crontab's line does every minute.
    revive: async () => await appsup('daemon', 'start'),
    mainPid: async (program) => processOf(JSON.parse(await daemon()), program).pid,
    state: async (program) => {
      const {state, reason} = processOf(JSON.parse(await daemon()), program);
      return reason === undefined ? state : `${state}: ${reason}`;
    },
    down: async () => await appsup('daemon', 'stop'),
  };
}

function processOf(report, program) {
  return report.apps.find(({app}) => app === program)?.processes[0] ?? {};
}

async function act(socketPath, agent, question) {
  const answer = await new Promise((resolve, reject) => {
    const options = {socketPath, agent, path: '/v1/act', method: 'POST'};
    const request = http.request(options, (response) => {
      let text = '';
      response.on('data', (data) => (text += data));
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(JSON.stringify(question));
  });
  const {result} = JSON.parse(answer.trim().split('\n').at(-1));
  if (result?.results[0]?.ok !== true) throw new Error(`restart: ${answer}`);
}

function fileFor({name: app, directory, port, gunicorn, argv, rotateAtMb, startsAtOnce}, mark) {
  const text = JSON.stringify;
  return [
    `directory = ${text(directory)}`,
    `env = { BENCH_MARK = ${text(mark)} }`,
    ...(port === undefined ? [] : [`mount = "/bench-${app}"`, `port = ${port}`]),
    ...(rotateAtMb === undefined ? [] : [`logs = { max_size = "${rotateAtMb}MB", keep = 100, total = "1GB" }`]),
    `[programs.main]`,
    ...(startsAtOnce ? ['start_time = "0s"'] : []),
    ...(gunicorn === undefined
      ? [`command = ${text(argv.join(' '))}`, 'listen = "none"']
      : [`gunicorn = ${text(gunicorn.target)}`, `workers = ${gunicorn.workers}`]),
    '',
  ].join('\n');
}
