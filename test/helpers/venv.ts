import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import path from 'node:path';

import {toolPath} from './tools.ts';

/** A venv that has the packages of the system and those of build/python; its Python. */
export function makeVenv(venv: string, {pip = false}: {readonly pip?: boolean} = {}): string {
  const options = ['--system-site-packages', ...(pip ? [] : ['--without-pip'])];
  execFileSync(toolPath('python3'), ['-m', 'venv', ...options, venv]);
  const python = path.join(venv, 'bin/python');
  const ask = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  const site = execFileSync(python, ['-c', ask], {encoding: 'utf8'}).trim();
  writeFileSync(path.join(site, 'index.pth'), `${path.resolve('build/python')}\n`);
  return python;
}
