import test from 'ava';

import {isAtLeast, isVersion} from '../../src/frontend/version-number.ts';

test('isAtLeast() compares numbers, not letters', (t) => {
  t.true(isAtLeast('Apache/2.4.62 (Debian)', [2, 4, 47]));
  t.true(isAtLeast('2.4.47', [2, 4, 47]));
  t.true(isAtLeast('3.0.0', [2, 4, 47]));
  t.false(isAtLeast('2.4.6', [2, 4, 10]));
  t.false(isAtLeast('nginx', [1]));
});

test('isVersion() takes three numbers and nothing else', (t) => {
  t.true(isVersion('2.4.6'));
  for (const text of ['', '2.4', '2.4.6 ', '2.4.6\n', 'Apache/2.4.6', '2.4.99999'])
    t.false(isVersion(text), text);
});
