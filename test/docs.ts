import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';

import test from 'ava';

import {readApp} from '../src/config/app.ts';
import {readGlobal, readSite} from '../src/config/settings.ts';
import {parseCommandLine} from '../src/cli/args.ts';
import {isVerb} from '../src/cli/table.ts';
import {parseIni} from '../src/compat/supervisord/ini.ts';
import {hasCommands, isTyped, wrongKind} from './helpers/block-kinds.ts';
import {configReference} from './helpers/config-reference.ts';
import {manPages} from './helpers/man-pages.ts';
import {blocksIn, commandsIn, stepsOf} from './helpers/markdown.ts';
import type {Block} from './helpers/markdown.ts';
import {differs} from './helpers/shown-output.ts';

/** The pages whose every block is proven. */
const PAGES = [
  'README.md',
  ...readdirSync('docs', {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const TEXTS = [
  ...PAGES,
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...readdirSync('examples')
    .map((name) => `examples/${name}/README.md`)
    .filter((file) => existsSync(file)),
];

const read = (file: string): string => readFileSync(file, 'utf8');

const END_TO_END = readdirSync('test/e2e').map((name) => read(`test/e2e/${name}`));

for (const [file, make] of [
  ['docs/config.md', configReference],
  ...Object.entries(manPages()).map(([name, text]) => [name, () => text] as const),
] as const) {
  test(`${file} says what the code says (UPDATE_DOCS=1 writes it anew)`, (t) => {
    const text = make();
    if (process.env['UPDATE_DOCS']) writeFileSync(file, text);
    t.is(read(file), text);
  });
}

for (const file of TEXTS) {
  test(`every "appsup ..." in ${file} is a command line that appsup understands`, (t) => {
    for (const {line, words} of commandsIn(read(file))) {
      t.notThrows(() => understand(words), `${file}:${line}: appsup ${words.join(' ')}`);
    }
    t.pass();
  });

  test(`every TOML block in ${file} is accepted`, (t) => {
    for (const block of blocksIn(read(file))) {
      if (block.language === 'toml') t.deepEqual(findingsIn(block), [], `${file}:${block.line}`);
    }
    t.pass();
  });

  test(`every link in ${file} leads to something`, (t) => {
    const folder = new URL(file, `file://${process.cwd()}/`);
    for (const [, target = ''] of read(file).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (!/^[a-z]+:/.test(target)) t.true(existsSync(new URL(target, folder)), `${file}: ${target}`);
    }
    t.pass();
  });
}

for (const file of PAGES) {
  const blocks = blocksIn(read(file));

  test(`every block of ${file} is of a kind that a test proves`, (t) => {
    for (const block of blocks) t.is(wrongKind(block), undefined, `${file}:${block.line}`);
    t.pass();
  });

  test(`every command in ${file} is one that a shell can read`, (t) => {
    for (const {line, command} of blocks.filter(hasCommands).flatMap(stepsOf)) {
      const {status, stderr} = spawnSync('bash', ['-n', '-c', command], {encoding: 'utf8'});
      t.is(status, 0, `${file}:${line}: ${command}\n${stderr}`);
    }
    t.pass();
  });

  test(`every supervisord.conf in ${file} is read as one`, (t) => {
    for (const {line, language, text} of blocks) {
      if (language === 'ini') t.true(parseIni(text, file).ok, `${file}:${line}`);
    }
    t.pass();
  });

  if (blocks.some(isTyped)) {
    test(`an end-to-end test types what ${file} says`, (t) => {
      t.true(END_TO_END.some((text) => text.includes(`'${file}'`)));
    });
  }
}

test('every claim of docs/security.md names a test that there is', (t) => {
  const claims = [...read('docs/security.md').matchAll(/`(test\/[^`]+)`: "([^"]+)"/g)];
  t.true(claims.length > 10);
  for (const [, file = '', title = ''] of claims) t.true(read(file).includes(title), `${file}: ${title}`);
});

test('a block of an unknown kind is found', (t) => {
  const kinds = (info: string) => blocksIn(`\`\`\`${info}\nx\n\`\`\`\n`).map(wrongKind);
  t.deepEqual(kinds(''), ['a block without a kind']);
  t.deepEqual(kinds('perl'), ['no kind "perl"']);
  t.deepEqual(kinds('toml console'), ['no mark "console" of "toml"']);
  t.deepEqual(kinds('console exit=1'), [undefined]);
});

test('what a page shows of an output is compared: all lines, "..." for any, hints that have to come', (t) => {
  const fits = (shown: string, printed: string) => differs(shown, printed, (text) => text) === undefined;
  t.true(fits('a  b\n', 'a b\n'));
  t.false(fits('a', 'a\nb'));
  t.true(fits('a\n...', 'a\nb\nc'));
  t.true(fits('...\nc', 'a\nb\nc'));
  t.false(fits('a\n...\nd', 'a\nb'));
  t.true(fits('a (...) d', 'a (b c) d'));
  t.true(fits('a', '! hint\na'));
  t.false(fits('a\n! hint', 'a'));
  t.false(fits('a', ''));
});

test("the host's file in docs/administrators.md is examples/site.toml", (t) => {
  const shown = blocksIn(read('docs/administrators.md')).filter(({language}) => language === 'toml');
  t.deepEqual(
    shown.map(({text}) => text.trim()),
    [read('examples/site.toml').trim()],
  );
});

test('the sample of commands that the documents are searched for is found', (t) => {
  const text =
    'Use `appsup status`, then\n```console\n$ cd x && appsup restart a # note\n! appsup is no command\n```\n';
  t.deepEqual(
    commandsIn(text).map(({line, words}) => [line, ...words]),
    [
      [1, 'status'],
      [3, 'restart', 'a'],
    ],
  );
});

/** A sentence may name a verb alone: "`appsup add` writes it". */
function understand(words: readonly string[]): void {
  if (words.length !== 1 || !isVerb(words[0] ?? '')) parseCommandLine(words);
}

/** What is wrong with a block, read as the file that its mark names; without one, an app's. */
function findingsIn({text, marks: [file]}: Block): readonly string[] {
  const found =
    file === 'site.toml'
      ? readSite(text, '/etc/appsup/site.toml').diagnostics
      : file === 'config.toml'
        ? readGlobal(text, '/home/alice/.config/appsup/config.toml', '/home/alice').diagnostics
        : // What an app's code says of itself has no place yet: appsup add decides it.
          findingsInApp(file === 'appsup.toml' ? `directory = "~/app"\n${text}` : text);
  return found.map(({line, message}) => `${line}: ${message}`);
}

function findingsInApp(text: string) {
  return readApp(text, {
    name: 'flasktasks',
    file: '/home/alice/.config/appsup/apps/flasktasks.toml',
    home: '/home/alice',
    user: 'alice',
    mountTemplate: '/{user}_{app}',
    mountRule: undefined,
    defaults: {},
  }).diagnostics;
}
