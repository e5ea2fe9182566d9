import {cpSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';

import {homeWith} from '../helpers/cli.ts';
import {ROOT} from '../helpers/rig.ts';
import {run} from '../helpers/run.ts';

test('help, explanations and completions are in the build: they need no other file', async (t) => {
  const home = await homeWith(t);
  const alone = mkdtempSync(path.join(tmpdir(), 'as-'));
  t.teardown(() => rmSync(alone, {recursive: true}));
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(path.join(ROOT, part), path.join(alone, part), {recursive: true});
  const env = {HOME: home.directory, PATH: '/usr/bin:/bin'};
  for (const line of [
    'help',
    'help config',
    'help ports',
    'explain fatal',
    'completion bash',
    'logs --help',
  ]) {
    const built = await run(process.execPath, [path.join(alone, 'bin/appsup'), ...line.split(' ')], env);
    t.deepEqual([built.code, built.stderr], [0, ''], line);
    t.is(built.stdout, (await home.appsup(...line.split(' '))).stdout, line);
  }
});
