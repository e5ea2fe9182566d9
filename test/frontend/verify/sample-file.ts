import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {sampleFile} from '../../../src/frontend/verify/sample-file.ts';
import {temporaryDirectory} from '../../helpers/fake-supervisor.ts';

test('sampleFile() is a file that can be compared: shown, not empty, not huge, as near as there is one', (t) => {
  const directory = temporaryDirectory(t);
  t.is(sampleFile(directory), undefined);
  t.is(sampleFile(path.join(directory, 'none')), undefined);
  writeFileSync(path.join(directory, '.env'), 'SECRET=12345678');
  writeFileSync(path.join(directory, 'a-empty'), '');
  writeFileSync(path.join(directory, 'b-huge'), Buffer.alloc(300_000));
  t.is(sampleFile(directory), undefined);
  mkdirSync(path.join(directory, 'css/deep'), {recursive: true});
  writeFileSync(path.join(directory, 'css/deep/style.css'), 'body { color: green }');
  t.is(sampleFile(directory)?.name, 'css/deep/style.css');
  writeFileSync(path.join(directory, 'z.txt'), 'long enough');
  t.deepEqual(sampleFile(directory), {name: 'z.txt', bytes: Buffer.from('long enough')});
  if (process.getuid?.() === 0) return;
  chmodSync(path.join(directory, 'z.txt'), 0);
  t.is(sampleFile(directory)?.name, 'css/deep/style.css');
});
