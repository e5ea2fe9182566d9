import {readFileSync} from 'node:fs';
import path from 'node:path';

/** Put in by scripts/build.mjs; not there in the modules that the tests import. */
declare const __VERSION__: string | undefined;

/** The version of appsup, as in package.json. */
export function version(): string {
  return typeof __VERSION__ === 'string' ? __VERSION__ : versionOfPackage();
}

/** From build/src/version.js, two levels below package.json. */
function versionOfPackage(): string {
  const text = readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as {readonly version: string}).version;
}
