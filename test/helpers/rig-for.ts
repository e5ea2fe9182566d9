import type {ExecutionContext} from 'ava';

import {Rig} from './rig.ts';

/** A rig that is cleaned at the end of the test; what is left over then makes it fail. */
export function rigFor(t: ExecutionContext, env: Readonly<Record<string, string>> = {}): Rig {
  const rig = Rig.create(env);
  t.teardown(async () => {
    if (!t.passed) t.log(rig.diary());
    const left = await rig.clean();
    if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
  });
  return rig;
}
