import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';

import type {StepSpec} from '../../src/core/task-spec.ts';
import {hashesOfPlan, unchanged} from '../../src/supervisor/step-hashes.ts';
import {stepSpec} from '../helpers/run-world.ts';

function depending(...ifChanged: string[]): StepSpec {
  const step = stepSpec('install');
  return {...step, action: {...step.action, ifChanged}} as StepSpec;
}

test('a step that depends on files has nothing to do until one of them has changed', (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'hashes-'));
  t.teardown(() => rmSync(directory, {recursive: true}));
  const [lock, missing] = [path.join(directory, 'uv.lock'), path.join(directory, 'pyproject.toml')];
  writeFileSync(lock, 'flask');
  const known = hashesOfPlan([stepSpec('pull'), depending(lock, missing)]);
  t.is(unchanged([lock, missing], known), 'uv.lock, pyproject.toml have not changed');
  t.is(unchanged([lock], known), 'uv.lock has not changed');
  writeFileSync(missing, '');
  t.is(unchanged([lock, missing], known), undefined);
});

test('a step that depends on no file, or on one that was never seen, is done', (t) => {
  t.is(unchanged([], {}), undefined);
  t.is(unchanged(['/nowhere'], {}), undefined);
});
