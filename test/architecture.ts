import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';

import test from 'ava';
import type {IConfiguration, ICruiseOptions, ICruiseResult} from 'dependency-cruiser';
import {cruise} from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

// ava runs in the project's folder, whatever the place of this compiled file.
const root = process.cwd();

async function violationsIn(folder: string): Promise<ICruiseResult['summary']> {
  const {options, ...ruleSet} = createRequire(import.meta.url)(
    path.join(root, '.dependency-cruiser.cjs'),
  ) as IConfiguration;
  const {tsConfig: _, ...rest} = options ?? {};
  const {output} = await cruise(
    ['src'],
    {...rest, baseDir: folder, ruleSet, validate: true} as ICruiseOptions,
    undefined,
    {tsConfig: extractTSConfig(path.join(root, 'tsconfig.json'))},
  );
  if (typeof output === 'string') throw new Error(output);
  return output.summary;
}

test('src/ keeps the import rules of .dependency-cruiser.cjs', async (t) => {
  const {totalCruised, violations} = await violationsIn(root);
  // With a TypeScript that it does not know, dependency-cruiser sees no file and finds no fault.
  t.true(totalCruised > (existsSync('src/daemon/main.ts') ? 30 : 0), `only ${totalCruised} files seen`);
  t.deepEqual(
    violations.map(({from, to, rule}) => `${rule.name}: ${from} → ${to}`),
    [],
  );
});

test('the import rules catch planted violations', async (t) => {
  const {violations} = await violationsIn(path.join(root, 'test/fixtures/architecture'));
  t.deepEqual(violations.map(({from, rule}) => `${rule.name}: ${from}`).sort(), [
    'cli-imports: src/cli/stop.ts',
    'core-imports: src/core/clock.ts',
    'core-is-pure: src/core/clock.ts',
    'no-cycles: src/supervisor/circle.ts',
    'rooms-are-known: src/attic/old.ts',
  ]);
});
