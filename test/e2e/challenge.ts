import {randomBytes} from 'node:crypto';

import type {ExecutionContext} from 'ava';

import type {SupervisorApi} from '../../src/control/api.ts';
import {controlClient} from '../../src/control/client.ts';
import {readIfThere} from '../../src/system/files.ts';
import {version} from '../../src/version.ts';
import {get, Load, Rig} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

/** Serves on the socket that it inherits, and keeps its connections. */
const NODE = `require('http').createServer((request, response) => response.end('app')).listen({fd: 3});
process.on('SIGTERM', () => process.exit(0));
`;

/** Ask through the app's address until the answer comes, as `appsup verify` does; returns how often it took. */
async function prove(api: SupervisorApi, app: string, port: number): Promise<number> {
  const question = randomBytes(16).toString('hex');
  const answer = randomBytes(16).toString('hex');
  for (let rounds = 1; rounds <= 200; rounds++) {
    const challenge = api.challenge({app, question, answer, timeoutMs: 2000});
    let over = false;
    void challenge.then(() => (over = true));
    while (!over) {
      const {status, body} = await get(port, `/${app}/?${question}`);
      if (status === 200 && body === answer) {
        await challenge;
        return rounds;
      }
    }
  }
  throw new Error('the question was never answered');
}

async function proveUnderLoad(t: ExecutionContext, rig: Rig, app: string, port: number, challenges = 50) {
  t.teardown(async () => void (await rig.clean()));
  await rig.ok('start', app);
  const load = new Load(port, `/${app}/`, 4);
  await load.answers(20);
  const api = controlClient({socket: rig.paths.socket, version: version()});
  let [rounds, answers] = [0, 0];
  for (; rounds < challenges; answers++) rounds += await prove(api, app, port);
  t.log(`${rounds} challenges, ${answers} answered, ${load.good} visitors`);
  await load.answers(20);
  await load.stop();
  t.deepEqual(load.failures, []);
}

testWith(
  ['gunicorn'],
  'gunicorn: every question is answered under load, and no visitor fails during 50 challenges',
  async (t) => {
    const rig = Rig.create();
    const {port} = await rig.defineGunicorn('pages');
    await proveUnderLoad(t, rig, 'pages', port);
  },
);

testWith(
  [],
  'Node: every question is answered under load, and no visitor fails during 50 challenges',
  async (t) => {
    const rig = Rig.create();
    const toml = '[programs.web]\ncommand = "node server.js"\nlisten = "socket"\n';
    const {port} = await rig.define('board', toml, {'server.js': NODE});
    await proveUnderLoad(t, rig, 'board', port);
  },
);

/** yama keeps processes from each other unless it says 0. */
const lends = !/^[1-9]/.test(readIfThere('/proc/sys/kernel/yama/ptrace_scope') ?? '0');

testWith(['python3'], 'a program that binds its port by itself can be asked through, too', async (t) => {
  const rig = Rig.create();
  const {port} = await rig.define('own', '[programs.web]\ncommand = "node server.js"\n', {
    'server.js': NODE.replace('{fd: 3}', "process.env.PORT, '127.0.0.1'"),
  });
  if (!lends) {
    t.teardown(async () => void (await rig.clean()));
    await rig.ok('start', 'own');
    const api = controlClient({socket: rig.paths.socket, version: version()});
    const question = {app: 'own', question: 'q'.repeat(16), answer: '', timeoutMs: 1};
    await t.throwsAsync(api.challenge(question), {message: /lends no sockets/});
    return;
  }
  await proveUnderLoad(t, rig, 'own', port, 3);
});
