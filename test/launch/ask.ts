import {spawnSync} from 'node:child_process';
import path from 'node:path';

import test from 'ava';

import {ask} from '../../src/launch/ask.ts';

test('ask() of a program that is not there answers at once, and keeps nobody waiting', async (t) => {
  t.is((await ask(['/nowhere/program'], '/', [])).code, undefined);
  const module = path.join(import.meta.dirname, '../../src/launch/ask.js');
  const code = `import(${JSON.stringify(module)}).then(({ask}) => ask(['/nowhere/program'], '/', []))`;
  const {status, signal} = spawnSync(process.execPath, ['-e', code], {timeout: 10_000});
  t.deepEqual({status, signal}, {status: 0, signal: null});
});

test('ask() gives what the program says on both streams, with its code', async (t) => {
  t.deepEqual(await ask(['sh', '-c', 'echo out; echo err >&2; exit 3'], '/', []), {
    code: 3,
    output: 'out\nerr\n',
  });
});
