import test from 'ava';
import fc from 'fast-check';

import {formatSize, nearestSize, parseSize} from '../../src/config/size.ts';

for (const [text, bytes] of [
  ['0', 0],
  ['1B', 1],
  ['5KB', 5000],
  ['5KiB', 5120],
  ['500MB', 500_000_000],
  ['1.5GB', 1_500_000_000],
  ['2GiB', 2_147_483_648],
  ['0.5MiB', 524_288],
  ['', undefined],
  ['500', undefined],
  ['500M', undefined],
  ['500mb', undefined],
  ['500 MB', undefined],
  ['-1MB', undefined],
  ['1e3MB', undefined],
  ['.5MB', undefined],
  ['1MB2KB', undefined],
] as const) {
  test(`parseSize() reads "${text}" as ${bytes ?? 'no size'}`, (t) => {
    t.is(parseSize(text), bytes);
  });
}

for (const [bytes, text] of [
  [0, '0'],
  [1, '1B'],
  [1000, '1KB'],
  [1024, '1KiB'],
  [10_485_760, '10MiB'],
  [500_000_000, '500MB'],
  [1536, '1536B'],
] as const) {
  test(`formatSize() writes ${bytes} as ${text}`, (t) => t.is(formatSize(bytes), text));
}

test('formatSize() writes what parseSize() reads back', (t) => {
  fc.assert(fc.property(fc.nat(1000 ** 5), (bytes) => t.is(parseSize(formatSize(bytes)), bytes)));
});

for (const [input, meant] of [
  [500, '500MB'],
  [524_288_000, '500MiB'],
  [0, '0'],
  ['512m', '512MB'],
  ['2 gb', '2GB'],
  ['64kib', '64KiB'],
  ['a lot', undefined],
  [true, undefined],
] as const) {
  test(`nearestSize() takes ${JSON.stringify(input)} for ${meant ?? 'nothing'}`, (t) =>
    t.is(nearestSize(input), meant));
}

test('nearestSize() is a size or nothing, whatever was written', (t) => {
  const input = fc.oneof(
    fc.string(),
    fc.double(),
    fc.stringMatching(/^ ?\d{1,9}(\.\d{1,3})? ?[kKmMgG]?i?[bB]?$/),
  );
  fc.assert(
    fc.property(input, (said) => {
      const meant = nearestSize(said);
      t.true(meant === undefined || parseSize(meant) !== undefined, meant);
    }),
  );
});
