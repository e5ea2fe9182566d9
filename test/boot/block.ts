import test from 'ava';
import fc from 'fast-check';

import {blockText, checkCronPath, findBlock, withBlock, withoutBlock} from '../../src/boot/block.ts';
import {isAppsupError} from '../../src/errors.ts';

const state = '/home/alice/.local/state/appsup/eco';
const block = {state, script: `${state}/boot.sh`};
const other = {state: '/home/alice/.appsup', script: '/home/alice/.appsup/boot.sh'};
const text = blockText(block);

/** Lines of a crontab as they come: anything but newline, in bytes, and none of ours. */
const foreignLine = fc
  .oneof(
    fc.constantFrom(
      '',
      '# comment',
      'SHELL=/bin/csh',
      'MAILTO=""',
      '0 3 * * *\tbackup %a',
      '@reboot x',
      '# >>> appsup >>>',
    ),
    fc.string({unit: fc.integer({min: 0, max: 255}).map((byte) => String.fromCharCode(byte))}),
  )
  .map((line) => line.replaceAll('\n', ''))
  .chain((line) => fc.constantFrom(line, `${line}\r`));

const foreignTable = fc
  .array(foreignLine)
  .chain((lines) => fc.constantFrom(lines.map((line) => `${line}\n`).join(''), lines.join('\n')));

function ended(table: string): string {
  return table === '' || table.endsWith('\n') ? table : `${table}\n`;
}

test('blockText() is two lines without variables between markers that name the state directory', (t) => {
  t.deepEqual(text.split('\n'), [
    `# >>> appsup ${state} >>>`,
    '# Keeps your apps running. Made by "appsup boot install", taken out by "appsup boot remove".',
    `@reboot ${state}/boot.sh`,
    `* * * * * ${state}/boot.sh`,
    `# <<< appsup ${state} <<<`,
    '',
  ]);
});

test('withBlock() appends to any table and withoutBlock() gives it back byte for byte', (t) => {
  fc.assert(
    fc.property(foreignTable, (table) => {
      const {text: edited, change} = withBlock(table, block);
      t.is(change, 'added');
      t.is(edited, ended(table) + text);
      t.deepEqual(withBlock(edited, block), {text: edited, change: 'unchanged'});
      t.is(withoutBlock(edited, block), ended(table));
    }),
  );
});

