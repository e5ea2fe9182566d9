// What a scenario is given: a directory, the programs in it, and a supervisor that runs them.
import {spawn} from 'node:child_process';
import {cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import {get} from './client.mjs';
import {endAll, freePort, median, until} from './processes.mjs';
import {gunicornArgv} from './tools.mjs';

const APPS = path.resolve(import.meta.dirname, '../apps');
const SLEEPERS = {sleepers: 20, 'many sleepers': 50};

/** Set up what the scenario needs under one supervisor, measure, and leave nothing behind. */
export async function measured(scenario, peer) {
  const home = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const mark = path.basename(home);
  const directory = path.join(home, 'app');
  cpSync(APPS, directory, {recursive: true});
  mkdirSync(path.join(home, 'log'));
  try {
    const things = await makeThings(scenario.needs, directory, mark);
    const supervisor = peer.create({home, mark, programs: things.programs});
    try {
      // A scenario about a start starts by itself.
      if (scenario.needs !== 'quits') await supervisor.up();
      if (things.web !== undefined) await serves(things.web);
      return await scenario.measure({...things, supervisor});
    } finally {
      await supervisor.down();
    }
  } finally {
    await endAll(mark);
    rmSync(home, {recursive: true, force: true, maxRetries: 5, retryDelay: 200});
  }
}

async function serves({port, path: url}) {
  const ok = await until(async () => (await get(port, url)).ok, {everyMs: 50});
  if (ok === undefined) throw new Error('the app does not answer');
}

async function makeThings(needs, directory, mark) {
  switch (needs) {
    case 'web': {
      const web = makeWeb(directory, await freePort(), mark);
      return {web, programs: [web.program]};
    }
    case 'sleepers':
    case 'many sleepers': {
      const programs = Array.from({length: SLEEPERS[needs]}, (_, at) => ({
        name: `sleeper${at}`,
        directory,
        argv: ['/bin/sleep', '100000'],
      }));
      return {programs};
    }
    case 'quits': {
      const program = {
        name: 'quits',
        directory,
        argv: ['/usr/bin/python3', path.join(directory, 'quits.py')],
      };
      return {
        quits: {name: 'quits', starts: () => linesOf(path.join(directory, 'quits')).length},
        programs: [program],
      };
    }
    case 'lines': {
      const argv = ['/usr/bin/python3', path.join(directory, 'lines.py')];
      const done = path.join(directory, 'lines-done');
      return {
        lines: {
          go: () => writeFileSync(path.join(directory, 'go'), ''),
          /** Seconds that it took, or undefined while it writes. */
          doneIn: () => (existsSync(done) ? Number(readFileSync(done, 'utf8')) : undefined),
        },
        programs: [{name: 'lines', directory, argv, rotateAtMb: 20}],
      };
    }
    case 'cheap':
      return {
        cheap: {name: 'cheap'},
        programs: [{name: 'cheap', directory, argv: ['/bin/sleep', '100000'], startsAtOnce: true}],
      };
    default:
      throw new Error(`no such need: ${needs}`);
  }
}

function makeWeb(directory, port, mark) {
  const gunicorn = {target: 'web:app', workers: 2};
  const broken = path.join(directory, 'broken');
  return {
    name: 'web',
    port,
    path: '/bench-web/',
    program: {name: 'web', directory, port, gunicorn},
    /** Every load of the app by a worker. */
    loaded: () => loadedIn(directory),
    breakCode: () => writeFileSync(broken, ''),
    mendCode: () => rmSync(broken),
    /** Milliseconds from the exec of gunicorn to a worker that has loaded the app, with nobody in between. */
    ownStart: async () => await ownStart({directory, gunicorn, mark}),
  };
}

async function ownStart({directory, gunicorn, mark}) {
  const times = [];
  for (let turn = 0; turn < 5; turn++) {
    const [file, ...args] = gunicornArgv({port: await freePort(), gunicorn});
    const begun = Date.now();
    const child = spawn(file, args, {
      cwd: directory,
      env: {...process.env, BENCH_MARK: mark},
      stdio: 'ignore',
    });
    const at = await until(() => loadedIn(directory).find(({master}) => master === child.pid)?.ms, {
      timeoutMs: 20_000,
    });
    times.push(at === undefined ? Infinity : at - begun);
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  }
  return median(times);
}

function loadedIn(directory) {
  return linesOf(path.join(directory, 'loaded')).map((line) => {
    const [seconds, worker, master] = line.split(' ').map(Number);
    return {ms: seconds * 1000, worker, master};
  });
}

function linesOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}
