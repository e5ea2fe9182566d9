import test from 'ava';
import fc from 'fast-check';

import {columnsOf, fit, part, widthOf} from '../../src/dashboard/text.ts';

const CASES: readonly (readonly [what: string, text: string, utf8: string, ascii: string, width: number])[] =
  [
    ['plain text', 'GET /', 'GET /', 'GET /', 5],
    ['letters of Europe', 'Łódź', 'Łódź', '??d?', 4],
    ['an accent of its own', 'e\u0301', 'é', '?', 1],
    ['wide characters', '漢字', '漢字', '??', 4],
    ['an emoji of the basic plane', '✅', '✅', '?', 2],
    ['an astral character', '🚀', '?', '?', 1],
    ['a family of emoji', '👩‍👦', '??', '??', 2],
    ['an escape sequence', '\u001b[31mred', String.raw`\x1b[31mred`, String.raw`\x1b[31mred`, 11],
    ['a bell', '\u0007', String.raw`\x07`, String.raw`\x07`, 4],
    ['text that is turned', 'a\u202eb', String.raw`a\u202eb`, String.raw`a\u202eb`, 8],
    ['a tab', 'a\tb', 'a    b', 'a    b', 6],
    ['what cannot be seen', 'a\u200bb\ufeff', 'ab', 'ab', 2],
  ];

for (const [what, text, utf8, ascii, width] of CASES) {
  test(`columnsOf() of ${what}`, (t) => {
    t.is(columnsOf(text, 'utf8').join(''), utf8);
    t.is(columnsOf(text, 'ascii').join(''), ascii);
    t.is(widthOf(text, 'utf8'), width);
  });
}

test('columnsOf() has no character that a terminal would obey, and in ASCII nothing else', (t) => {
  fc.assert(
    fc.property(fc.string({unit: 'binary'}), (text) => {
      // oxlint-disable-next-line no-control-regex
      t.notRegex(columnsOf(text, 'utf8').join(''), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      t.regex(columnsOf(text, 'ascii').join(''), /^[ -~]*$/);
    }),
  );
});

test('fit() has exactly as many columns as were asked for', (t) => {
  fc.assert(
    fc.property(
      fc.string({unit: 'grapheme'}),
      fc.nat(40),
      fc.constantFrom('utf8' as const, 'ascii' as const),
      fc.constantFrom('left' as const, 'right' as const),
      (text, width, charset, align) => {
        t.is(widthOf(fit(text, width, charset, align), charset), width);
      },
    ),
  );
});

test('fit() cuts with a mark, and fills on the other side', (t) => {
  t.is(fit('flasktasks', 6, 'utf8'), 'flask…');
  t.is(fit('flasktasks', 6, 'ascii'), 'flask~');
  t.is(fit('12 s', 6, 'utf8', 'right'), '  12 s');
  t.is(fit('漢字漢字', 4, 'utf8'), '漢 …');
});

test('part() makes a blank of half a wide character', (t) => {
  const columns = columnsOf('a漢b', 'utf8');
  t.deepEqual(part(columns, 2, 4), [' ', 'b']);
  t.deepEqual(part(columns, 0, 2), ['a', ' ']);
});
