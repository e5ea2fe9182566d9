import test from 'ava';

import {putIn, splitCommand} from '../../../src/compat/systemd/command-line.ts';

for (const [text, prefixes, words] of [
  ['/bin/x a  b', '', ['/bin/x', 'a', 'b']],
  ['-/bin/x', '-', ['/bin/x']],
  ['@/bin/x other a', '@', ['/bin/x', 'a']],
  ['+:/bin/x', '+:', ['/bin/x']],
  ['/bin/x \'a b\'c "" d\\x20e\\tf', '', ['/bin/x', 'a bc', '', 'd e\tf']],
] as const) {
  test(`X4: splitCommand() reads ${text}`, (t) => {
    t.deepEqual(splitCommand(text), {ok: true, prefixes, words: [...words]});
  });
}

for (const [text, problem] of [
  ['/bin/x "a', 'the " is not closed'],
  ['/bin/x \\q', '\\q is no escape'],
  ['/bin/x a ; /bin/y', 'it holds several commands'],
  ['-', 'it is empty'],
] as const) {
  test(`X4: splitCommand() refuses ${text}`, (t) => {
    t.deepEqual(splitCommand(text), {ok: false, problem});
  });
}

const VALUES = new Map([
  ['ONE', 'a b'],
  ['NONE', ''],
]);

for (const [words, done] of [
  [
    ['x', '$ONE', '${ONE}', 'p$ONE', '$$ONE'],
    ['x', 'a', 'b', 'a b', 'p$ONE', '$ONE'],
  ],
  [
    ['x', '$NONE', '${NONE}'],
    ['x', ''],
  ],
  [
    ['x y', '$LATER', "it's ${LATER} $$"],
    ['sh', '-c', `exec 'x y' $LATER 'it'\\''s '"\${LATER}"' ''$'`],
  ],
] as const) {
  test(`X4: putIn() makes of ${words.join(' ')} what systemd does`, (t) => {
    t.deepEqual(putIn(words, VALUES), [...done]);
  });
}
