import {execFileSync} from 'node:child_process';

import test from 'ava';
import fc from 'fast-check';

import {joinWords, splitWords} from '../../src/config/words.ts';

function words(text: string): readonly string[] | string {
  const split = splitWords(text);
  return split.ok ? split.words : `${split.index}: ${split.problem}`;
}

for (const [text, expected] of [
  ['python manage.py run_huey', ['python', 'manage.py', 'run_huey']],
  ['  a\tb\n', ['a', 'b']],
  ['', []],
  [`a ''`, ['a', '']],
  [`a "b c" d`, ['a', 'b c', 'd']],
  [`a 'it'"'"'s'`, ['a', "it's"]],
  [String.raw`a\ b "c\"d" "\x"`, ['a b', 'c"d', String.raw`\x`]],
  ['a|b $PORT', ['a|b', '$PORT']],
  [`a 'b`, "2: the ' is not closed"],
  [`say "b`, '4: the " is not closed'],
  ['a \\', '2: a backslash at the end quotes nothing'],
] as const) {
  test(`splitWords() splits ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(words(text), expected);
  });
}

test('splitWords() reads back what joinWords() writes', (t) => {
  fc.assert(fc.property(fc.array(fc.string()), (list) => t.deepEqual(words(joinWords(list)), list)));
});

test('splitWords() splits as /bin/sh does', (t) => {
  // Without the characters of which a shell makes more than words.
  const text = fc.array(fc.constantFrom('a', 'b', ' ', '\t', "'", '"', '\\', 'é'), {maxLength: 12});
  fc.assert(
    fc.property(text, (characters) => {
      const line = characters.join('');
      const split = splitWords(line);
      // dash joins a line that ends in a backslash with the next; ours is an error.
      if (!split.ok) return;
      const shell = execFileSync('/bin/sh', ['-c', `printf '%s\\0' . ${line}`], {encoding: 'utf8'});
      t.deepEqual(['.', ...split.words], shell.split('\0').slice(0, -1));
    }),
    {numRuns: 60},
  );
});
