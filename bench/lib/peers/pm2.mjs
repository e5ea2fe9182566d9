import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {must, run, sleep} from '../processes.mjs';
import {gunicornArgv} from '../tools.mjs';

const VERSION = '7.0.4';

export const name = 'pm2';

let pm2;

/** Fetched for the measurement, never a dependency: it is under AGPL-3.0. */
export async function prepare({cache}) {
  const folder = path.join(cache, 'pm2');
  pm2 = path.join(folder, 'node_modules/pm2/bin/pm2');
  if (existsSync(pm2)) return;
  mkdirSync(folder, {recursive: true});
  writeFileSync(path.join(folder, 'package.json'), '{"private": true}\n');
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `pm2@${VERSION}`,
  ];
  await must('npm', args, {cwd: folder, timeoutMs: 300_000});
}

export function create({home, mark, programs}) {
  const state = path.join(home, 'p');
  const env = {
    ...process.env,
    HOME: home,
    BENCH_MARK: mark,
    PM2_HOME: state,
    // It would ask the network at the first start and every day.
    PM2_DISABLE_VERSION_CHECK: 'true',
    PM2_DISCRETE_MODE: 'true',
  };
  const ecosystem = path.join(home, 'ecosystem.config.json');
  writeFileSync(ecosystem, JSON.stringify({apps: programs.map(entryFor)}));
  const ctl = async (...args) => await run(process.execPath, [pm2, ...args], {env, timeoutMs: 120_000});
  const list = async () => {
    const {stdout} = await ctl('jlist');
    return JSON.parse(stdout.slice(stdout.indexOf('[{')));
  };
  return {
    env,
    statusCommand: [process.execPath, pm2, 'ls'],
    up: async () => {
      await must(process.execPath, [pm2, 'start', ecosystem], {env, timeoutMs: 120_000});
      await must(process.execPath, [pm2, 'save'], {env});
      await sleep(500);
    },
    start: async (program) => await ctl('start', program),
    stop: async (program) => await ctl('stop', program),
    restart: async (program) => await ctl('restart', program),
    reload: async (program) => await ctl('sendSignal', 'SIGHUP', program),
    manyRestarts: 300,
    restartMany: async (program, count) =>
      await must(process.execPath, ['-e', RESTART_MANY, pm2, program, String(count)], {env, timeoutMs: 900_000}),
    // It does not rotate by itself; that is another module, which copies and truncates.
    logs: path.join(state, 'logs'),
    supervisorPid: async () => Number(readFileSync(path.join(state, 'pm2.pid'), 'utf8')),
    revive: async () => await ctl('resurrect'),
    mainPid: async (program) => (await list()).find((each) => each.name === program)?.pid,
    state: async (program) => (await list()).find((each) => each.name === program)?.pm2_env.status,
    down: async () => await ctl('kill'),
  };
}

/** By its own library, without a command's start each time. */
const RESTART_MANY = `
const [cli, program, count] = process.argv.slice(1);
const pm2 = require(require('node:path').resolve(cli, '../..'));
pm2.connect((error) => {
  if (error) throw error;
  let left = Number(count);
  (function next(problem) {
    if (problem) throw problem;
    if (left-- === 0) return pm2.disconnect();
    pm2.restart(program, next);
  })();
});
`;

/** Everything as by default, except that a stop has the same 30 s as gunicorn's own grace. */
function entryFor({name: app, directory, port, gunicorn, argv}) {
  const [script, ...args] = gunicorn === undefined ? argv : gunicornArgv({name: app, port, gunicorn});
  return {
    name: app,
    script,
    args,
    cwd: directory,
    interpreter: 'none',
    kill_timeout: 30_000,
    env: port === undefined ? {} : {SCRIPT_NAME: `/bench-${app}`},
  };
}
