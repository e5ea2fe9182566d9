import {execFile} from 'node:child_process';
import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';

import test from 'ava';

import {ROOT} from '../helpers/rig.ts';

const run = promisify(execFile);

/** What leans on Node itself: sockets and their internals, processes, the supervisor, the control socket, and the whole. */
const PARTS = ['system', 'supervisor', 'control', 'core', 'daemon'].map(
  (room) => `build/test/${room}/**/*.js`,
);
const WHOLE = 'build/test/e2e/faults.js';

/** A Node of another release out of the `node` package for this machine, kept in build/; `undefined` without a registry. */
async function otherNode(release: number): Promise<string | undefined> {
  const name = `node-${process.platform}-${process.arch}`;
  const directory = path.join(ROOT, 'build/nodes', String(release));
  const binary = path.join(directory, 'node_modules', name, 'bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(directory, {recursive: true});
  writeFileSync(path.join(directory, 'package.json'), '{"private": true}\n');
  try {
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${release}`], {
      cwd: directory,
      timeout: 180_000,
    });
  } catch {
    return undefined;
  }
  return existsSync(binary) ? binary : undefined;
}

for (const release of [22, 24]) {
  // Inside of a run on another Node there is nothing more to show.
  const title = `sockets, processes, the supervisor and every fault hold on Node ${release}, too`;
  if (process.env['APPSUP_OTHER_NODE'] !== undefined) continue;
  test.serial(title, async (t) => {
    const node = await otherNode(release);
    if (node === undefined) {
      t.falsy(process.env['CI'], `no registry brings Node ${release}`);
      t.log(`no registry brings Node ${release}: not shown`);
      t.pass();
      return;
    }
    const files = process.env['CI'] === undefined ? PARTS : [...PARTS, WHOLE];
    const ava = path.join(ROOT, 'node_modules/ava/entrypoints/cli.mjs');
    const env = {
      ...process.env,
      APPSUP_OTHER_NODE: String(release),
      NO_COLOR: '1',
      PATH: `${path.dirname(node)}:${process.env['PATH']}`,
    };
    const options = {cwd: ROOT, env, timeout: 540_000, maxBuffer: 2 ** 26};
    const {error, stdout} = await new Promise<{error: Error | null; stdout: string}>((resolve) => {
      execFile(node, [ava, ...files], options, (failure, said) => resolve({error: failure, stdout: said}));
    });
    const wrong = stdout.split('\n').filter((line) => !line.startsWith('  ✔'));
    t.is(error, null, wrong.join('\n'));
    t.regex(stdout, /\d+ tests passed/);
  });
}
