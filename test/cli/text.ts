import test from 'ava';
import fc from 'fast-check';

import {columns} from '../../src/cli/columns.ts';
import {age, clockTime, megabytes, tilde, took} from '../../src/cli/format.ts';
import {oneLine, printable} from '../../src/cli/printable.ts';
import {terminalOf} from '../../src/cli/terminal.ts';

test('columns() puts cells under each other and paints after measuring', (t) => {
  const paint = (text: string): string => `<${text}>`;
  t.deepEqual(
    columns([
      [{text: 'A', paint}, 'B'],
      ['long', 'x'],
    ]),
    ['<A>     B', 'long  x'],
  );
});

test('columns() cuts the last column at the terminal’s edge, and nothing for a script', (t) => {
  const rows = [['app', 'x'.repeat(100)]];
  t.is(columns(rows, 30)[0], `app  ${'x'.repeat(24)}…`);
  t.is(columns(rows)[0]?.length, 105);
});

test('printable() lets nothing through that a terminal obeys', (t) => {
  t.is(printable('\u001b[31mred\u009b\u202eabc\t\n'), '\\x1b[31mred\\x9b\\u202eabc\t\n');
  t.is(oneLine('a\nb\tc\r\n'), 'a b c');
  fc.assert(
    fc.property(fc.string({unit: 'binary'}), (text) => {
      // oxlint-disable-next-line no-control-regex
      return !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/.test(printable(text));
    }),
  );
});

test('printable() keeps letters of every script', (t) => t.is(printable('Grüße, 世界 🌍'), 'Grüße, 世界 🌍'));

test('durations are said with one figure', (t) => {
  t.deepEqual([0, 4000, 59_999, 60_000, 3_600_000, 47 * 3_600_000, 72 * 3_600_000, -5].map(age), [
    ...['0 s', '4 s', '59 s', '1 min', '1 h', '47 h', '3 d', '0 s'],
  ]);
  t.deepEqual([94, 900, 9949, 9950, 61_000].map(took), ['0.1 s', '0.9 s', '9.9 s', '9 s', '1 min']);
});

test('megabytes() says whole ones above ten', (t) => {
  t.deepEqual([1_500_000, 84_200_000].map(megabytes), ['1.5 MB', '84 MB']);
});

test('clockTime() adds the date on another day', (t) => {
  const noon = new Date(2026, 10, 21, 14, 2).getTime();
  t.is(clockTime(noon, noon + 60_000), '14:02');
  t.is(clockTime(noon, noon + 24 * 3_600_000), '2026-11-21 14:02');
});

test('tilde() shortens what is in the home directory, and only that', (t) => {
  t.deepEqual(
    ['/home/al', '/home/al/x', '/home/alice'].map((file) => tilde(file, '/home/al')),
    ['~', '~/x', '/home/alice'],
  );
});

function terminal(isTTY: boolean, env: Readonly<Record<string, string>>) {
  let written = '';
  const stream = {isTTY, columns: 40, write: (text: string | Uint8Array) => (written += String(text)) !== ''};
  return {
    terminal: terminalOf({stdout: stream, stderr: stream, stdin: {isTTY}}, env),
    written: () => written,
  };
}

const COLOURS: readonly (readonly [boolean, Readonly<Record<string, string>>, boolean])[] = [
  [true, {}, true],
  [false, {}, false],
  [true, {NO_COLOR: '1'}, false],
  [true, {NO_COLOR: ''}, true],
  [true, {TERM: 'dumb'}, false],
  [false, {FORCE_COLOR: '1'}, true],
  [true, {FORCE_COLOR: '0'}, false],
];
for (const [tty, env, coloured] of COLOURS) {
  test(`a terminal ${tty ? 'with' : 'without'} tty and ${JSON.stringify(env)} has ${coloured ? 'colours' : 'none'}`, (t) => {
    t.is(terminal(tty, env).terminal.style.bad('x') !== 'x', coloured);
  });
}

test('a progress line is written over, and never to a file', (t) => {
  const tty = terminal(true, {});
  tty.terminal.progress('starting');
  tty.terminal.out('done\n');
  t.is(tty.written(), 'starting\r\u001b[Kdone\n');
  const file = terminal(false, {});
  file.terminal.progress('starting');
  t.is(file.written(), '');
});
