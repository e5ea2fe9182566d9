import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';

import test from 'ava';

import {COMMANDS} from '../src/cli/table.ts';
import {manPages} from './helpers/man-pages.ts';
import {testWith} from './helpers/tools.ts';

const PAGES = manPages();

/** From stdin: as root, man reads as another account, for which the files may lie too deep. */
function read(program: string, args: readonly string[], page: string) {
  return spawnSync(program, args, {
    input: PAGES[page] ?? '',
    encoding: 'utf8',
    env: {PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', MANWIDTH: '80', HOME: '/nonexistent'},
  });
}

for (const file of Object.keys(PAGES)) {
  testWith(['man'], `man has no complaint about ${file}, and makes lines that fit`, (t) => {
    const {status, stdout, stderr} = read('man', ['--warnings', '-l', '-'], file);
    t.is(status, 0, stderr);
    t.is(stderr, '');
    const long = stdout.split('\n').filter((line) => line.length > 100);
    // Examples are not broken.
    t.deepEqual(long, []);
  });

  testWith(['man'], `${file} is found by apropos`, (t) => {
    const {stdout} = read('lexgrog', ['-'], file);
    const [, name = ''] = /^man\/(.*)\.\d$/.exec(file) ?? [];
    t.regex(stdout, new RegExp(`: "${name} - .+"`));
  });
}

testWith(['man'], 'appsup(1) has every verb, with its options', (t) => {
  const {stdout} = read('man', ['-l', '-'], 'man/appsup.1');
  for (const verb of Object.keys(COMMANDS)) t.regex(stdout, new RegExp(`^ +appsup ${verb}\\b`, 'm'));
  t.regex(stdout, /^ +-f, --follow$/m);
});

test('npm installs every man page', (t) => {
  const {man, files} = JSON.parse(readFileSync('package.json', 'utf8')) as {man: string[]; files: string[]};
  t.deepEqual(man.toSorted(), Object.keys(PAGES).toSorted());
  t.true(files.includes('man'));
});
