import test from 'ava';

import {parseCommandLine} from '../../src/cli/args.ts';
import {shellOf} from '../../src/cli/commands/exec.ts';

const SHELLS: readonly (readonly [string | null, readonly string[]])[] = [
  ['/bin/bash', ['/bin/bash', '--noprofile', '--norc']],
  ['/usr/bin/zsh', ['/usr/bin/zsh', '-f']],
  ['/usr/bin/fish', ['/usr/bin/fish', '--no-config']],
  ['/bin/dash', ['/bin/dash']],
  ['/usr/sbin/nologin', ['/bin/sh']],
  ['/opt/constructor', ['/bin/sh']],
  [null, ['/bin/sh']],
];
for (const [file, argv] of SHELLS) {
  test(`shellOf() runs ${argv.join(' ')} for an account with ${file ?? 'no shell'}`, (t) => {
    const shell = shellOf(file, 'tasks:web');
    t.deepEqual(shell.argv, argv);
    t.regex(shell.env['PS1'] ?? '', /^\(tasks:web\) /);
  });
}

const LINES: readonly (readonly [string, readonly string[], boolean])[] = [
  ['exec web', ['web'], false],
  ['exec web env', ['web', 'env'], false],
  ['exec web -- env', ['web', 'env'], false],
  ['exec web ls --json -h -- x', ['web', 'ls', '--json', '-h', '--', 'x'], false],
  ['exec web -- -- x', ['web', '--', 'x'], false],
  ['--json exec web ls', ['web', 'ls'], true],
  ['exec --json -- web ls --help', ['web', 'ls', '--help'], true],
];
for (const [line, words, json] of LINES) {
  test(`«appsup ${line}» leaves the command its own options`, (t) => {
    const read = parseCommandLine(line.split(' '));
    t.deepEqual([read.verb, read.words, read.json, read.help], ['exec', words, json, false]);
  });
}
