#!/usr/bin/env node
// node bench/run.mjs [scenario...] [--peers appsup,supervisord,pm2] [--runs N] [--json]
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';

import {asAccount} from './lib/account.mjs';
import * as appsup from './lib/peers/appsup.mjs';
import * as pm2 from './lib/peers/pm2.mjs';
import * as supervisord from './lib/peers/supervisord.mjs';
import {median} from './lib/processes.mjs';
import {measured} from './lib/setting.mjs';
import {table} from './lib/table.mjs';
import {find} from './lib/tools.mjs';

const PEERS = {appsup, supervisord, pm2};
const ORDER = [
  'restart-under-load',
  'reload',
  'bad-deploy',
  'master-killed-idle',
  'master-killed-loaded',
  'master-killed-saturated',
  'supervisor-killed',
  'supervisor-stopped',
  'lines-kept',
  'many-restarts',
  'exit-loop',
  'status-time',
  'idle-cpu',
  'top',
];

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    peers: {type: 'string', default: Object.keys(PEERS).join()},
    runs: {type: 'string', default: '1'},
    json: {type: 'boolean', default: false},
    // Where peers are fetched to; root fetches them for the account that measures.
    cache: {type: 'string'},
  },
});

process.exitCode = await main();

async function main() {
  const wanted = positionals.length === 0 ? ORDER : positionals;
  const peers = values.peers.split(',');
  const unknown = [
    ...wanted.filter((each) => !known().includes(each)),
    ...peers.filter((each) => !(each in PEERS)),
  ];
  if (unknown.length > 0)
    return complain(
      `There is no ${unknown.join(', ')}. Scenarios: ${ORDER.join(' ')}. Peers: ${Object.keys(PEERS).join(' ')}`,
    );
  if (find('gunicorn') === undefined)
    return complain('gunicorn is missing: apt-get install gunicorn, or pip install gunicorn');
  const cache = values.cache ?? mkdtempSync(path.join(tmpdir(), 'bench-peers-'));
  try {
    const present = await available(peers, cache);
    if (process.getuid() === 0)
      return await asAccount(
        [...wanted, '--peers', present.join(), '--runs', values.runs, ...(values.json ? ['--json'] : [])],
        cache,
      );
    const results = await measureAll(wanted, present);
    console.log(values.json ? JSON.stringify(results) : table(results, present));
    return 0;
  } finally {
    if (values.cache === undefined) rmSync(cache, {recursive: true, force: true});
  }
}

function known() {
  return readdirSync(path.join(import.meta.dirname, 'scenarios')).map((file) => path.basename(file, '.mjs'));
}

async function available(peers, cache) {
  const present = [];
  for (const peer of peers) {
    try {
      await PEERS[peer].prepare({cache});
      present.push(peer);
    } catch (error) {
      complain(`Without ${peer}: ${error.message.split('\n').slice(0, 3).join(' | ')}`);
    }
  }
  return present;
}

/** Supervisors take turns within a scenario, so that a slow minute of the machine hits all of them. */
async function measureAll(scenarios, peers) {
  const results = {};
  for (const scenario of scenarios) {
    const module = await import(`./scenarios/${scenario}.mjs`);
    const runs = Object.fromEntries(peers.map((peer) => [peer, []]));
    for (let turn = 0; turn < Number(values.runs); turn++) {
      for (const peer of peers) {
        complain(`${scenario}: ${peer}`);
        runs[peer].push(await attempt(module, PEERS[peer]));
      }
    }
    results[scenario] = Object.fromEntries(peers.map((peer) => [peer, middle(runs[peer])]));
  }
  return results;
}

async function attempt(scenario, peer) {
  try {
    return await measured(scenario, peer);
  } catch (error) {
    complain(error.stack);
    return {problem: error.message.split('\n')[0]};
  }
}

/** Medians of figures; of words the last. */
function middle(runs) {
  const figures = [...new Set(runs.flatMap((figure) => Object.keys(figure)))];
  return Object.fromEntries(
    figures.map((figure) => {
      const all = runs.map((each) => each[figure]).filter((value) => value !== undefined);
      return [figure, all.every((value) => typeof value === 'number') ? median(all) : all.at(-1)];
    }),
  );
}

function complain(text) {
  console.error(text);
  return 1;
}
