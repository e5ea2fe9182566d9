// Removes from build/ what has lost its source: tsc leaves it there, and ava would go on running a deleted test.
import {existsSync, readdirSync, rmSync} from 'node:fs';
import path from 'node:path';

process.chdir(path.dirname(import.meta.dirname));

const compiled = existsSync('build') ? readdirSync('build', {recursive: true}) : [];
for (const file of compiled.filter((name) => /^(src|test)\/.*\.js$/.test(name))) {
  if (existsSync(file.replace(/\.js$/, '.ts'))) continue;
  rmSync(path.join('build', file));
  rmSync(path.join('build', `${file}.map`), {force: true});
  // What tsc remembers would say that the file is there, should its source come back.
  rmSync('build/.tsbuildinfo', {force: true});
}