test('withBlock() renews an edited block where it stands and keeps what is around it byte for byte', (t) => {
  const edited = [
    text.replace('* * * * * ', '*/5 * * * * '),
    text.replace('@reboot ', '# @reboot '),
    text.replaceAll('\n', '\r\n'),
    text.replace(/@reboot.*\n/, '\n'),
    text.replace(/# Keeps.*/, '# Starts appsup: "appsup boot remove" takes this out.'),
  ];
  fc.assert(
    fc.property(foreignTable, foreignTable, fc.constantFrom(...edited), (before, after, old) => {
      const table = ended(before) + old + after;
      t.deepEqual(withBlock(table, block), {text: ended(before) + text + after, change: 'changed'});
      t.is(withoutBlock(table, block), ended(before) + after);
    }),
  );
});

test('withBlock() and withoutBlock() treat the block of another state directory as foreign lines', (t) => {
  fc.assert(
    fc.property(foreignTable, (table) => {
      const both = withBlock(withBlock(table, other).text, block).text;
      t.is(both, ended(table) + blockText(other) + text);
      t.is(withoutBlock(both, other), ended(table) + text);
      t.is(withoutBlock(both, block), ended(table) + blockText(other));
    }),
  );
});

test('withoutBlock() leaves a table without block alone, final newline or not', (t) => {
  fc.assert(fc.property(foreignTable, (table) => t.is(withoutBlock(table, block), table)));
});

test('findBlock() tells the lines, counted from 1', (t) => {
  t.deepEqual(findBlock(`a\n\nb\n${text}c`, block), {firstLine: 4, lastLine: 8, text});
  t.is(findBlock('a\n', block), undefined);
});

test('blockText() writes a path in another alphabet in the bytes of UTF-8', (t) => {
  const home = '/home/zoë/.local/state/appsup/eco';
  const written = blockText({state: home, script: `${home}/boot.sh`});
  t.is(Buffer.from(written, 'latin1').toString('utf8').split('\n')[2], `@reboot ${home}/boot.sh`);
  t.is(withBlock(written, {state: home, script: `${home}/boot.sh`}).change, 'unchanged');
});

const [begin = '', note = '', reboot = '', minute = '', end = ''] = text.split('\n');
const broken: readonly (readonly [
  title: string,
  lines: readonly string[],
  says: string,
  at: readonly number[],
])[] = [
  ['no end', ['x', begin, reboot, minute], 'line 2 begins it, and no line ends it', [2]],
  ['no begin', ['x', reboot, minute, end], 'line 4 ends it, and no line begins it', [4]],
  ['two blocks', [begin, end, 'x', begin, end], 'lines 1 and 4 both begin it', [1, 4]],
  ['two ends', [begin, end, 'x', end], 'lines 2 and 4 both end it', [2, 4]],
  ['the wrong way round', [end, reboot, begin], 'line 1 ends it before line 3 begins it', [1, 3]],
  [
    'a line of the user inside',
    [begin, note, '0 3 * * * mine', end],
    "line 3 inside it is not appsup's",
    [3],
  ],
  ['a variable inside', [begin, 'PATH=/x', reboot, end], "line 2 inside it is not appsup's", [2]],
  [
    'another block inside',
    [begin, ...blockText(other).split('\n'), end],
    "line 2 inside it is not appsup's",
    [2],
  ],
  ['carriage returns', [`${begin}\r`, `${reboot}\r`], 'line 1 begins it, and no line ends it', [1]],
];

for (const [title, lines, says, at] of broken) {
  test(`findBlock(), withBlock() and withoutBlock() refuse damaged markers: ${title}`, (t) => {
    for (const act of [findBlock, withBlock, withoutBlock]) {
      const error: unknown = t.throws(() => act(`${lines.join('\n')}\n`, block));
      t.true(isAppsupError(error) && error.code === 'CRONTAB_DAMAGED');
      if (!isAppsupError(error)) continue;
      t.is(error.message, `Cannot edit your crontab: appsup's block in it is damaged: ${says}`);
      t.deepEqual(error.details['lines'], at);
      t.regex(error.hint ?? '', /crontab -e/);
    }
  });
}

for (const odd of [
  '%',
  ' ',
  '\n',
  '\t',
  '"',
  "'",
  '\\',
  '$',
  '`',
  ';',
  '&',
  '|',
  '<',
  '(',
  '*',
  '?',
  '#',
  '!',
  '{',
]) {
  test(`checkCronPath() refuses ${JSON.stringify(odd)} and says the way out`, (t) => {
    const error: unknown = t.throws(() => checkCronPath(`/home/a${odd}b/boot.sh`));
    t.true(
      isAppsupError(error) &&
        error.code === 'CRON_FAILED' &&
        error.hint?.includes('APPSUP_STATE_DIR') === true,
    );
    t.true(error instanceof Error && error.message.includes(JSON.stringify(odd)));
  });
}

test('checkCronPath() refuses a relative path, and one that is too long for a line', (t) => {
  t.throws(() => checkCronPath('state/boot.sh'), {message: /"s" cannot stand there/});
  t.throws(() => checkCronPath(''), {message: /cannot stand there/});
  t.throws(() => checkCronPath(`/${'a'.repeat(900)}`), {message: /may have 900 bytes, this one has 901/});
  t.notThrows(() => checkCronPath(`/${'a'.repeat(899)}`));
});

test('checkCronPath() takes what homes are called', (t) => {
  for (const home of [
    '/home/alice',
    '/afs/x.ac.uk/u/~a',
    '/home/a.b-c_d',
    '/home/zoë',
    '/home/alice@ad',
    '/Users/山田',
  ]) {
    t.notThrows(() => checkCronPath(`${home}/.local/state/appsup/eco.example.org/boot.sh`));
  }
});
