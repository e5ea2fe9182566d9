#!/usr/bin/env node
// node bench/gateway.mjs [--rounds N] [--requests N] [--json]: the gateway beside http-proxy, and beside no proxy at all
import {spawn} from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';

import {ask, echo, leave} from './gateway/client.mjs';
import {freePort, kill, median, must, sleep, until} from './lib/processes.mjs';
import {gunicornArgv} from './lib/tools.mjs';

const HERE = import.meta.dirname;
const GATEWAY = path.resolve(HERE, '../dist/gateway.cjs');
const MOUNT = '/bench/app';
const HTTP_PROXY = '1.18.1';

const {values} = parseArgs({
  options: {
    rounds: {type: 'string', default: '7'},
    requests: {type: 'string', default: '100000'},
    json: {type: 'boolean', default: false},
  },
});

const home = mkdtempSync(path.join(tmpdir(), 'bench-gateway-'));
const children = [];
try {
  if (!existsSync(GATEWAY)) throw new Error('npm ci && npm run build');
  const module = await fetchPeer();
  const results = {
    'against http-proxy': await againstProxy(module),
    'against no proxy: gunicorn with a page of 5 ms': await againstNothing(module, 'page'),
    'against no proxy: gunicorn with an empty page': await againstNothing(module, 'empty'),
    'against no proxy: gunicorn with threads and an empty page': await againstNothing(module, 'empty', 4),
    'stale connections': await stale(module),
    endurance: await endurance(),
  };
  console.log(values.json ? JSON.stringify(results) : tableOf(results));
} finally {
  for (const child of children) kill(child.pid, 'SIGKILL');
  rmSync(home, {recursive: true, force: true});
}

/** Fetched for the measurement, never a dependency. */
async function fetchPeer() {
  writeFileSync(path.join(home, 'package.json'), '{"private": true}\n');
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `http-proxy@${HTTP_PROXY}`,
  ];
  await must('npm', args, {cwd: home, timeoutMs: 300_000});
  return path.join(home, 'node_modules/http-proxy');
}

/** Rounds in turn, so that a slow minute of the machine hits both; the first warms up and does not count. */
async function inTurns(sides) {
  const rates = sides.map(() => []);
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [at, side] of sides.entries()) {
      const cpuBefore = side.pid === undefined ? 0 : cpuMs(side.pid);
      const {rate, failed} = await ask(side.port, side.path ?? `${MOUNT}/`, {requests: side.requests});
      if (failed > 0) throw new Error(`${failed} requests failed`);
      const cpu = side.pid === undefined ? 0 : ((cpuMs(side.pid) - cpuBefore) * 1000) / side.requests;
      if (round > 0) rates[at].push({rate, cpu});
    }
  }
  return rates.map((all) => ({
    rate: median(all.map(({rate}) => rate)),
    cpu: median(all.map(({cpu}) => cpu)),
  }));
}

async function againstProxy(module) {
  const upstream = await start([path.join(HERE, 'gateway/upstream.mjs')]);
  const gateway = await startGateway(upstream.port);
  const peer = await start([path.join(HERE, 'gateway/http-proxy.cjs'), module], [String(upstream.port)]);
  const [ours, theirs] = await inTurns([gateway, peer].map((side) => ({...side, requests: 4000})));
  return {
    'gateway, requests/s': ours.rate,
    'http-proxy, requests/s': theirs.rate,
    ratio: ours.rate / theirs.rate,
    'gateway, CPU us/request': ours.cpu,
    'http-proxy, CPU us/request': theirs.cpu,
  };
}

/**
 * A page that takes as long as one with a template and a query, and one of nothing but gunicorn itself. Without threads
 * gunicorn ends each connection with its answer, so that direct visitors have to make one each time, too.
 */
async function againstNothing(module, page, threads = 1) {
  const port = await freePort();
  const [file, ...args] = gunicornArgv({port, gunicorn: {target: 'page:app', workers: 2}});
  const env = {...process.env, SCRIPT_NAME: MOUNT};
  const options = {cwd: path.join(HERE, 'apps'), env};
  const {pid} = await spawned(file, ['--threads', String(threads), ...args], port, options);
  const gateway = await startGateway(port);
  const peer = await start([path.join(HERE, 'gateway/http-proxy.cjs'), module], [String(port)]);
  const [ours, theirs, direct] = await inTurns(
    [gateway, peer, {port}].map((side) => ({...side, path: `${MOUNT}/${page}`, requests: 1000})),
  );
  for (const each of [pid, gateway.pid, peer.pid]) kill(each, 'SIGTERM');
  return {
    'through the gateway, requests/s': ours.rate,
    'through http-proxy, requests/s': theirs.rate,
    'direct, requests/s': direct.rate,
    'ratio, the gateway': ours.rate / direct.rate,
    'ratio, http-proxy': theirs.rate / direct.rate,
  };
}

