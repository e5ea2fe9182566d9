import {chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {freeRange} from './ports.ts';
import {Rig, ROOT} from './rig.ts';
import type {Run} from './rig.ts';
import {run} from './run.ts';

/** A folder of examples/ in somebody's home, started with its one command. */
export interface Example {
  readonly rig: Rig;
  readonly name: string;
  readonly directory: string;
  /** As a front end has it: `/alice_ktyper`. */
  mount(): Promise<string>;
  /** `examples/run NAME`. */
  run(...args: readonly string[]): Promise<Run>;
}

/** A copy of an example, not started yet. It is stopped at the end of the test, and nothing may be left over. */
export function exampleFor(t: ExecutionContext, name: string, settings = ''): Example {
  const rig = Rig.create();
  t.teardown(async () => {
    if (!t.passed) t.log(rig.diary());
    const left = await rig.clean();
    if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
  });
  const directory = path.join(rig.home, 'examples', name);
  cpSync('examples/run', path.join(rig.home, 'examples/run'));
  for (const part of ['bin', 'dist']) symlinkSync(path.join(ROOT, part), path.join(rig.home, part));
  cpSync(path.join('examples', name), directory, {recursive: true, filter: isSource});
  // The web server has to get to the files that it serves by itself.
  chmodSync(rig.home, 0o711);
  const {first, last} = freeRange(5);
  mkdirSync(rig.paths.apps, {recursive: true, mode: 0o700});
  writeFileSync(rig.paths.globalConfig, `ports = "${first}-${last}"\n${settings}`, {mode: 0o600});
  return {
    rig,
    name,
    directory,
    mount: async () => (await rig.app(name)).mount,
    run: async (...args) => await run(path.join(rig.home, 'examples/run'), [name, ...args], rig.env),
  };
}

/** What a run of the example leaves behind in the clone is no part of it. */
function isSource(file: string): boolean {
  return !/(^|\/)(\.venv|__pycache__|node_modules|data|uploads|public-\d.*|[\w.-]*\.(db|sqlite3))$/.test(
    file,
  );
}
