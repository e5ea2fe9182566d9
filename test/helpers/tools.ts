import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {readIfThere} from '../../src/system/files.ts';

/** Programs and modules that scripts/pretest.mjs looks for, by the names that it gives them. */
const FOUND = toolsOf(readIfThere(path.resolve('build/tools.json')));

function tool(name: string): string | undefined {
  return FOUND[name] ?? undefined;
}

/** Absolute path of a program, for a test that runs only where it is. */
export function toolPath(name: string): string {
  const found = tool(name);
  if (found === undefined) throw new Error(`build/tools.json knows no ${name}: npm run pretest`);
  return found;
}

/** A test that needs programs of `build/tools.json`; where one is missing it is skipped, with that as the reason. */
export function testWith(
  tools: readonly string[],
  title: string,
  implementation: (t: ExecutionContext) => Promise<void> | void,
  declare: typeof test | typeof test.serial = test,
): void {
  const missing = tools.filter((name) => tool(name) === undefined);
  if (missing.length === 0) declare(title, implementation);
  else test.skip(`${title} (skipped: no ${missing.join(', ')} here)`, implementation);
}

function toolsOf(text: string | undefined): Readonly<Record<string, string | null>> {
  return text === undefined ? {} : (JSON.parse(text) as Record<string, string | null>);
}

/** A file of test/fixtures, which are not compiled. */
export function fixture(name: string): string {
  return path.resolve('test/fixtures', name);
}
