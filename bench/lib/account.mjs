// Supervisors are measured as what they are used as: an ordinary user. Root makes an account for it, and takes it away.
import {spawn} from 'node:child_process';
import {cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync} from 'node:fs';
import path from 'node:path';

import {find} from './tools.mjs';
import {kill, must, sleep, stat} from './processes.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Run `bench/run.mjs` once more, from a copy that the account may read; resolves with its exit code. */
export async function asAccount(args, cache) {
  const name = `appsup-bench-${process.pid}`;
  const home = mkdtempSync('/tmp/bench-home-');
  await must(find('useradd'), ['--home-dir', home, '--shell', '/bin/sh', '--user-group', name]);
  try {
    for (const part of ['bin', 'dist', 'node_modules/blessed', 'bench', 'package.json']) {
      if (existsSync(path.join(ROOT, part)))
        cpSync(path.join(ROOT, part), path.join(home, 'appsup', part), {recursive: true});
    }
    await must('chown', ['-R', `${name}:${name}`, home]);
    await must('chmod', ['-R', 'a+rX', cache]);
    const again = ['--reuid', name, '--regid', name, '--init-groups', '--reset-env', process.execPath];
    const child = spawn(
      'setpriv',
      [...again, path.join(home, 'appsup/bench/run.mjs'), ...args, '--cache', cache],
      {
        stdio: 'inherit',
        cwd: home,
      },
    );
    return await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  } finally {
    await endProcessesOf(statSync(home).uid);
    await must(find('userdel'), [name]);
    rmSync(home, {recursive: true, force: true});
  }
}

/** The account was made a minute ago for this run: whatever runs under its uid was started by it. */
async function endProcessesOf(uid) {
  for (let turns = 0; turns < 100; turns++) {
    const pids = readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && isOf(name, uid) && stat(name) !== undefined,
    );
    if (pids.length === 0) return;
    for (const pid of pids) kill(Number(pid), 'SIGKILL');
    await sleep(50);
  }
}

function isOf(pid, uid) {
  try {
    return statSync(`/proc/${pid}`).uid === uid;
  } catch {
    return false;
  }
}