/** The app closes idle connections after 20 ms, and visitors come every 18 to 23 ms. */
async function stale(module) {
  const upstream = await start([path.join(HERE, 'gateway/upstream.mjs')], ['20']);
  const gateway = await startGateway(upstream.port);
  const peer = await start([path.join(HERE, 'gateway/http-proxy.cjs'), module], [String(upstream.port)]);
  const options = {
    requests: 4000,
    visitors: 8,
    methods: ['GET', 'HEAD', 'GET'],
    pauseMs: () => 18 + Math.random() * 5,
  };
  const ours = await ask(gateway.port, `${MOUNT}/`, options);
  const theirs = await ask(peer.port, `${MOUNT}/`, options);
  return {
    'of GET and HEAD': options.requests,
    'gateway, failed': ours.failed,
    'http-proxy, failed': theirs.failed,
  };
}

/** Memory and descriptors before and after a long day; what a first morning takes, a process keeps. */
async function endurance() {
  const upstream = await start([path.join(HERE, 'gateway/upstream.mjs')]);
  const {port, pid} = await startGateway(upstream.port);
  const requests = Number(values.requests);
  const look = async () => {
    // Idle connections go after a moment.
    await sleep(4000);
    return {mb: rssMb(pid), fds: readdirSync(`/proc/${pid}/fd`).length};
  };
  const morning = await day(port, {requests: requests / 5, sockets: 1000, downloads: 1000});
  const before = await look();
  const rest = await day(port, {requests, sockets: 1000, downloads: 1000});
  const after = await look();
  return {
    requests,
    'failed of them': morning.failed + rest.failed,
    'WebSockets that failed, of 1000': rest.deaf,
    'memory before, MB': before.mb,
    'after, with 1000 WebSockets and 1000 aborted downloads, MB': after.mb,
    'descriptors before': before.fds,
    'descriptors after': after.fds,
  };
}

async function day(port, {requests, sockets, downloads}) {
  const {failed} = await ask(port, `${MOUNT}/`, {requests});
  const fifty = async (task) => await Promise.all(Array.from({length: 50}, task));
  let deaf = 0;
  for (let at = 0; at < sockets; at += 50)
    deaf += (await fifty(async () => await echo(port, `${MOUNT}/live`))).filter((each) => !each).length;
  const text = `GET ${MOUNT}/endless HTTP/1.1\r\nHost: bench\r\n\r\n`;
  for (let at = 0; at < downloads; at += 50) await fifty(async () => await leave(port, text));
  return {failed, deaf};
}

/** A program of ours that listens: `node FILE ... PORT ...`. */
async function start(words, more = []) {
  const port = await freePort();
  return await spawned(process.execPath, [...words, String(port), ...more], port, {});
}

/** The gateway as the supervisor starts it: with its socket as descriptor 3, and its output in a file. */
async function startGateway(upstream) {
  const port = await freePort();
  const folder = mkdtempSync(path.join(home, 'g-'));
  mkdirSync(folder, {recursive: true});
  const front = {bodyLimitBytes: 100_000_000, timeoutMs: 300_000, statics: [], passes: []};
  const route = {app: 'app', mount: MOUNT, prefix: 'keep', upstream: {kind: 'tcp', port: upstream}, front};
  writeFileSync(path.join(folder, 'routes.json'), JSON.stringify({version: 1, routes: [route]}));
  const held = net._createServerHandle('127.0.0.1', port, 4);
  const log = openSync(path.join(folder, 'access.log'), 'a');
  const stdio = ['ignore', log, log, held.fd];
  const args = [GATEWAY, `--routes=${path.join(folder, 'routes.json')}`];
  const started = await spawned(process.execPath, args, port, {stdio});
  held.close();
  return started;
}

async function spawned(file, args, port, options) {
  const child = spawn(file, args, {stdio: 'ignore', ...options});
  children.push(child);
  const up = await until(async () => (await ask(port, `${MOUNT}/`, {requests: 1})).failed === 0, {
    everyMs: 50,
  });
  if (up === undefined) throw new Error(`${args.join(' ')} does not answer`);
  return {port, pid: child.pid};
}

/** Of all threads, from schedstat. */
function cpuMs(pid) {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'),
  );
  return threads.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0);
}

function rssMb(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function tableOf(results) {
  return Object.entries(results)
    .flatMap(([scenario, figures]) => [
      scenario,
      ...Object.entries(figures).map(([name, value]) => `  ${name.padEnd(60)} ${shown(value).padStart(10)}`),
    ])
    .join('\n');
}

function shown(value) {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 0);
}
