import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir, userInfo} from 'node:os';
import path from 'node:path';

import test from 'ava';

import {startApache} from '../helpers/apache.ts';
import {blocksIn} from '../helpers/markdown.ts';
import {startNginx} from '../helpers/nginx.ts';
import {run} from '../helpers/run.ts';
import {testWith, toolPath} from '../helpers/tools.ts';

const BLOCKS = [
  'README.md',
  ...readdirSync('docs', {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].flatMap((file) => blocksIn(readFileSync(file, 'utf8')).map((block) => ({...block, file})));

for (const {kind, tool, start} of [
  {kind: 'apache', tool: 'apache2', start: startApache},
  {kind: 'nginx', tool: 'nginx', start: startNginx},
]) {
  for (const {file, line, text} of BLOCKS.filter(({language}) => language === kind)) {
    testWith([tool], `${file}:${line} is what ${kind} starts with`, async (t) => {
      await (await start(text)).stop();
      t.pass();
    });
  }
}

const isRoot = process.getuid?.() === 0;
for (const {file, line, text} of BLOCKS.filter(({language}) => language === 'nft')) {
  const title = `${file}:${line} is what nft takes`;
  if (!isRoot) test.skip(`${title} (skipped: needs root)`, () => undefined);
  else {
    testWith(['nft'], title, async (t) => {
      const directory = mkdtempSync(path.join(tmpdir(), 'nft-'));
      t.teardown(() => rmSync(directory, {recursive: true}));
      // Accounts that there are everywhere.
      const here = text.replaceAll(/"(alice|www-data)"/g, `"${userInfo().username}"`);
      writeFileSync(path.join(directory, 'rules'), here.replace('"root", ', ''));
      const checked = await run(toolPath('nft'), ['--check', '--file', path.join(directory, 'rules')]);
      t.is(checked.code, 0, checked.stderr);
    });
  }
}
