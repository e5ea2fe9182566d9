import test from 'ava';
import fc from 'fast-check';

import {renderDiagnostic, visible} from '../../src/config/diagnostic.ts';
import type {Diagnostic} from '../../src/config/diagnostic.ts';

function at(line: number, column: number, length: number, message: string, hint?: string): Diagnostic {
  const found = {file: '/home/alice/.config/appsup/apps/spectral.toml', line, column, length, message};
  return {...found, severity: 'error', ...(hint === undefined ? {} : {hint})};
}

test('renderDiagnostic() draws the line and underlines the place', (t) => {
  const text = `${'\n'.repeat(8)}stop_singal = "INT"\n\n\n\n\noverlap  = "maybe"\n`;
  t.is(
    renderDiagnostic(at(9, 1, 11, 'Unknown key "stop_singal": did you mean "stop_signal"?'), text),
    `spectral.toml:9:1 Unknown key "stop_singal": did you mean "stop_signal"?
  9 | stop_singal = "INT"
      ~~~~~~~~~~~`,
  );
  t.is(
    renderDiagnostic(
      at(14, 12, 7, 'Expected "overlap" to be true or false: got "maybe"', 'write true'),
      text,
    ),
    `spectral.toml:14:12 Expected "overlap" to be true or false: got "maybe"
 14 | overlap  = "maybe"
                 ~~~~~~~
  hint: write true`,
  );
});

for (const [what, source, column, length, line, squiggle] of [
  ['a tab as blanks up to the next stop', 'a\t= x', 5, 1, 'a   = x', '      ~'],
  ['wide characters as two columns', '"日本" = x', 8, 1, '"日本" = x', '         ~'],
  ['combining marks as none', 'e\u0301 = x', 6, 1, 'e\u0301 = x', '    ~'],
  ['an escape character as text', 'a = "\x1b[31m"', 5, 7, String.raw`a = "\x1b[31m"`, '    ~~~~~~~~~~'],
  ['a bidi override as text', 'a\u202e = 1', 6, 1, String.raw`a\u{202e} = 1`, '            ~'],
  ['CRLF as a line end', 'a = 1\r', 5, 1, 'a = 1', '    ~'],
  ['a place behind the end', 'a =', 4, 1, 'a =', '   ~'],
] as const) {
  test(`renderDiagnostic() shows ${what}`, (t) => {
    const [, picture, under] = renderDiagnostic(at(1, column, length, 'x'), `${source}\n`).split('\n');
    t.is(picture, `  1 | ${line}`);
    t.is(under, `      ${squiggle}`);
  });
}

test('renderDiagnostic() shows the part of a long line where the place is', (t) => {
  const source = `key = "${'a'.repeat(500)}" ?${'b'.repeat(500)}`;
  const [, picture = '', under = ''] = renderDiagnostic(at(1, source.indexOf('?') + 1, 1, 'x'), source).split(
    '\n',
  );
  t.true(picture.length < 120);
  t.is(picture[under.indexOf('~')], '?');
  t.true(picture.startsWith('  1 | …') && picture.endsWith('…'));
});

test('renderDiagnostic() prints no control character, whatever the file holds', (t) => {
  fc.assert(
    fc.property(
      fc.string({unit: 'binary'}),
      fc.string({unit: 'binary'}),
      fc.nat(50),
      (source, message, column) => {
        const text = renderDiagnostic(at(1, column + 1, 3, message, message), source);
        t.notRegex(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
        t.is(text.split('\n').length <= 4, true);
      },
    ),
  );
});

test('visible() leaves text of all languages alone', (t) => {
  t.is(visible('Grüße 日本 😀'), 'Grüße 日本 😀');
});
