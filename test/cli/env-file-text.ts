import test from 'ava';
import fc from 'fast-check';

import {envFileText} from '../../src/cli/env-file-text.ts';
import {parseEnv} from '../../src/launch/env-text.ts';

test('envFileText() is read back as the same values, whatever they hold', (t) => {
  const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
  const value = fc
    .oneof(fc.string(), fc.constantFrom('a#b $HOME', '"\'`\\', '-----\nKEY\r\n\t', ' x '))
    .filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, value), {selector: ([key]) => key}), (pairs) => {
      const read = parseEnv(envFileText(new Map(pairs)));
      t.deepEqual(read.ok ? [...read.values] : undefined, pairs);
    }),
  );
});
