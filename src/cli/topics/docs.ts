import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

/** Put in by scripts/build.mjs; not there in the modules that the tests import. */
declare const __DOCS__: Readonly<Record<string, string>> | undefined;

let read: Readonly<Record<string, string>> | undefined;

/** The texts that `appsup help` prints parts of, by their names in the package: `README.md`, `docs/config.md`, … */
export function docs(): Readonly<Record<string, string>> {
  return typeof __DOCS__ === 'object' ? __DOCS__ : (read ??= docsOfPackage());
}

/** From build/src/cli/topics/docs.js. */
function docsOfPackage(): Readonly<Record<string, string>> {
  const root = path.join(import.meta.dirname, '../../../..');
  const names = readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const files = ['README.md', ...names.map((name) => `docs/${name}`)];
  return Object.fromEntries(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
}
