import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {temporaryDirectory} from './fake-supervisor.ts';

/** A directory with files as another host has them below `/`, and the `/proc` of one that hides nothing. */
export function hostWith(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const root = temporaryDirectory(t);
  for (const [name, text] of Object.entries({'proc/1/stat': '1 (systemd) S 0 1 1 0 -1', ...files})) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), {recursive: true});
    writeFileSync(file, text);
  }
  return root;
}
